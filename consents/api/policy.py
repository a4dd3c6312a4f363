"""How a tenant wants its consents handled: one object, always there."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from consents import services
from consents.models import ConsentPolicy
from consents.models.policy import LONGEST_LEAD
from privacy_console.rest.serializers import InputSerializer, ReasonField, SingleSerializer
from tenants.api.viewsets import OneForTenantViewSet
from tenants.roles import Permission

FIELDS = ("four_eyes", "safeguard_required", "log_decisions", "reminder_days")


def _days(**options: Any) -> serializers.ListField:
    day = serializers.IntegerField(min_value=1, max_value=LONGEST_LEAD)
    sentence = "How many days before an end reminders are sent."
    return serializers.ListField(child=day, max_length=10, help_text=sentence, **options)


class ConsentPolicySerializer(SingleSerializer):
    """What is asked of consents, and what is written down and sent about them."""

    reminder_days = _days(read_only=True)

    class Meta:
        model = ConsentPolicy
        fields = FIELDS


class PolicyChangeSerializer(InputSerializer):
    """What changes; what is left out stays."""

    four_eyes = serializers.BooleanField(required=False)
    safeguard_required = serializers.BooleanField(required=False)
    log_decisions = serializers.ChoiceField(choices=ConsentPolicy.DecisionLog.choices, required=False)
    reminder_days = _days(required=False)
    reason = ReasonField(required=False, allow_blank=True)


class ConsentPolicyViewSet(OneForTenantViewSet):
    """The tenant's policy: the stored one, or the defaults where nobody has changed anything."""

    model = ConsentPolicy
    permissions_needed = {
        "retrieve": Permission.VIEW_SHARING,
        "partial_update": Permission.SET_CONSENT_POLICY,
    }
    serializer_class = ConsentPolicySerializer
    input_serializers = {"partial_update": PolicyChangeSerializer}

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the policy. For privacy officers."""
        return self.change(request, services.set_consent_policy, self.given())
