"""The same answers as an OpenID AuthZEN 1.0 policy decision point (Authorization API 1.0), one for each tenant.

How an AuthZEN request is understood:

    subject   {"type": "tenant", "id": "<the tenant's short name>"}, or whoever would send for it: {"type": "system" |
              "service" | "application", "id": …}; any system of the tenant may what the tenant may
    action    {"name": "share"}, or what it is in particular: "send", "transfer", "disclose" (W3C DPV, processing)
    resource  {"type": "flow" | "service" | "third_party", "id": "<code>", "properties": {"connection": …}?}
    context   {"at": …, "known_at": …}?

Another subject, action or type of resource is none that the tenant agreed to anything for: the decision is false. What
would have to be weighed and is not known (a member of `context` or of the resource's `properties`) is refused, for an
answer without it would be another one; the properties of subject and action are never weighed, and let pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.request import Request

from consents.api import asking
from consents.api.asking import decision_as_json
from consents.api.decisions import Answer, DecisionSerializer
from consents.decisions import (
    LARGEST_BATCH,
    SUBJECTS,
    Decision,
    Evidence,
    Question,
    Reason,
    check_instants,
    log_answers,
    weigh,
)
from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import InputSerializer
from tenants.api.viewsets import InTenant
from tenants.models import Tenant
from tenants.roles import Permission

ENTITIES = ("subject", "action", "resource", "context")
SHARING = ("share", "send", "transfer", "disclose")
SENDERS = ("system", "service", "application")
EXECUTE_ALL, FIRST_DENY, FIRST_PERMIT = "execute_all", "deny_on_first_deny", "permit_on_first_permit"
SEMANTICS = (EXECUTE_ALL, FIRST_DENY, FIRST_PERMIT)
# Each pair of instants is a reading of its own.
MOST_INSTANTS = 4
REQUEST_ID = re.compile(r"[!-~]{1,200}")

Instants: TypeAlias = tuple[datetime | None, datetime | None]


# --- What the description says ---


class EntitySerializer(InputSerializer):
    type = serializers.CharField(max_length=200)
    id = serializers.CharField(max_length=200)
    properties = serializers.DictField(required=False)


class ActionSerializer(InputSerializer):
    name = serializers.CharField(max_length=200, help_text=f"One of {', '.join(SHARING)}; others are denied.")
    properties = serializers.DictField(required=False)


class ResourcePropertiesSerializer(InputSerializer):
    connection = serializers.CharField(max_length=100, required=False, allow_blank=True)


class ResourceSerializer(InputSerializer):
    type = serializers.CharField(max_length=200, help_text="flow, service or third_party; others are denied.")
    id = serializers.CharField(max_length=200, help_text="Its code.")
    properties = ResourcePropertiesSerializer(required=False)


class EvaluationContextSerializer(InputSerializer):
    at = InstantField(required=False)
    known_at = InstantField(required=False)


class EvaluationSerializer(InputSerializer):
    """May the subject do the action on the resource? Here: may this data be shared for the tenant?"""

    subject = EntitySerializer()
    action = ActionSerializer()
    resource = ResourceSerializer()
    context = EvaluationContextSerializer(required=False)  # type: ignore[assignment]


class PartialEvaluationSerializer(InputSerializer):
    """An evaluation; what it leaves out is taken from the request's own members."""

    subject = EntitySerializer(required=False)
    action = ActionSerializer(required=False)
    resource = ResourceSerializer(required=False)
    context = EvaluationContextSerializer(required=False)  # type: ignore[assignment]


class EvaluationOptionsSerializer(InputSerializer):
    evaluations_semantic = serializers.ChoiceField(choices=SEMANTICS, required=False)


class EvaluationsSerializer(PartialEvaluationSerializer):
    """Several evaluations; without `evaluations` it is a single one."""

    evaluations = serializers.ListField(
        child=PartialEvaluationSerializer(), required=False, max_length=LARGEST_BATCH
    )
    options = EvaluationOptionsSerializer(required=False)


