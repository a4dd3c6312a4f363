"""Observed locations, and the differences from what was elected."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from privacy_console.rest.filters import ChoiceFilter, FilterSet, FlagFilter, TextFilter
from privacy_console.rest.serializers import InputSerializer, OutputSerializer, ReasonField
from residency.models import LocationDrift, ObservedLocation
from residency.services import observe_location, resolve_location_drift
from tenants.api.viewsets import TenantViewSet
from tenants.roles import Permission

READERS = {"list": Permission.VIEW_RESIDENCY, "retrieve": Permission.VIEW_RESIDENCY}


class ObservedLocationSerializer(OutputSerializer):
    """Where the provider showed the data to be on a day."""

    region = serializers.CharField(source="region.code", read_only=True, allow_null=True, default=None)
    elected = serializers.CharField(source="elected.code", read_only=True, allow_null=True, default=None)

    class Meta:
        model = ObservedLocation
        fields = (
            "id", "observed_on", "place", "region", "country", "source", "origin", "elected", "agrees", "recorded_at",
            "recorded_by",
        )  # fmt: skip


class NewObservationSerializer(InputSerializer):
    """What was seen."""

    observed_on = serializers.DateField(help_text="The day on which the provider showed it.")
    place = serializers.CharField(max_length=200, help_text="A region or country by its exact name or code.")
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=200, help_text="Where it was seen."
    )
    reason = ReasonField(required=False, allow_blank=True)


class ObservedFilters(FilterSet):
    agrees = FlagFilter(help_text="Whether it lies where the data was elected to be.")
    region = TextFilter(field_name="region__code", help_text="A region's code.")
    country = TextFilter(help_text="ISO 3166-1 alpha-2.")


class ObservedLocationsViewSet(TenantViewSet):
    """Where the provider showed the data to be. Many at once: `location-imports/`."""

    model = ObservedLocation
    related = ("region", "elected")
    permissions_needed = {**READERS, "create": Permission.OBSERVE_LOCATIONS}
    serializer_class = ObservedLocationSerializer
    input_serializers = {"create": NewObservationSerializer}
    filterset_class = ObservedFilters
    ordering = ("-observed_on",)
    ordering_fields = ("observed_on", "recorded_at")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Record what the provider shows. It is compared with what was elected for that day."""
        made = observe_location(tenant=self.tenant, **self.given(), by=self.principal)
        return self.answer(made, 201)


class LocationDriftSerializer(OutputSerializer):
    """Data that was somewhere else than elected."""

    region = serializers.CharField(source="region.code", read_only=True, allow_null=True, default=None)
    elected = serializers.CharField(source="elected.code", read_only=True)

    class Meta:
        model = LocationDrift
        fields = (
            "id", "place", "region", "country", "elected", "first_seen_on", "last_seen_on", "opened_at", "status",
            "resolution", "reason", "closed_at", "closed_by",
        )  # fmt: skip


class LocationResolutionSerializer(InputSerializer):
    """How the difference was settled, and why so."""

    resolution = serializers.ChoiceField(choices=LocationDrift.Resolution.choices)
    reason = ReasonField()


class LocationDriftFilters(FilterSet):
    status = ChoiceFilter(choices=LocationDrift.Status.choices)
    elected = TextFilter(field_name="elected__code", help_text="A region's code.")


class LocationDriftViewSet(TenantViewSet):
    """Where data was seen somewhere else than elected, until it is resolved or a later look finds it in its place."""

    model = LocationDrift
    related = ("region", "elected")
    permissions_needed = {**READERS, "resolve": Permission.OBSERVE_LOCATIONS}
    serializer_class = LocationDriftSerializer
    input_serializers = {"resolve": LocationResolutionSerializer}
    filterset_class = LocationDriftFilters
    ordering = ("-opened_at",)
    ordering_fields = ("opened_at", "last_seen_on")

    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say how the difference was settled. Elections and the provider are put right by their own deeds."""
        given = self.given()
        with self.changing(if_match_required=False) as drift:
            return self.answer(resolve_location_drift(drift=drift, **given, by=self.principal))
