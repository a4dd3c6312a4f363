"""Imports of observed locations: made from a file's text or a list, or only tried, and read."""

from __future__ import annotations

import io
import json
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import IdField, InputSerializer, OutputSerializer
from residency.models import LocationImport
from residency.services import Change, import_locations, preview_locations
from residency.told import findings_of
from tenants.api.importing import ImportsViewSet
from tenants.roles import Permission

MOST_LOCATIONS = 100_000


class LocationImportSerializer(OutputSerializer):
    """One reading of where the provider showed the data to be."""

    problems = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Rows that were left out, each with its line and why: the first 500; `left_out` counts all.",
    )

    class Meta:
        model = LocationImport
        fields = (
            "id", "name", "sha256", "imported_at", "imported_by", "rows", "added", "known", "differing", "opened",
            "cleared", "left_out", "problems",
        )  # fmt: skip


class FoundLocationSerializer(serializers.Serializer[Any]):
    """One row, and what it comes to."""

    where = serializers.CharField(help_text="Its line in the CSV, or its entry in the list.")
    what = serializers.ChoiceField(choices=[("new", "New"), ("known", "Known already")])
    observed_on = serializers.DateField()
    place = serializers.CharField()
    source = serializers.CharField(help_text="Where it was seen.")  # type: ignore[assignment]
    region = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_blank=True)
    elected = serializers.CharField(
        allow_null=True, help_text="The geography that was in force on that day; null where known already."
    )
    agrees = serializers.BooleanField(
        allow_null=True, help_text="Whether it lies there; null where nothing was elected, or known already."
    )


class LocationChangeSerializer(serializers.Serializer[Any]):
    """One difference that the import opens, finds again, or closes."""

    what = serializers.ChoiceField(choices=Change.choices)
    place = serializers.CharField()
    region = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_blank=True)
    elected = serializers.CharField()
    first_seen_on = serializers.DateField()
    last_seen_on = serializers.DateField()


class MadeLocationImportSerializer(LocationImportSerializer):
    """The import with what it comes to; one that was not kept has neither id nor time."""

    id = IdField(allow_null=True)
    imported_at = InstantField(read_only=True, allow_null=True)
    locations = FoundLocationSerializer(many=True, read_only=True)
    has_more = serializers.BooleanField(
        read_only=True, help_text="Whether there are more locations than the first thousand."
    )
    differences = LocationChangeSerializer(many=True, read_only=True)

    class Meta(LocationImportSerializer.Meta):
        fields: tuple[str, ...] = (  # type: ignore[assignment]
            *LocationImportSerializer.Meta.fields, "locations", "has_more", "differences"
        )  # fmt: skip


class NewLocationImportSerializer(InputSerializer):
    """Either a CSV, or a list of what was seen."""

    report = serializers.CharField(
        required=False,
        trim_whitespace=False,
        help_text="CSV with a first line of names: date, location, source.",
    )
    locations = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField(allow_blank=True, allow_null=True)),
        min_length=1,
        max_length=MOST_LOCATIONS,
        required=False,
        help_text="Objects with the same: observed_on (or date), place (or location), source.",
    )
    name = serializers.CharField(
        max_length=200,
        required=False,
        help_text="What the import is called in the list, and where a row was seen that does not say it.",
    )
    skip_problems = serializers.BooleanField(
        required=False, help_text="Leave out what cannot be kept, instead of refusing all of it."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("report" in attrs) == ("locations" in attrs):
            raise serializers.ValidationError({"report": "Give either the report or locations."})
        return attrs


class LocationImportsViewSet(ImportsViewSet):
    """What was read of where the provider showed the data to be, and when. A body has at most 20 MB."""

    model = LocationImport
    permissions_needed = {
        "list": Permission.VIEW_RESIDENCY,
        "retrieve": Permission.VIEW_RESIDENCY,
        "create": Permission.OBSERVE_LOCATIONS,
    }
    serializer_class = LocationImportSerializer
    input_serializers = {"create": NewLocationImportSerializer}
    response_serializers = {"create": MadeLocationImportSerializer}

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Record many locations at once. Each is compared with what was elected for its day.

        What cannot be kept refuses all of it and is told with its line, unless `skip_problems` leaves it out. With
        `?dry_run=true` it answers 200 with what the import would come to, and nothing is kept.
        """
        return super().create(request, *args, **kwargs)

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        text = given["report"] if "report" in given else json.dumps(given["locations"])
        return {
            "file": io.BytesIO(text.encode()),
            "source": given.get("name", "Report" if "report" in given else "Locations"),
            "skip_problems": given.get("skip_problems", False),
        }

    def preview(self, reading: dict[str, Any]) -> tuple[LocationImport, dict[str, Any]]:
        made, found = preview_locations(tenant=self.tenant, by=self.principal, **reading)
        return made, findings_of(found)

    def keep(self, reading: dict[str, Any]) -> tuple[LocationImport, dict[str, Any]]:
        made, found = import_locations(tenant=self.tenant, by=self.principal, **reading)
        return made, findings_of(found)