class EvaluationAnswerContextSerializer(DecisionSerializer):
    """Why, on which evidence."""

    allowed = None  # type: ignore[assignment]
    reasons = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]


class EvaluationAnswerSerializer(serializers.Serializer[Any]):
    decision = serializers.BooleanField()
    context = EvaluationAnswerContextSerializer()  # type: ignore[assignment]


class EvaluationsAnswerSerializer(serializers.Serializer[Any]):
    evaluations = EvaluationAnswerSerializer(many=True)


# --- What is asked ---


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


def _answer(decision: Decision) -> dict[str, Any]:
    context = decision_as_json(decision)
    return {"decision": context.pop("allowed"), "context": context}


# --- The addresses ---


class AuthzenViewSet(InTenant):
    permissions_needed = {"evaluate": Permission.ASK_DECISIONS}
    lists = ()
    unversioned = ("evaluate",)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The caller's own X-Request-ID comes back, as AuthZEN wants it; otherwise the trail's."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        given = request.headers.get("X-Request-ID", "")
        if REQUEST_ID.fullmatch(given):
            answer.headers["X-Request-ID"] = given
        return answer


class EvaluationViewSet(AuthzenViewSet):
    """AuthZEN 1.0, Access Evaluation."""

    input_serializers = {"evaluate": EvaluationSerializer}
    serializer_class = EvaluationAnswerSerializer

    def evaluate(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """May this data be shared? `decision` says yes or no, `context` why."""
        evaluation = Evaluation(asking.members(request.data, ENTITIES), self.tenant)
        return Answer(_answer(evaluated(self.tenant, [evaluation], lambda _: False)[0]))


class EvaluationsViewSet(AuthzenViewSet):
    """AuthZEN 1.0, Access Evaluations."""

    input_serializers = {"evaluate": EvaluationsSerializer}
    response_serializers = {
        "evaluate": PolymorphicProxySerializer(
            "EvaluationOrEvaluations",
            [EvaluationAnswerSerializer, EvaluationsAnswerSerializer],
            resource_type_field_name=None,
        )
    }

    def evaluate(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Up to a thousand evaluations; what all have in common can stand once, beside them."""
        body = asking.members(request.data, (*ENTITIES, "evaluations", "options"))
        until = _semantic(body)
        if not body.get("evaluations", []) and isinstance(body.get("evaluations", []), list):
            return Answer(_answer(evaluated(self.tenant, [Evaluation(body, self.tenant)], until)[0]))
        common = {name: body[name] for name in ENTITIES if name in body}
        evaluations = [
            Evaluation(
                common | dict(asking.members(each, ENTITIES, "evaluations", place)),
                self.tenant,
                "evaluations",
                place,
            )
            for place, each in enumerate(asking.items(body, "evaluations"))
        ]
        return Answer({"evaluations": [_answer(d) for d in evaluated(self.tenant, evaluations, until)]})


def _semantic(body: Mapping[str, Any]) -> Callable[[bool], bool]:
    """Whether to stop after a decision, as `options` says."""
    options = asking.members(body.get("options", {}), ("evaluations_semantic",), "options")
    semantic = options.get("evaluations_semantic", EXECUTE_ALL)
    if semantic not in SEMANTICS:
        asking.mistake(
            f"One of: {', '.join(SEMANTICS)}.", "invalid_choice", "options", "evaluations_semantic"
        )
    stops_at = {EXECUTE_ALL: None, FIRST_DENY: False, FIRST_PERMIT: True}[semantic]
    return lambda allowed: allowed is stops_at


@require_safe
def configuration(request: HttpRequest, tenant: str) -> HttpResponse:
    """The metadata of a tenant's decision point (AuthZEN 1.0, Policy Decision Point Metadata).

    It says the same for every name, whether there is such a tenant or not: who may ask there is for the token to show.
    """
    point = request.build_absolute_uri(f"/api/v1/tenants/{tenant}")
    answer = JsonResponse(
        {
            "policy_decision_point": point,
            "access_evaluation_endpoint": f"{point}/access/v1/evaluation",
            "access_evaluations_endpoint": f"{point}/access/v1/evaluations",
        }
    )
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
