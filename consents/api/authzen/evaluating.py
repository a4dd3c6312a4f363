"""What is asked, and what the console answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from django.utils import timezone

from consents.api import asking
from consents.api.asking import decision_as_json
from consents.api.authzen.terms import (
    SENDERS,
    SHARING,
)
from consents.decisions import (
    SUBJECTS,
    Decision,
    Evidence,
    Question,
    Reason,
    check_instants,
    log_answers,
    weigh,
)
from tenants.models import Tenant

# Each pair of instants is a reading of its own.
MOST_INSTANTS = 4

Instants: TypeAlias = tuple[datetime | None, datetime | None]


class Evaluation:
    """One evaluation as the console understands it: a question, or the reason why it can only be denied."""

    def __init__(self, body: Mapping[str, Any], tenant: Tenant, *path: str | int) -> None:
        subject = _entity(body, "subject", ("type", "id"), *path)
        action = _entity(body, "action", ("name",), *path)
        resource = _entity(body, "resource", ("type", "id"), *path)
        properties = asking.members(
            resource.get("properties", {}), ("connection",), *path, "resource", "properties"
        )
        connection = asking.text(properties, "connection", 100, *path, "resource", "properties")
        context = asking.members(body.get("context", {}), ("at", "known_at"), *path, "context")
        self.instants: Instants = (
            asking.instant(context, "at", *path, "context"),
            asking.instant(context, "known_at", *path, "context"),
        )
        asking.asked(lambda: check_instants(*self.instants, timezone.now()), *path, "context")
        kind, code = resource["type"], resource["id"]
        self.denial = _denial(subject, action["name"], kind, tenant)
        self.question = (
            Question(connection=connection)
            if self.denial
            else Question(**{kind: code}, connection=connection)
        )


def _entity(body: Mapping[str, Any], name: str, texts: Sequence[str], *path: str | int) -> Mapping[str, Any]:
    if name not in body:
        asking.mistake("This is missing.", "required", *path, name)
    entity = asking.members(body[name], (*texts, "properties"), *path, name)
    for each in texts:
        asking.text(entity, each, asking.LONGEST_CODE, *path, name, required=True)
    if not isinstance(entity.get("properties", {}), dict):
        asking.mistake("Give an object.", "invalid", *path, name, "properties")
    return entity


def _denial(subject: Mapping[str, Any], action: str, kind: str, tenant: Tenant) -> Reason | None:
    if (subject["type"], subject["id"]) != ("tenant", tenant.slug) and subject["type"] not in SENDERS:
        return Reason("unknown_subject", f"The subject is the tenant {tenant.slug} or a system of its own.")
    if action not in SHARING:
        return Reason("unknown_action", f"The actions are {', '.join(SHARING)}.")
    if kind not in SUBJECTS:
        return Reason("unknown_resource_type", f"A resource is one of {', '.join(SUBJECTS)}.")
    return None


def evaluated(
    tenant: Tenant, evaluations: Sequence[Evaluation], until: Callable[[bool], bool]
) -> list[Decision]:
    """The decisions in their order, up to the first for which `until` says so; those given are logged, no others."""
    found, policy = _weighed(tenant, evaluations)
    decisions = []
    for place, evaluation in enumerate(evaluations):
        decisions.append(found[place] if place in found else _denied(evaluation))
        if until(decisions[-1].allowed):
            break
    log_answers(tenant, policy, decisions)
    return decisions


def _weighed(tenant: Tenant, evaluations: Sequence[Evaluation]) -> tuple[dict[int, Decision], str]:
    """By their places the decisions that the record has to be read for, and what the tenant wants logged."""
    found: dict[int, Decision] = {}
    policy = ""
    for (at, known_at), places in _by_instants(evaluations).items():
        questions = [evaluations[place].question for place in places]
        weighed = weigh(tenant=tenant, questions=questions, at=at, known_at=known_at)
        policy = weighed.log
        found |= dict(zip(places, weighed.decisions, strict=True))
    return found, policy or weigh(tenant=tenant, questions=()).log


def _by_instants(evaluations: Sequence[Evaluation]) -> dict[Instants, list[int]]:
    places: dict[Instants, list[int]] = {}
    for place, evaluation in enumerate(evaluations):
        if evaluation.denial is None:
            places.setdefault(evaluation.instants, []).append(place)
    if len(places) > MOST_INSTANTS:
        asking.mistake(
            f"Ask about at most {MOST_INSTANTS} pairs of instants at once.", "too_many", "evaluations"
        )
    return places


def _denied(evaluation: Evaluation) -> Decision:
    now = timezone.now()
    reasons = (evaluation.denial,) if evaluation.denial else ()
    at, known_at = (instant or now for instant in evaluation.instants)
    return Decision(evaluation.question, False, reasons, at, known_at, Evidence())


def answer_of(decision: Decision) -> dict[str, Any]:
    context = decision_as_json(decision)
    return {"decision": context.pop("allowed"), "context": context}
