"""May this flow happen? The console's own form of the question, alone or up to a thousand at once."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from consents.api import asking
from consents.api.asking import decision_as_json
from consents.decisions import LARGEST_BATCH, Code, Question, decide
from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import InputSerializer
from tenants.api.viewsets import InTenant
from tenants.roles import Permission


class Answer(HttpResponse):
    """JSON without the framework's renderers; `data` is what a repeated request is answered with."""

    def __init__(self, data: Any) -> None:
        super().__init__(json.dumps(data, separators=(",", ":")), content_type="application/json")
        self.data = data


class QuestionSerializer(InputSerializer):
    """One of flow, service (every flow of it) and third_party (every flow of each of its services)."""

    flow = serializers.CharField(
        max_length=200, required=False, help_text="A flow's code: apple.out.vpp.serial_number."
    )
    service = serializers.CharField(max_length=200, required=False, help_text="A service's code: vpp.")
    third_party = serializers.CharField(
        max_length=200, required=False, help_text="A third party's code: apple."
    )
    connection = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="Which connection, where there can be several.",
    )


class AskingSerializer(QuestionSerializer):
    """A question, or a list of `questions`, and the two clocks that hold for all of it."""

    questions = serializers.ListField(
        child=QuestionSerializer(), required=False, min_length=1, max_length=LARGEST_BATCH
    )
    at = InstantField(required=False, help_text="When it would happen: now, or any other time.")
    known_at = InstantField(required=False, help_text="As the record stood then; not in the future.")


class ReasonOfDecisionSerializer(serializers.Serializer[Any]):
    """Why."""

    code = serializers.ChoiceField(choices=Code.choices)
    detail = serializers.CharField()


class AgreedFlowSerializer(serializers.Serializer[Any]):
    """A covered flow, and the row of its history that was agreed to."""

    code = serializers.CharField()
    history_id = serializers.CharField()


class ElectionEvidenceSerializer(serializers.Serializer[Any]):
    """An election, and the row of its history as known; that row's number is also its audit event's."""

    kind = serializers.ChoiceField(choices=["collection", "storage"])
    id = serializers.CharField()
    record_id = serializers.UUIDField()
    history_id = serializers.CharField()


class ServiceEvidenceSerializer(serializers.Serializer[Any]):
    """What an answer rests on. `history_id` is the consent's history row and the id of its audit event."""

    catalog = serializers.CharField()
    catalog_edition = serializers.IntegerField(allow_null=True)
    catalog_event = serializers.CharField(
        allow_null=True, help_text="The last audit event of the catalog's edition."
    )
    consent = serializers.CharField(allow_null=True)
    record_id = serializers.UUIDField(allow_null=True)
    history_id = serializers.CharField(allow_null=True)
    audit_event = serializers.CharField(allow_null=True)
    flows = AgreedFlowSerializer(many=True)
    elections = ElectionEvidenceSerializer(
        many=True, help_text="Those by which optional data is collected, and that of the tenant's geography."
    )
    policy = serializers.CharField(
        allow_null=True, help_text="The history row of the tenant's rule on recipients, where there is one."
    )
    services = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "maxItems": 0, "items": {}})
    def get_services(self, evidence: Any) -> list[Any]:
        """Nothing: it is about one service."""
        return []


class EvidenceSerializer(ServiceEvidenceSerializer):
    """What an answer rests on; of a third party, for each of its services."""

    services = ServiceEvidenceSerializer(many=True)  # type: ignore[assignment]


class DecisionSerializer(serializers.Serializer[Any]):
    """The answer; the first reason weighs most."""

    allowed = serializers.BooleanField()
    reasons = ReasonOfDecisionSerializer(many=True)
    consent = serializers.CharField(allow_null=True)
    at = InstantField()
    known_at = InstantField()
    catalog_edition = serializers.IntegerField(allow_null=True)
    evidence = EvidenceSerializer()


class DecisionsSerializer(serializers.Serializer[Any]):
    """The answers to a list of questions, in its order."""

    results = DecisionSerializer(many=True)


class DecisionsViewSet(InTenant):
    """Asking changes nothing; what the tenant's policy wants logged is in the timeline soon after."""

    permissions_needed = {"ask": Permission.ASK_DECISIONS}
    input_serializers = {"ask": AskingSerializer}
    serializer_class = DecisionSerializer
    response_serializers = {
        "ask": PolymorphicProxySerializer(
            "DecisionOrDecisions", [DecisionSerializer, DecisionsSerializer], resource_type_field_name=None
        )
    }
    lists = ()
    unversioned = ("ask",)

    def ask(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """May this happen? Answers one question, or a list of them; unknown or unclear means no."""
        body = request.data
        if isinstance(body, dict) and "questions" in body:
            asking.members(body, ("questions", "at", "known_at"))
            questions = [
                asking.question(each, "questions", place)
                for place, each in enumerate(asking.items(body, "questions"))
            ]
            return Answer({"results": self._decided(questions, body)})
        alone = asking.question(body, also=("questions", "at", "known_at"))
        return Answer(self._decided([alone], body)[0])

    def _decided(self, questions: list[Question], body: Any) -> list[dict[str, Any]]:
        at, known_at = asking.instant(body, "at"), asking.instant(body, "known_at")
        answer = asking.asked(
            lambda: decide(tenant=self.tenant, questions=questions, at=at, known_at=known_at)
        )
        return [decision_as_json(each) for each in answer]
