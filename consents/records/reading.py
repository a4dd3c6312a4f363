"""Records read from files: JSON, the schema, the digest, and what the parts must say together."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from consents.models import Consent
from consents.records.canonical import is_whole
from consents.records.vocabulary import LEGAL_BASIS_OF, SAFEGUARD_OF, STATE_OF
from privacy_console.errors import Refused
from privacy_console.strict_json import strict_json

SCHEMA = Path(__file__).with_name("schema.json")
LARGEST = 50 * 1024 * 1024
NEEDS: dict[str, tuple[str, ...]] = {
    "requested": (),
    "granted": ("granted",),
    "declined": ("declined",),
    "withdrawn": ("granted", "withdrawn"),
    "expired": ("granted",),
}
"""By state, the events that the record must tell beside the request."""


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a record (draft 2020-12)."""
    return json.loads(SCHEMA.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Source:
    """A file, as it was given."""

    name: str
    content: bytes

    @property
    def label(self) -> str:
        """What `restored_from` says of it."""
        return f"{self.name[:150]}, SHA-256 {hashlib.sha256(self.content).hexdigest()}"


@dataclass(frozen=True)
class Given:
    """One record with the file that it came in, read by the names that a consent has."""

    source: Source
    body: dict[str, Any]

    @property
    def record_id(self) -> str:
        return str(self.body["dpv:hasIdentifier"])

    @property
    def directory_id(self) -> str:
        return str(self.body["dpv:hasDataController"]["dpv:hasIdentifier"])

    @property
    def state(self) -> str:
        return STATE_OF[self.body["dpv:hasConsentStatus"]["@id"]]

    @property
    def replaces(self) -> str:
        return str(self.body.get("dct:replaces", {}).get("@id", "")).removeprefix("urn:uuid:")

    @property
    def flows(self) -> list[dict[str, Any]]:
        return self.body.get("pc:flow", [])  # type: ignore[no-any-return]

    @property
    def steps(self) -> list[dict[str, Any]]:
        return self.body.get("pc:endingStep", [])  # type: ignore[no-any-return]

    def event(self, state: str) -> dict[str, Any]:
        """What the record tells of the moment when the consent came into the state; nothing where it did not."""
        events = self.body["pc:event"]
        return next((e for e in events if STATE_OF[e["dpv:hasConsentStatus"]["@id"]] == state), {})

    def part(self, name: str) -> dict[str, Any]:
        return self.body.get(name, {})  # type: ignore[no-any-return]

    @property
    def legal_basis(self) -> str:
        return LEGAL_BASIS_OF.get(self.part("dpv:hasLegalBasis").get("@id", ""), "")

    @property
    def safeguard(self) -> str:
        return SAFEGUARD_OF.get(self.part("pc:transfer").get("dpv:hasLegalBasis", {}).get("@id", ""), "")


def instant(text: str | None) -> datetime | None:
    """A time of a record. Raises ValueError for one that no calendar has."""
    return datetime.fromisoformat(text) if text else None


def moment(event: dict[str, Any]) -> datetime:
    """When an event of a record was."""
    return datetime.fromisoformat(event["dct:date"])


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def read_records(sources: Iterable[Source]) -> tuple[list[Given], list[str]]:
    """The records of the files, and what is wrong with any of them, one sentence each."""
    records: list[Given] = []
    problems: list[str] = []
    for source in sources:
        for number, body in enumerate(_bodies(source), start=1):
            given = Given(source, body)
            found = _problems(given)
            where = f"{source.name}, record {number}"
            problems += [f"{where}: {problem}" for problem in found]
            if not found:
                records.append(given)
    return records, problems


def _bodies(source: Source) -> list[Any]:
    """One record, or a list of them. Raises Refused for a file that is neither."""
    if len(source.content) > LARGEST:
        raise Refused("too_large", f"{source.name} is larger than {LARGEST // 1024**2} MB.")
    try:
        read = strict_json(source.content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refused("not_json", f"{source.name} is not JSON: {error}") from None
    found = read if isinstance(read, list) else [read]
    if not found:
        raise Refused("empty", f"{source.name} holds no record.")
    return found


def _problems(given: Given) -> list[str]:
    """What is wrong with a record: its form first, then its digest, then what it says."""
    errors = Draft202012Validator(schema()).iter_errors(given.body)
    wrong = [f"{error.json_path[:120]} {_said(error.message)}" for error in errors]
    if wrong:
        return wrong[:3]
    if not _is_storable(given.body):
        return ["it holds a character that no database keeps (U+0000, or half of one)"]
    if not is_whole(given.body):
        return ["the digest is not that of its content: the record was changed after it was written"]
    try:
        return list(_contradictions(given))
    except ValueError as error:
        return [f"a date or an identifier is wrong ({error})"]


def _is_storable(value: Any) -> bool:
    if isinstance(value, str):
        return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(map(_is_storable, inner))


def _said(message: str) -> str:
    return message if len(message) <= 200 else f"{message[:90]} … {message[-90:]}"


def _contradictions(given: Given) -> Iterable[str]:
    uuid.UUID(given.record_id), uuid.UUID(given.directory_id)
    missing = [state for state in ("requested", *NEEDS[given.state]) if not given.event(state)]
    if missing:
        yield f"it is {given.state}, and says nothing of when it was {' and '.join(missing)}"
    has_begun = "granted" in NEEDS[given.state]
    if has_begun != bool(given.part("pc:holds")) or has_begun != bool(given.flows):
        yield "what it covers and when it holds is said of a consent that was granted, and of no other"
    if given.body["@id"] != f"urn:uuid:{given.record_id}":
        yield "its two identifiers differ"
    text, digest = (given.part("dpv:hasNotice").get(name, "") for name in ("pc:text", "pc:sha256"))
    if text and hashlib.sha256(text.encode()).hexdigest() != digest:
        yield "the SHA-256 of the terms is not that of their text"
    codes = [flow["dct:identifier"] for flow in given.flows]
    if len(set(codes)) != len(codes):
        yield "a flow is in it twice"
    yield from _periods(given)


def _periods(given: Given) -> Iterable[str]:
    holds = given.part("pc:holds")
    began, until, agreed = (instant(holds.get(name)) for name in ("pc:from", "pc:until", "pc:agreedUntil"))
    if agreed and (began is None or agreed <= began):
        yield "it was agreed to end before it begins"
    if agreed and (until is None or until > agreed):
        yield "it holds longer than was agreed"
    if given.state in (Consent.State.WITHDRAWN, Consent.State.EXPIRED) and until is None:
        yield f"it is {given.state}, and has no end"
    for event in given.body["pc:event"]:
        moment(event)
    for step in given.steps:
        day(step["pc:dueOn"])
        instant(step.get("pc:doneAt"))
        if step["pc:status"] == "done" and not (step.get("pc:proof") and step.get("pc:doneAt")):
            yield f"the step {step['dct:identifier']} is done without a proof"
