"""Imports of acceptances into one policy: made from a report or from Graph's answers, and read."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import IdField, InputSerializer, OutputSerializer
from tenants.api.importing import ImportsViewSet
from tenants.roles import Permission
from terms.api.base import PolicyPartViewSet
from terms.imports.dates import DateOrder
from terms.imports.reading import How, Reading, answers_of, document_of
from terms.imports.told import GREATEST_VERSION
from terms.models import AcceptanceImport
from terms.services.imports import import_acceptances, preview_import


class AcceptanceImportSerializer(OutputSerializer):
    """One reading of what another product says of acceptances."""

    policy = serializers.CharField(source="policy_id", read_only=True)

    class Meta:
        model = AcceptanceImport
        fields = (
            "id", "policy", "name", "sha256", "files", "settings", "imported_at", "imported_by", "records", "recorded",
            "already_recorded", "left_out", "problems",
        )  # fmt: skip


class MadeAcceptanceImportSerializer(AcceptanceImportSerializer):
    """The import; one that was not kept has neither id nor time."""

    id = IdField(allow_null=True)
    imported_at = InstantField(read_only=True, allow_null=True)


class NewAcceptanceImportSerializer(InputSerializer):
    """Either the report, or the answers of Microsoft Graph."""

    report = serializers.CharField(
        required=False,
        trim_whitespace=False,
        help_text="The report of the other product: CSV, as it was exported.",
    )
    documents = serializers.ListField(
        child=serializers.JSONField(),
        min_length=1,
        max_length=10_000,
        required=False,
        help_text="What Graph answers for acceptanceStatuses of one policy: pages, lists and single records.",
    )
    name = serializers.CharField(
        max_length=200, required=False, help_text="What the import is called in the list."
    )
    dates = serializers.ChoiceField(
        choices=DateOrder.choices, required=False, help_text="What comes first in dates such as 03/04/2026."
    )
    time_zone = serializers.CharField(
        max_length=100,
        required=False,
        help_text="Of times without one, such as Europe/Berlin; otherwise UTC.",
    )
    versions = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=GREATEST_VERSION),
        required=False,
        help_text='Where a version has another number here: {"5": 1}.',
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("report" in attrs) == ("documents" in attrs):
            raise serializers.ValidationError({"report": "Give either the report or documents."})
        return attrs

    def validate_versions(self, versions: dict[str, int]) -> dict[int, int]:
        if not all(there.isascii() and there.isdecimal() and len(there) <= 10 for there in versions):
            raise serializers.ValidationError("Name each version by its number.")
        return {int(there): here for there, here in versions.items()}


class AcceptanceImportsViewSet(ImportsViewSet, PolicyPartViewSet):
    """What was read of acceptances that were given elsewhere, and when. A body has at most 20 MB."""

    model = AcceptanceImport
    permissions_needed = {
        "list": Permission.VIEW_TERMS,
        "retrieve": Permission.VIEW_TERMS,
        "create": Permission.CHASE_TERMS,
    }
    serializer_class = AcceptanceImportSerializer
    input_serializers = {"create": NewAcceptanceImportSerializer}
    response_serializers = {"create": MadeAcceptanceImportSerializer}

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take over who accepted the policy elsewhere. What matches nothing here is left out and told.

        With `?dry_run=true` it answers 200 with what the import would come to, and nothing is kept.
        """
        return super().create(request, *args, **kwargs)

    def read(self, given: dict[str, Any]) -> Reading:
        name = given.get("name")
        how = How(given.get("dates", ""), given.get("time_zone", ""), given.get("versions", {}))
        if "report" in given:
            return Reading([document_of(name or "Report", given["report"].encode())], how)
        return Reading(answers_of(name or "Documents", given["documents"]), how)

    def preview(self, reading: Reading) -> tuple[AcceptanceImport, dict[str, Any]]:
        return preview_import(policy=self.policy, by=self.principal, reading=reading), {}

    def keep(self, reading: Reading) -> tuple[AcceptanceImport, dict[str, Any]]:
        return import_acceptances(policy=self.policy, by=self.principal, reading=reading), {}
