"""How a tenant wants its elections handled: one object, always there."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from elections import services
from elections.models import ElectionPolicy
from privacy_console.rest.concurrency import check_if_match, last_record
from privacy_console.rest.serializers import InputSerializer, OutputSerializer, ReasonField
from tenants.api.viewsets import TenantViewSet
from tenants.models import Tenant
from tenants.roles import Permission


class ElectionPolicySerializer(OutputSerializer):
    """What is asked of elections, and of those who receive data."""

    class Meta:
        model = ElectionPolicy
        fields = ("four_eyes", "recipients")

    def get_fields(self) -> Any:
        """There is one for each tenant: it needs no id."""
        return {name: field for name, field in super().get_fields().items() if name != "id"}


class ElectionPolicyChangeSerializer(InputSerializer):
    """What changes; what is left out stays."""

    four_eyes = serializers.BooleanField(required=False)
    recipients = serializers.ChoiceField(choices=ElectionPolicy.Recipients.choices, required=False)
    reason = ReasonField(required=False, allow_blank=True)


class ElectionPolicyViewSet(TenantViewSet):
    """The tenant's policy: the stored one, or the defaults where nobody has changed anything."""

    model = ElectionPolicy
    permissions_needed = {
        "retrieve": Permission.VIEW_ELECTIONS,
        "partial_update": Permission.SET_ELECTION_POLICY,
    }
    serializer_class = ElectionPolicySerializer
    input_serializers = {"partial_update": ElectionPolicyChangeSerializer}

    def get_object(self) -> Any:
        found = self.get_queryset().first()
        return self.present([found])[0] if found else ElectionPolicy(tenant=self.tenant)

    def version(self, instance: Any) -> int:
        return last_record(instance) if instance.pk else 0

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the policy. For privacy officers."""
        given = self.given()
        with transaction.atomic():
            # Held, so that nobody else makes the tenant's first policy in between.
            Tenant.objects.select_for_update().get(pk=self.tenant.pk)
            check_if_match(request, self.version(self.get_object()), required=True)
            return self.answer(services.set_election_policy(tenant=self.tenant, **given, by=self.principal))
