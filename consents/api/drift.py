"""Imports of what the service answers, and the differences from the register that they found."""

from __future__ import annotations

from itertools import islice
from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from consents.graph.observations import Reading
from consents.graph.planning import Plan
from consents.graph.reading import read_documents
from consents.graph.telling import counts_of, rows_of
from consents.models import ConsentImport, Drift
from consents.services.drift import resolve_drift
from consents.services.imports import preview_import, record_import
from privacy_console.rest.filters import ChoiceFilter, FilterSet, InstantFilter, TextFilter
from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import IdField, InputSerializer, OutputSerializer, ReasonField
from tenants.api.importing import ImportsViewSet
from tenants.api.viewsets import TenantViewSet
from tenants.roles import Permission

ROWS_SHOWN = 1_000


class DriftSerializer(OutputSerializer):
    """A difference between the service and the register."""

    service = serializers.CharField(source="service.code", default=None, read_only=True, allow_null=True)
    consent = serializers.CharField(source="consent_id", read_only=True, allow_null=True)
    first_import = serializers.CharField(source="first_import_id", read_only=True)
    last_import = serializers.CharField(source="last_import_id", read_only=True)

    class Meta:
        model = Drift
        fields = (
            "id", "kind", "key", "service", "connection", "consent", "observed", "recorded", "status", "resolution",
            "reason", "opened_at", "closed_at", "closed_by", "first_import", "last_import",
        )  # fmt: skip


class ResolutionSerializer(InputSerializer):
    """How the difference was settled, and why so."""

    resolution = serializers.ChoiceField(choices=Drift.Resolution.choices)
    reason = ReasonField()


class DriftFilters(FilterSet):
    status = ChoiceFilter(choices=Drift.Status.choices)
    kind = ChoiceFilter(choices=Drift.Kind.choices)
    service = TextFilter(field_name="service__code", help_text="A service's code.")
    connection = TextFilter()
    opened_after = InstantFilter(field_name="opened_at", lookup_expr="gte", help_text="From this instant on.")
    opened_before = InstantFilter(field_name="opened_at", lookup_expr="lt", help_text="Before this instant.")


class DriftViewSet(TenantViewSet):
    """Where the service and the register differ, until somebody resolves it or an import no longer finds it."""

    model = Drift
    related = ("service",)
    permissions_needed = {
        "list": Permission.VIEW_SHARING,
        "retrieve": Permission.VIEW_SHARING,
        "resolve": Permission.IMPORT_CONSENTS,
    }
    serializer_class = DriftSerializer
    input_serializers = {"resolve": ResolutionSerializer}
    filterset_class = DriftFilters
    ordering = ("-opened_at",)
    ordering_fields = ("opened_at",)

    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say how the difference was settled. The register and the service are put right by their own deeds."""
        given = self.given()
        with self.changing(if_match_required=False) as drift:
            return self.answer(resolve_drift(drift=drift, **given, by=self.principal))


class ImportSerializer(OutputSerializer):
    """One reading of what the service answers."""

    class Meta:
        model = ConsentImport
        fields = (
            "id", "name", "sha256", "imported_at", "imported_by", "records", "kinds", "problems", "found", "opened",
            "cleared",
        )  # fmt: skip


class FoundSerializer(serializers.Serializer[Any]):
    """One line of what an import comes to."""

    what = serializers.CharField(help_text="new, changed, still open, accepted, no longer found, gone")
    kind = serializers.CharField()
    difference = serializers.CharField(help_text="The kind in words.")
    service = serializers.CharField()
    connection = serializers.CharField()
    there = serializers.CharField(help_text="What the service says.")
    here = serializers.CharField(help_text="What the register says.")


class MadeImportSerializer(ImportSerializer):
    """The import with what it comes to; one that was not kept has neither id nor time."""

    id = IdField(allow_null=True)
    imported_at = InstantField(read_only=True, allow_null=True)
    still_open = serializers.IntegerField(read_only=True)
    accepted = serializers.IntegerField(read_only=True)
    credentials_new = serializers.IntegerField(read_only=True)
    credentials_changed = serializers.IntegerField(read_only=True)
    credentials_gone = serializers.IntegerField(read_only=True)
    differences = FoundSerializer(many=True, read_only=True)
    has_more = serializers.BooleanField(
        read_only=True, help_text="Whether there are more differences than the first thousand."
    )

    class Meta(ImportSerializer.Meta):
        fields: tuple[str, ...] = (  # type: ignore[assignment]
            *ImportSerializer.Meta.fields, "still_open", "accepted", "credentials_new", "credentials_changed",
            "credentials_gone", "differences", "has_more",
        )  # fmt: skip


class NewImportSerializer(InputSerializer):
    """The answers of Microsoft Graph, as they came."""

    documents = serializers.ListField(
        child=serializers.JSONField(),
        min_length=1,
        max_length=10_000,
        help_text="Pages, lists and single objects.",
    )
    name = serializers.CharField(
        max_length=200, required=False, help_text="What the import is called in the list."
    )


class ConsentImportsViewSet(ImportsViewSet):
    """What was read of the service's own answers, and when. A body has at most 20 MB."""

    model = ConsentImport
    permissions_needed = {
        "list": Permission.VIEW_SHARING,
        "retrieve": Permission.VIEW_SHARING,
        "create": Permission.IMPORT_CONSENTS,
    }
    serializer_class = ImportSerializer
    input_serializers = {"create": NewImportSerializer}
    response_serializers = {"create": MadeImportSerializer}

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Compare answers of Microsoft Graph with the register, and keep the differences.

        With `?dry_run=true` it answers 200 with what the import would come to, and nothing is kept.
        """
        return super().create(request, *args, **kwargs)

    def read(self, given: dict[str, Any]) -> Reading:
        return read_documents(given["documents"], given.get("name", "Documents"))

    def preview(self, reading: Reading) -> tuple[ConsentImport, dict[str, Any]]:
        made, plan = preview_import(tenant=self.tenant, by=self.principal, reading=reading)
        return made, _findings(plan)

    def keep(self, reading: Reading) -> tuple[ConsentImport, dict[str, Any]]:
        made, plan = record_import(tenant=self.tenant, by=self.principal, reading=reading)
        return made, _findings(plan)


def _findings(plan: Plan) -> dict[str, Any]:
    rows = list(islice(rows_of(plan), ROWS_SHOWN + 1))
    return {**counts_of(plan), "differences": rows[:ROWS_SHOWN], "has_more": len(rows) > ROWS_SHOWN}
