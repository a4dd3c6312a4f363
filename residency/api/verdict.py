"""Where a tenant's data is stored and processed, and whether that is a transfer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from privacy_console.rest.instants import InstantField, parse_instant
from privacy_console.rest.problems import BadQuery
from privacy_console.rest.viewsets import Parameter
from residency.facts import When
from residency.telling import verdict_data
from residency.verdict import Ground, Standing, verdict_of
from tenants.api.viewsets import InTenant
from tenants.roles import Permission

INSTANT = {"type": "string", "format": "date-time"}
AT = Parameter("at", "The instant that is asked about, ISO 8601 with zone; now, where not given.", INSTANT)
KNOWN_AT = Parameter("known_at", "Answer as known at this instant; not in the future.", INSTANT)


class JudgementSerializer(serializers.Serializer[Any]):
    """What becomes of data in a place (GDPR Chapter V)."""

    standing = serializers.ChoiceField(choices=Standing.choices)
    ground = serializers.ChoiceField(choices=Ground.choices)
    detail = serializers.CharField(help_text="The ground in words.")
    is_transfer = serializers.BooleanField(allow_null=True, help_text="Null where the country is not known.")
    reference = serializers.CharField(allow_blank=True, help_text="Which decision, clauses or assessment.")
    since = serializers.DateField(allow_null=True, help_text="From when the safeguard holds.")


class StoredSerializer(JudgementSerializer):
    """A country of the elected geography."""

    country = serializers.CharField(help_text="ISO 3166-1 alpha-2.")
    name = serializers.CharField()
    datacentres = serializers.ListField(child=serializers.CharField(), help_text="Cities, as far as known.")


class PhaseSerializer(serializers.Serializer[Any]):
    """Data that a boundary keeps inside."""

    code = serializers.CharField()
    starts_on = serializers.DateField()
    covers = serializers.CharField()


class StorageSerializer(serializers.Serializer[Any]):
    """What was elected."""

    election = serializers.CharField(help_text="The storage election's id.")
    region = serializers.CharField(help_text="A region's code.")
    name = serializers.CharField()
    holds_from = InstantField()
    countries = StoredSerializer(many=True)
    kept_inside = PhaseSerializer(many=True)


class CollectedSerializer(serializers.Serializer[Any]):
    """A category of which something is collected."""

    code = serializers.CharField()
    name = serializers.CharField()
    elements = serializers.IntegerField(help_text="How many it has.")
    collected = serializers.IntegerField(help_text="How many of them are collected.")
    personal = serializers.IntegerField(help_text="How many of the collected ones are personal data.")


class RecipientSerializer(JudgementSerializer):
    """A service with the consent in force; without one, where there is none."""

    third_party = serializers.CharField()
    service = serializers.CharField()
    connection = serializers.CharField(allow_blank=True)
    consent = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_blank=True, help_text="Empty where the catalog does not know it.")
    flows_out = serializers.IntegerField()
    personal_out = serializers.IntegerField()
    flows_in = serializers.IntegerField()


class ExceptionSerializer(serializers.Serializer[Any]):
    """What may be stored outside the elected geography."""

    code = serializers.CharField()
    name = serializers.CharField()
    covers = serializers.CharField()
    countries = serializers.ListField(child=serializers.CharField(), help_text="Empty where not named.")


class CountrySerializer(serializers.Serializer[Any]):
    """A country with the worst that is said of it."""

    country = serializers.CharField()
    name = serializers.CharField()
    is_stored = serializers.BooleanField()
    is_exception = serializers.BooleanField()
    standing = serializers.ChoiceField(choices=Standing.choices, allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())


class VerdictSerializer(serializers.Serializer[Any]):
    """Where the data is, at an instant and as known at an instant."""

    tenant = serializers.CharField()
    at = InstantField()
    known_at = InstantField(allow_null=True, help_text="Null for what is known now.")
    is_inside = serializers.BooleanField(
        help_text="Whether the tenant is in the EEA, so that Chapter V asks."
    )
    storage = StorageSerializer(allow_null=True, help_text="Null where nothing was elected.")
    categories = CollectedSerializer(many=True)
    recipients = RecipientSerializer(many=True)
    exceptions = ExceptionSerializer(many=True)
    countries = CountrySerializer(many=True)


class ResidencyViewSet(InTenant):
    """The residency verdict. It is worked out, never stored."""

    permissions_needed = {"retrieve": Permission.VIEW_RESIDENCY}
    serializer_class = VerdictSerializer
    unversioned = ("retrieve",)

    def query_parameters(self) -> Iterable[Parameter]:
        return (*super().query_parameters(), AT, KNOWN_AT)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Where the data is stored and processed, whether that is a transfer, and by which safeguard."""
        known_at = self._asked("known_at")
        if known_at is not None and known_at > timezone.now():
            raise BadQuery({"known_at": ("in_the_future", "Nobody knows yet what will be known then.")})
        when = When(self._asked("at") or known_at or timezone.now(), known_at)
        return Response(VerdictSerializer(verdict_data(verdict_of(self.tenant, when))).data)

    def _asked(self, name: str) -> datetime | None:
        """The instant of a query parameter; None where it is not given. Raises BadQuery."""
        text = self.request.query_params.get(name)
        try:
            return None if text is None else parse_instant(text)
        except ValueError as error:
            raise BadQuery({name: ("invalid_instant", str(error))}) from None
