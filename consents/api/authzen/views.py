"""The addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.request import Request

from consents.api import asking
from consents.api.authzen.evaluating import Evaluation, answer_of, evaluated
from consents.api.authzen.serializers import (
    EvaluationAnswerSerializer,
    EvaluationsAnswerSerializer,
    EvaluationSerializer,
    EvaluationsSerializer,
)
from consents.api.authzen.terms import (
    ENTITIES,
    EXECUTE_ALL,
    FIRST_DENY,
    FIRST_PERMIT,
    SEMANTICS,
)
from consents.api.decisions import Answer
from tenants.api.viewsets import InTenant
from tenants.roles import Permission

REQUEST_ID = re.compile(r"[!-~]{1,200}")


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
        return Answer(answer_of(evaluated(self.tenant, [evaluation], lambda _: False)[0]))


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
            return Answer(answer_of(evaluated(self.tenant, [Evaluation(body, self.tenant)], until)[0]))
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
        return Answer({"evaluations": [answer_of(d) for d in evaluated(self.tenant, evaluations, until)]})


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
