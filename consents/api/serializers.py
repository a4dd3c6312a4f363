"""Consents as they are shown, and what the bodies of their deeds may say."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import Flow, Service
from consents.models import Consent, CoveredFlow
from consents.renewal import ChangedFlow, Difference, FlowFacts
from privacy_console.keys import key_of
from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import InputSerializer, OutputSerializer, ReasonField
from tenants.roles import Permission


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
    in_force = serializers.SerializerMethodField()
    yet_to_begin = serializers.SerializerMethodField()
    past_dated = serializers.BooleanField(
        source="is_past_dated", read_only=True, help_text="Recorded after it began to hold."
    )
    supersedes = serializers.SerializerMethodField()
    renewed_by = serializers.SerializerMethodField()
    granted_address = serializers.SerializerMethodField()
    steps_open = serializers.IntegerField(
        read_only=True, help_text="How many steps of ending the sharing are still to be done."
    )
    needs_renewal = serializers.BooleanField(
        read_only=True, help_text="It covers less than what the service receives now; see difference/."
    )
    catalog_edition = serializers.SerializerMethodField()
    flows = serializers.SerializerMethodField()

    class Meta:
        model = Consent
        fields = (
            "id", "record_id", "service", "service_name", "third_party", "connection", "state", "in_force",
            "yet_to_begin", "past_dated", "supersedes", "renewed_by", "needs_renewal", "steps_open",
            "contract_reference", "contract_parties", "contract_signed_on", "contract_ends_on", "terms_url",
            "terms_text", "terms_sha256", "legal_basis", "safeguard", "safeguard_reference", "justification",
            "requested_at", "requested_by", "granted_at", "granted_by", "granted_role", "granted_origin",
            "granted_address", "grant_reason", "effective_from", "effective_until", "ends_at", "catalog_edition",
            "declined_at", "declined_by", "decline_reason", "withdrawn_at", "withdrawn_by", "withdraw_reason",
            "restored_from", "flows",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(Consent.State.choices))
    def get_state(self, consent: Consent) -> str:
        """requested, granted, withdrawn, expired or declined, at the instant that the answer is about."""
        return consent.state_at(self.context["view"].at)

    def get_in_force(self, consent: Consent) -> bool:
        """Whether it authorises anything, at the instant that the answer is about."""
        return consent.is_in_force(self.context["view"].at)

    def get_yet_to_begin(self, consent: Consent) -> bool:
        """Granted, for a time that has not come."""
        begins = consent.effective_from
        is_granted = consent.status == Consent.State.GRANTED
        return is_granted and begins is not None and begins > self.context["view"].at

    def get_supersedes(self, consent: Consent) -> str | None:
        """The consent that this one renews; its id."""
        return str(consent.supersedes_id) if consent.supersedes_id else None

    def get_renewed_by(self, consent: Consent) -> str | None:
        """The consent that was granted to follow this one; its id."""
        found = consent.renewed_by  # type: ignore[attr-defined]
        return str(found) if found else None

    def get_granted_address(self, consent: Consent) -> str | None:
        """From where it was granted; null for those who may not read the audit trail."""
        view = self.context["view"]
        may_see = view.principal.may(Permission.VIEW_EVENTS, view.tenant)
        return consent.granted_address if may_see else None

    def get_catalog_edition(self, consent: Consent) -> int | None:
        """Number of the catalog's edition that was agreed to; null before a grant."""
        return consent.edition.number if consent.edition else None

    @extend_schema_field(CoveredFlowSerializer(many=True))
    def get_flows(self, consent: Consent) -> list[dict[str, Any]]:
        """What is covered, frozen at the grant."""
        covered = consent.covered  # type: ignore[attr-defined]
        return list(CoveredFlowSerializer(covered, many=True).data)


class FlowFactsSerializer(serializers.Serializer[FlowFacts]):
    """What of a flow has to be agreed to."""

    code = serializers.CharField()
    name = serializers.CharField()
    direction = serializers.ChoiceField(choices=Flow.Direction.choices)
    personal = serializers.BooleanField()
    elements = serializers.ListField(
        child=serializers.CharField(), help_text="Codes of the collected elements that it carries."
    )


class ChangedFlowSerializer(serializers.Serializer[ChangedFlow]):
    """A flow that is covered in another form than it has now."""

    before = FlowFactsSerializer()
    after = FlowFactsSerializer()
    changed = serializers.ListField(source="keys", child=serializers.CharField())
    asks_for_more = serializers.BooleanField()


class DifferenceSerializer(serializers.Serializer[Difference]):
    """What the service receives now, beyond and short of what the consent covers."""

    needs_renewal = serializers.BooleanField()
    added = FlowFactsSerializer(many=True)
    removed = FlowFactsSerializer(many=True)
    changed = ChangedFlowSerializer(many=True)


class NewConsentSerializer(InputSerializer):
    """What is asked for."""

    service = serializers.CharField(max_length=200, help_text="The service's code, for example vpp.")
    connection = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="Which connection, where there can be several.",
    )
    renews = serializers.RegexField(
        "^[0-9]{1,19}$", required=False, allow_null=True, help_text="The consent that it renews; its id."
    )
    contract_reference = serializers.CharField(max_length=200, required=False, allow_blank=True)
    contract_parties = serializers.CharField(max_length=300, required=False, allow_blank=True)
    contract_signed_on = serializers.DateField(required=False, allow_null=True)
    contract_ends_on = serializers.DateField(required=False, allow_null=True)
    legal_basis = serializers.ChoiceField(
        choices=Consent.LegalBasis.choices, required=False, allow_blank=True, help_text="GDPR Art. 6(1)."
    )
    safeguard = serializers.ChoiceField(
        choices=Consent.Safeguard.choices,
        required=False,
        allow_blank=True,
        help_text="What allows the transfer to the third party's country, GDPR Chapter V.",
    )
    safeguard_reference = serializers.CharField(max_length=300, required=False, allow_blank=True)
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

    def validate_renews(self, key: str | None) -> Consent | None:
        """The consent of this id in the tenant of the address."""
        if key is None:
            return None
        of_tenant = Consent.objects.for_tenant(self.context["view"].tenant)
        found: Consent | None = of_tenant.filter(pk=key_of(key)).first()
        if found is None:
            raise serializers.ValidationError("There is no consent with this id.", "unknown_consent")
        return found


class GrantSerializer(InputSerializer):
    """Why it is granted, and for how long."""

    reason = ReasonField()
    effective_from = InstantField(required=False, allow_null=True, help_text="Now, where it is not given.")
    effective_until = InstantField(required=False, allow_null=True, help_text="Open, where it is not given.")
