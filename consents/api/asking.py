"""Bodies that ask for decisions, checked by hand: a serializer costs more than the answer.

What is checked here is what the serializers of `consents.api.decisions` and `consents.api.authzen` describe. Every
function raises ValidationError with the place of the mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from rest_framework.exceptions import ErrorDetail, ValidationError

from consents.decisions import LARGEST_BATCH, SUBJECTS, Decision, Evidence, Question, QuestionRefused
from privacy_console.rest.instants import parse_instant
from privacy_console.rest.problems import printable
from privacy_console.timestamps import utc_text

LONGEST_CODE = 200


def mistake(detail: str, code: str, *path: str | int) -> NoReturn:
    """Raise ValidationError at the place in the body that the path names."""
    errors: Any = [ErrorDetail(detail, code)]
    for part in reversed(path):
        errors = {str(part): errors}
    raise ValidationError(errors if path else {"non_field_errors": errors})


def members(body: Any, known: Collection[str], *path: str | int) -> Mapping[str, Any]:
    """The body as an object that has no other members than those that are known."""
    if not isinstance(body, dict):
        mistake("Give an object.", "invalid", *path)
    for name in body:
        if name not in known:
            sentence = f"There is no such field. Known are: {', '.join(known)}."
            mistake(sentence, "unknown", *path, printable(name)[:100])
    return body


def text(body: Mapping[str, Any], name: str, longest: int, *path: str | int, required: bool = False) -> str:
    """A text of the body; empty where it is not given. What is required cannot be empty."""
    value = body.get(name)
    if value is None and name not in body and not required:
        return ""
    if not isinstance(value, str) or (required and not value):
        mistake("Give a text." if name in body else "This is missing.", "invalid", *path, name)
    if len(value) > longest:
        mistake(f"Use at most {longest} characters.", "max_length", *path, name)
    if "\x00" in value or printable(value) != value:
        mistake("This has characters that are no text.", "invalid", *path, name)
    return value


def instant(body: Mapping[str, Any], name: str, *path: str | int) -> datetime | None:
    """An instant of the body; None where it is not given."""
    value = body.get(name)
    if value is None and name not in body:
        return None
    if not isinstance(value, str):
        mistake("Give a time as ISO 8601, for example 2026-11-20T10:00:00Z.", "invalid", *path, name)
    try:
        return parse_instant(value)
    except ValueError as error:
        mistake(str(error), "invalid_instant", *path, name)


def items(body: Mapping[str, Any], name: str) -> Sequence[Any]:
    """The list of the body that holds a batch."""
    value = body[name]
    if not isinstance(value, list):
        mistake("Give a list.", "not_a_list", name)
    if not value:
        mistake("Ask at least one question.", "min_length", name)
    if len(value) > LARGEST_BATCH:
        mistake(f"Ask at most {LARGEST_BATCH:,} questions at once.", "max_length", name)
    return value


def question(body: Any, *path: str | int, also: Collection[str] = ()) -> Question:
    """{"flow"} or {"service"} or {"third_party"}, and "connection"."""
    given = members(body, (*SUBJECTS, "connection", *also), *path)
    subjects = [name for name in SUBJECTS if name in given]
    if len(subjects) != 1:
        mistake("Ask about a flow, a service or a third party: one of them.", "one_of", *path)
    code = text(given, subjects[0], LONGEST_CODE, *path, required=True)
    return Question(**{subjects[0]: code}, connection=text(given, "connection", 100, *path))


def asked(answer: Callable[[], Any], *path: str | int) -> Any:
    """What `answer` returns; a question that it refuses is a mistake of the body."""
    try:
        return answer()
    except QuestionRefused as refused:
        mistake(refused.detail, refused.code, *path, refused.field)


# --- Answers ---


def decision_as_json(decision: Decision) -> dict[str, Any]:
    return {
        "allowed": decision.allowed,
        "reasons": [{"code": reason.code, "detail": reason.detail} for reason in decision.reasons],
        "consent": _id(decision.consent),
        "at": utc_text(decision.at, "microseconds"),
        "known_at": utc_text(decision.known_at, "microseconds"),
        "catalog_edition": decision.catalog_edition,
        "evidence": _evidence(decision.evidence),
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "catalog": evidence.catalog,
        "catalog_edition": evidence.catalog_edition,
        "catalog_event": _id(evidence.catalog_event),
        "consent": _id(evidence.consent),
        "record_id": evidence.record_id,
        "history_id": _id(evidence.history_id),
        "audit_event": _id(evidence.history_id),
        "flows": [{"code": code, "history_id": str(record)} for code, record in evidence.flows],
        "elections": [
            {"kind": e.kind, "id": str(e.id), "record_id": e.record_id, "history_id": str(e.history_id)}
            for e in evidence.elections
        ],
        "policy": _id(evidence.policy),
        "services": [_evidence(each) for each in evidence.services],
    }


def _id(value: int | None) -> str | None:
    return None if value is None else str(value)
