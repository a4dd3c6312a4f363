"""How a tenant wants its consents handled: one object, always there."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from consents import services
from consents.models import ConsentPolicy
from consents.models.policy import LONGEST_LEAD
from privacy_console.rest.concurrency import check_if_match, last_record
from privacy_console.rest.serializers import InputSerializer, OutputSerializer, ReasonField
from tenants.api.viewsets import TenantViewSet
from tenants.models import Tenant
from tenants.roles import Permission

FIELDS = ("four_eyes", "safeguard_required", "log_decisions", "reminder_days")


def _days(**options: Any) -> serializers.ListField:
    day = serializers.IntegerField(min_value=1, max_value=LONGEST_LEAD)
    sentence = "How many days before an end reminders are sent."
    return serializers.ListField(child=day, max_length=10, help_text=sentence, **options)


class ConsentPolicySerializer(OutputSerializer):
    """What is asked of consents, and what is written down and sent about them."""

    reminder_days = _days(read_only=True)

    class Meta:
        model = ConsentPolicy
        fields = FIELDS

    def get_fields(self) -> Any:
        """There is one for each tenant: it needs no id."""
        return {name: field for name, field in super().get_fields().items() if name != "id"}


class PolicyChangeSerializer(InputSerializer):
    """What changes; what is left out stays."""

    four_eyes = serializers.BooleanField(required=False)
    safeguard_required = serializers.BooleanField(required=False)
    log_decisions = serializers.ChoiceField(choices=ConsentPolicy.DecisionLog.choices, required=False)
    reminder_days = _days(required=False)
    reason = ReasonField(required=False, allow_blank=True)


class ConsentPolicyViewSet(TenantViewSet):
    """The tenant's policy: the stored one, or the defaults where nobody has changed anything."""

    model = ConsentPolicy
    permissions_needed = {
        "retrieve": Permission.VIEW_SHARING,
        "partial_update": Permission.SET_CONSENT_POLICY,
    }
    serializer_class = ConsentPolicySerializer
    input_serializers = {"partial_update": PolicyChangeSerializer}

    def get_object(self) -> Any:
        found = self.get_queryset().first()
        return self.present([found])[0] if found else ConsentPolicy(tenant=self.tenant)

    def version(self, instance: Any) -> int:
        return last_record(instance) if instance.pk else 0

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the policy. For privacy officers."""
        given = self.given()
        with transaction.atomic():
            # Held, so that nobody else makes the tenant's first policy in between.
            Tenant.objects.select_for_update().get(pk=self.tenant.pk)
            check_if_match(request, self.version(self.get_object()), required=True)
            return self.answer(services.set_consent_policy(tenant=self.tenant, **given, by=self.principal))
