"""Consents as they are shown, and what the bodies of their deeds may say."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import Flow, Service
from consents.models import Consent, CoveredFlow
from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import InputSerializer, OutputSerializer, ReasonField


class CoveredFlowSerializer(serializers.Serializer[CoveredFlow]):
    """A flow as the catalog described it when the consent was granted."""

    code = serializers.CharField()
    name = serializers.CharField()
    direction = serializers.ChoiceField(choices=Flow.Direction.choices)
    personal = serializers.BooleanField()


class ConsentSerializer(OutputSerializer):
    """What a tenant authorised to flow through one service and connection."""

    # As text: empty where nobody named an address.
    terms_url = serializers.CharField(read_only=True)
    service = serializers.CharField(source="service.code", read_only=True)
    service_name = serializers.CharField(source="service.name", read_only=True)
    third_party = serializers.CharField(source="service.third_party.code", read_only=True)
    state = serializers.SerializerMethodField()
    catalog_edition = serializers.SerializerMethodField()
    flows = serializers.SerializerMethodField()

    class Meta:
        model = Consent
        fields = (
            "id", "service", "service_name", "third_party", "connection", "state", "contract_reference", "terms_url",
            "terms_text", "terms_sha256", "justification", "requested_at", "requested_by", "granted_at", "granted_by",
            "grant_reason", "effective_from", "effective_until", "catalog_edition", "declined_at", "declined_by",
            "decline_reason", "withdrawn_at", "withdrawn_by", "withdraw_reason", "flows",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(Consent.State.choices))
    def get_state(self, consent: Consent) -> str:
        """requested, granted, withdrawn, expired or declined, at the instant that the answer is about."""
        return consent.state_at(self.context["view"].at)

    def get_catalog_edition(self, consent: Consent) -> int | None:
        """Number of the catalog's edition that was agreed to; null before a grant."""
        return consent.edition.number if consent.edition else None

    @extend_schema_field(CoveredFlowSerializer(many=True))
    def get_flows(self, consent: Consent) -> list[dict[str, Any]]:
        """What is covered, frozen at the grant."""
        covered = consent.covered  # type: ignore[attr-defined]
        return list(CoveredFlowSerializer(covered, many=True).data)


class NewConsentSerializer(InputSerializer):
    """What is asked for."""

    service = serializers.CharField(max_length=200, help_text="The service's code, for example vpp.")
    connection = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="Which connection, where there can be several.",
    )
    contract_reference = serializers.CharField(max_length=200, required=False, allow_blank=True)
    terms_url = serializers.URLField(max_length=500, required=False, allow_blank=True)
    terms_text = serializers.CharField(
        max_length=200_000,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        help_text="The terms themselves.",
    )
    justification = serializers.CharField(max_length=10_000, required=False, allow_blank=True)

    def validate_service(self, code: str) -> Service:
        """The current service with this code; of the catalog loaded first, where several know it."""
        service: Service | None = Service.objects.current().filter(code=code).order_by("catalog_id").first()
        if service is None:
            raise serializers.ValidationError("The catalog has no service with this code.", "unknown_service")
        return service


class GrantSerializer(InputSerializer):
    """Why it is granted, and for how long."""

    reason = ReasonField()
    effective_from = InstantField(required=False, allow_null=True, help_text="Now, where it is not given.")
    effective_until = InstantField(required=False, allow_null=True, help_text="Open, where it is not given.")
