"""Entries of the catalog as they are shown. What they refer to is named by its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from catalog.differences import Comparison, KindComparison
from catalog.kinds import Record, name_of
from catalog.models import (
    AdequacyDecision,
    AtRestException,
    BoundaryPhase,
    Category,
    Datacentre,
    Edition,
    Element,
    Entry,
    Feature,
    Flow,
    Region,
    Service,
    ThirdParty,
)
from privacy_console.rest.serializers import OutputSerializer

COMMON = (
    "id", "catalog", "code", "name", "note", "inferred", "source", "source_date", "by_hand", "added_in", "changed_in"
)  # fmt: skip


class EntrySerializer(OutputSerializer):
    """added_in, changed_in: numbers of editions."""

    catalog = serializers.CharField(source="catalog.code", read_only=True)
    added_in = serializers.IntegerField(source="added_in.number", read_only=True)
    changed_in = serializers.IntegerField(source="changed_in.number", read_only=True)


class CategorySerializer(EntrySerializer):
    """A group of collected elements."""

    class Meta:
        model = Category
        fields = (*COMMON, "collection", "condition")


class ElementSerializer(EntrySerializer):
    """One kind of data that is collected, can be, or never is."""

    category = serializers.CharField(source="category.code", read_only=True)
    # Empty where the source does not say.
    mam = serializers.ChoiceField(choices=[("", "Not stated"), *Element.Mam.choices], read_only=True)
    dpv = serializers.ListField(child=serializers.CharField(), read_only=True)
    never_phrases = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()), read_only=True
    )

    class Meta:
        model = Element
        fields = (
            *COMMON, "category", "collection", "example", "mam", "mam_condition", "collection_condition",
            "classification", "identifiability", "purpose", "iso19944", "iso19944_qualifier", "dpv", "never_phrases",
            "never_scope", "override_rule", "override_reason",
        )  # fmt: skip


class FeatureSerializer(EntrySerializer):
    """An optional feature: off for every tenant until it elects to switch it on."""

    elements = serializers.SerializerMethodField()

    class Meta:
        model = Feature
        fields = (*COMMON, "statement", "condition", "role_change", "elements")

    def get_elements(self, feature: Feature) -> list[str]:
        """Codes of the optional elements that are collected when it is on."""
        codes: list[str] = feature.element_codes  # type: ignore[attr-defined]
        return codes


class ThirdPartySerializer(EntrySerializer):
    """Somebody that data can flow to or from."""

    class Meta:
        model = ThirdParty
        fields = (*COMMON, "agent_of_processor", "shares_data", "country", "statement")


class ServiceSerializer(EntrySerializer):
    """What a tenant can switch on at a third party."""

    third_party = serializers.CharField(source="third_party.code", read_only=True)

    class Meta:
        model = Service
        fields = (*COMMON, "third_party", "connections", "needs_consent", "purpose_text")


class FlowSerializer(EntrySerializer):
    """One datum that goes to or comes from a third party."""

    service = serializers.CharField(source="service.code", read_only=True)
    third_party = serializers.CharField(source="third_party_code", read_only=True)
    elements = serializers.SerializerMethodField()

    class Meta:
        model = Flow
        fields = (
            *COMMON, "service", "third_party", "direction", "message", "group", "purpose_text", "allowed_values",
            "example", "personal", "elements",
        )  # fmt: skip

    def get_elements(self, flow: Flow) -> list[str]:
        """Codes of the collected elements that it carries."""
        codes: list[str] = flow.element_codes  # type: ignore[attr-defined]
        return codes


class RegionSerializer(EntrySerializer):
    """A storage geography or a data boundary."""

    countries = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Region
        fields = (*COMMON, "kind", "provider", "countries", "opened_on", "closed_on")


class DatacentreSerializer(EntrySerializer):
    """A place where data is stored."""

    class Meta:
        model = Datacentre
        fields = (*COMMON, "country", "geography", "city")


class BoundaryPhaseSerializer(EntrySerializer):
    """Which data a boundary keeps inside since when."""

    region = serializers.CharField(source="region.code", read_only=True)

    class Meta:
        model = BoundaryPhase
        fields = (*COMMON, "region", "starts_on", "covers")


class AtRestExceptionSerializer(EntrySerializer):
    """What may be stored outside the elected geography."""

    regions = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Codes of regions; empty for all."
    )
    countries = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Empty where the source names none."
    )

    class Meta:
        model = AtRestException
        fields = (*COMMON, "covers", "regions", "countries")


class AdequacyDecisionSerializer(EntrySerializer):
    """A decision of the European Commission on a country (GDPR Art. 45)."""

    class Meta:
        model = AdequacyDecision
        fields = (*COMMON, "country", "reference", "decided_on", "ends_on", "partial", "scope")


class EditionSerializer(OutputSerializer):
    """A dated state of a catalog."""

    catalog = serializers.CharField(source="catalog.code", read_only=True)

    class Meta:
        model = Edition
        fields = (
            "id", "catalog", "number", "released_on", "loaded_at", "sha256", "note", "added", "changed", "removed"
        )  # fmt: skip


class EntryRefSerializer(serializers.Serializer[Entry]):
    """An entry, named."""

    code = serializers.CharField()
    name = serializers.CharField()


class FieldChangeSerializer(serializers.Serializer[Any]):
    """A property in both editions."""

    name = serializers.CharField()
    old_value = serializers.JSONField(allow_null=True)
    new_value = serializers.JSONField(allow_null=True)


class ChangedEntrySerializer(serializers.Serializer[Any]):
    """An entry that both editions have, differently."""

    code = serializers.CharField()
    fields_changed = FieldChangeSerializer(many=True)


class KindComparisonSerializer(serializers.Serializer[tuple[str, KindComparison]]):
    """The differences in one kind of entry; `catalog` is the catalog's own description."""

    kind = serializers.CharField()
    added = EntryRefSerializer(many=True)
    removed = EntryRefSerializer(many=True)
    changed = ChangedEntrySerializer(many=True)

    def to_representation(self, named: tuple[str, KindComparison]) -> dict[str, Any]:
        kind, differences = named
        return {
            "kind": kind,
            "added": _named(differences.added),
            "removed": _named(differences.removed),
            "changed": [
                {"code": code, "fields_changed": _changes(values)}
                for code, values in differences.changed.items()
            ],
        }


def _named(records: Mapping[str, Record]) -> list[dict[str, str]]:
    return [{"code": code, "name": name_of(record)} for code, record in records.items()]


def _changes(values: Mapping[str, tuple[Any, Any]]) -> list[dict[str, Any]]:
    return [{"name": key, "old_value": old, "new_value": new} for key, (old, new) in values.items()]


class ComparisonSerializer(serializers.Serializer[Comparison]):
    """What led from the older edition to the newer."""

    from_edition = serializers.IntegerField(source="before.number")
    to_edition = serializers.IntegerField(source="after.number")
    kinds = KindComparisonSerializer(many=True)

    def to_representation(self, comparison: Comparison) -> dict[str, Any]:
        shown = KindComparisonSerializer()
        kinds = [shown.to_representation(named) for named in comparison.kinds.items()]
        return {
            "from_edition": comparison.before.number,
            "to_edition": comparison.after.number,
            "kinds": kinds,
        }
