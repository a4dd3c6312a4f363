"""Decisions as they are shown, and their receipts."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from privacy_console.rest.serializers import (
    OutputSerializer,
)
from terms.models import Acceptance


class AcceptanceSerializer(OutputSerializer):
    """A decision, with everything that was known when it was made."""

    employee = serializers.CharField(source="employee_id", read_only=True)
    version = serializers.IntegerField(source="version.number", read_only=True)
    revision = serializers.SerializerMethodField()
    supersedes = serializers.SerializerMethodField()
    acceptance_import = serializers.SerializerMethodField()

    class Meta:
        model = Acceptance
        fields = (
            "id", "receipt_id", "employee", "directory_id", "user_principal_name", "display_name", "version",
            "revision", "language", "text_sha256", "round", "shown_at", "decided_at", "decision", "valid_until",
            "button", "surface", "trigger", "device", "network", "supersedes", "acceptance_import",
            "imported_from", "key_id",
        )  # fmt: skip

    def get_revision(self, acceptance: Acceptance) -> int | None:
        """The revision that was shown; null where it is not known, as on paper."""
        return acceptance.revision.number if acceptance.revision else None

    def get_supersedes(self, acceptance: Acceptance) -> str | None:
        """The decision before it; its id."""
        return str(acceptance.supersedes_id) if acceptance.supersedes_id else None

    def get_acceptance_import(self, acceptance: Acceptance) -> str | None:
        """The import that brought it; its id. Null for what was decided here."""
        return str(acceptance.source_id) if acceptance.source_id else None


class _ReceiptTenantSerializer(serializers.Serializer[Any]):
    directory_id = serializers.CharField()
    slug = serializers.CharField()


class _ReceiptEmployeeSerializer(serializers.Serializer[Any]):
    directory_id = serializers.CharField()
    user_principal_name = serializers.CharField()
    display_name = serializers.CharField()


class ReceiptSerializer(serializers.Serializer[Any]):
    """What was signed, and the signature (Ed25519) over its canonical JSON without `signature`."""

    format = serializers.CharField()
    receipt_id = serializers.CharField()
    tenant = _ReceiptTenantSerializer()
    employee = _ReceiptEmployeeSerializer()
    policy = serializers.CharField()
    version = serializers.IntegerField()
    revision = serializers.IntegerField(allow_null=True)
    language = serializers.CharField()
    text_sha256 = serializers.CharField()
    shown_at = serializers.CharField(allow_null=True)
    decided_at = serializers.CharField()
    decision = serializers.CharField()
    valid_until = serializers.CharField(allow_null=True)
    button = serializers.CharField()
    surface = serializers.CharField()
    key_id = serializers.CharField()
    signature = serializers.CharField()
