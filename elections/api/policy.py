"""How a tenant wants its elections handled: one object, always there."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from elections import services
from elections.models import ElectionPolicy
from privacy_console.rest.serializers import InputSerializer, ReasonField, SingleSerializer
from tenants.api.viewsets import OneForTenantViewSet
from tenants.roles import Permission


class ElectionPolicySerializer(SingleSerializer):
    """What is asked of elections, and of those who receive data."""

    class Meta:
        model = ElectionPolicy
        fields = ("four_eyes", "recipients")


class ElectionPolicyChangeSerializer(InputSerializer):
    """What changes; what is left out stays."""

    four_eyes = serializers.BooleanField(required=False)
    recipients = serializers.ChoiceField(choices=ElectionPolicy.Recipients.choices, required=False)
    reason = ReasonField(required=False, allow_blank=True)


class ElectionPolicyViewSet(OneForTenantViewSet):
    """The tenant's policy: the stored one, or the defaults where nobody has changed anything."""

    model = ElectionPolicy
    permissions_needed = {
        "retrieve": Permission.VIEW_ELECTIONS,
        "partial_update": Permission.SET_ELECTION_POLICY,
    }
    serializer_class = ElectionPolicySerializer
    input_serializers = {"partial_update": ElectionPolicyChangeSerializer}

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the policy. For privacy officers."""
        return self.change(request, services.set_election_policy, self.given())
