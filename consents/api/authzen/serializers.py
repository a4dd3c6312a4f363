"""What evaluations and their answers look like, for the description of the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from consents.api.authzen.terms import (
    SEMANTICS,
    SHARING,
)
from consents.api.decisions import DecisionSerializer
from consents.decisions import (
    LARGEST_BATCH,
)
from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import InputSerializer


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
