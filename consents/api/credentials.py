"""Certificates and tokens of a tenant's connections: listed, entered, changed, retired."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from consents.models import Credential
from consents.services import credentials as services
from privacy_console.rest.filters import ChoiceFilter, FilterSet, FlagFilter, InstantFilter, TextFilter
from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import InputSerializer, OutputSerializer, ReasonField, ReasonSerializer
from tenants.api.viewsets import TenantViewSet
from tenants.roles import Permission


class CredentialSerializer(OutputSerializer):
    """A certificate or token that a connection lives by."""

    service = serializers.CharField(source="service.code", read_only=True)

    class Meta:
        model = Credential
        fields = (
            "id", "kind", "service", "connection", "external_id", "name", "account", "serial_number", "expires_at",
            "grace_days", "source", "seen_at", "retired_at",
        )  # fmt: skip


class CredentialChangeSerializer(InputSerializer):
    """What is right from now on."""

    name = serializers.CharField(max_length=200, required=False, help_text="How people call it.")
    expires_at = InstantField(required=False, help_text="When it stops working.")
    connection = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text="Which connection uses it."
    )
    account = serializers.CharField(
        max_length=254, required=False, allow_blank=True, help_text="The account that made it."
    )
    serial_number = serializers.CharField(max_length=100, required=False, allow_blank=True)
    grace_days = serializers.IntegerField(
        min_value=0, max_value=3650, required=False, help_text="How long after its end it can be renewed."
    )
    reason = ReasonField(required=False, allow_blank=True)


class NewCredentialSerializer(CredentialChangeSerializer):
    """What is entered."""

    kind = serializers.ChoiceField(choices=Credential.Kind.choices)
    name = serializers.CharField(max_length=200, help_text="How people call it.")
    expires_at = InstantField(help_text="When it stops working.")
    external_id = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Its id at the source; one is made otherwise.",
    )


class CredentialFilters(FilterSet):
    kind = ChoiceFilter(choices=Credential.Kind.choices)
    source = ChoiceFilter(choices=Credential.Source.choices)
    service = TextFilter(field_name="service__code", help_text="A service's code.")
    connection = TextFilter()
    retired = FlagFilter(
        method="by_retired", help_text="Only those that are of no interest any more, or the others."
    )
    expires_after = InstantFilter(
        field_name="expires_at", lookup_expr="gte", help_text="From this instant on."
    )
    expires_before = InstantFilter(
        field_name="expires_at", lookup_expr="lt", help_text="Before this instant."
    )

    def by_retired(self, credentials: Any, name: str, value: str) -> Any:
        return credentials.filter(retired_at__isnull=value == "false")


class CredentialsViewSet(TenantViewSet):
    """The certificates and tokens that the tenant's connections live by, and when each ends."""

    model = Credential
    related = ("service",)
    permissions_needed = {
        "list": Permission.VIEW_SHARING,
        "retrieve": Permission.VIEW_SHARING,
        "create": Permission.KEEP_CREDENTIALS,
        "partial_update": Permission.KEEP_CREDENTIALS,
        "retire": Permission.KEEP_CREDENTIALS,
    }
    serializer_class = CredentialSerializer
    input_serializers = {
        "create": NewCredentialSerializer,
        "partial_update": CredentialChangeSerializer,
        "retire": ReasonSerializer,
    }
    filterset_class = CredentialFilters
    ordering = ("expires_at",)
    ordering_fields = ("expires_at", "seen_at")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Enter a certificate or token, so that its end is watched."""
        return self.answer(
            services.add_credential(tenant=self.tenant, **self.given(), by=self.principal), 201
        )

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Correct what was entered by hand, or enter the new end after a renewal."""
        given = self.given()
        with self.changing() as credential:
            return self.answer(services.change_credential(credential=credential, **given, by=self.principal))

    @action(detail=True, methods=["post"])
    def retire(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say that it is of no interest any more: nobody is reminded of its end."""
        given = self.given()
        with self.changing(if_match_required=False) as credential:
            return self.answer(services.retire_credential(credential=credential, **given, by=self.principal))
