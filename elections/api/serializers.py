"""Elections as they are shown, what they mean, and what the bodies of their deeds may say."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from elections.consequences import (
    CollectionConsequences,
    Consequence,
    RoleChange,
    StorageConsequences,
    Switched,
)
from elections.models import CollectionElection, ElectedFeature, Election, StorageElection
from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import InputSerializer, OutputSerializer, ReasonField

COMMON = (
    "id", "record_id", "state", "in_force", "past_dated", "effective_from", "ends_at", "reason", "catalog_edition",
    "consequences", "proposed_at", "proposed_by", "proposed_role", "decided_at", "decided_by", "decision_reason",
    "withdrawn_at", "withdrawn_by", "withdraw_reason",
)  # fmt: skip


class ConsequenceSerializer(serializers.Serializer[Consequence]):
    """A sentence on what an election means, and where it is written."""

    code = serializers.CharField()
    sentence = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]


class ElectionSerializer(OutputSerializer):
    """What both kinds of elections show."""

    state = serializers.SerializerMethodField()
    in_force = serializers.SerializerMethodField()
    past_dated = serializers.BooleanField(
        source="is_past_dated", read_only=True, help_text="Recorded after it began to hold."
    )
    ends_at = InstantField(
        read_only=True, allow_null=True, help_text="When it is followed, as far as what follows is approved."
    )
    catalog_edition = serializers.IntegerField(source="edition.number", read_only=True)
    consequences = ConsequenceSerializer(
        many=True, read_only=True, help_text="What whoever proposed it was told that it means."
    )

    @extend_schema_field(serializers.ChoiceField(Election.State.choices))
    def get_state(self, election: Election) -> str:
        """At the instant that the answer is about."""
        return election.state_at(self.context["view"].at)

    def get_in_force(self, election: Election) -> bool:
        """Whether it holds at the instant that the answer is about."""
        return election.is_in_force(self.context["view"].at)


class StorageElectionSerializer(ElectionSerializer):
    """In which geography the tenant's customer data is stored, from an instant on."""

    region = serializers.CharField(source="code", read_only=True, help_text="The geography's code.")
    region_name = serializers.CharField(source="name", read_only=True)

    class Meta:
        model = StorageElection
        fields = (
            *COMMON, "region", "region_name", "origin", "leaves_boundary", "transfer_assessment", "assessed_on",
        )  # fmt: skip


class ElectedFeatureSerializer(serializers.Serializer[ElectedFeature]):
    """A feature that an election switches, as the catalog described it then."""

    code = serializers.CharField()
    name = serializers.CharField()
    is_on = serializers.BooleanField()
    ends_at = InstantField(allow_null=True, help_text="When it is decided anew, as far as that is approved.")


class CollectionElectionSerializer(ElectionSerializer):
    """Which optional features are on or off, from an instant on; the state is that of the last to be decided anew."""

    features = ElectedFeatureSerializer(source="parts_shown", many=True, read_only=True)

    class Meta:
        model = CollectionElection
        fields = (*COMMON, "features")


# --- What it means ---


class StorageConsequencesSerializer(serializers.Serializer[StorageConsequences]):
    """What electing a region means, and what it asks for."""

    region = serializers.CharField(source="region.code")
    region_name = serializers.CharField(source="region.name")
    before = serializers.CharField(
        source="before.code", allow_null=True, default=None, help_text="The region until then."
    )
    effective_from = InstantField(source="at")
    origin = serializers.ChoiceField(StorageElection.Origin.choices)
    needs_confirmation = serializers.BooleanField(help_text="Send confirmed: true.")
    needs_transfer_assessment = serializers.BooleanField(
        source="leaves_boundary", help_text="Send transfer_assessment and assessed_on."
    )
    needs_approval = serializers.SerializerMethodField()
    consequences = ConsequenceSerializer(source="told", many=True)

    def get_needs_approval(self, meaning: Any) -> bool:
        """Whether a second person has to approve it."""
        return bool(self.context["needs_approval"])


class NamedElementSerializer(serializers.Serializer[Any]):
    """An element of the catalog."""

    code = serializers.CharField()
    name = serializers.CharField()
    personal = serializers.BooleanField(source="is_personal")


class SwitchedSerializer(serializers.Serializer[Switched]):
    """A feature that would be switched, and how the tenant's role changes by it."""

    code = serializers.CharField(source="feature.code")
    name = serializers.CharField(source="feature.name")
    is_on = serializers.BooleanField()
    role_change = serializers.ChoiceField([("", "None"), *RoleChange.choices])


class CollectionConsequencesSerializer(serializers.Serializer[CollectionConsequences]):
    """What switching features means: what starts or stops being collected, and which role changes."""

    effective_from = InstantField(source="at")
    features = SwitchedSerializer(source="switched", many=True)
    starts = NamedElementSerializer(many=True)
    stops = NamedElementSerializer(many=True)
    needs_approval = serializers.SerializerMethodField()
    consequences = ConsequenceSerializer(source="told", many=True)

    def get_needs_approval(self, meaning: Any) -> bool:
        """Whether a second person has to approve it."""
        return bool(self.context["needs_approval"])


# --- Bodies ---


class RegionPreviewSerializer(InputSerializer):
    """Which region, from when on."""

    region = serializers.CharField(max_length=200, help_text="The geography's code, for example EU.")
    effective_from = InstantField(required=False, allow_null=True, help_text="Now, where it is not given.")


class NewStorageElectionSerializer(RegionPreviewSerializer):
    """Which region, from when on, and why."""

    reason = ReasonField()
    confirmed = serializers.BooleanField(
        required=False, default=False, help_text="You know what a move means; preview/ tells it."
    )
    transfer_assessment = serializers.CharField(
        max_length=10_000,
        required=False,
        allow_blank=True,
        default="",
        help_text="What was assessed of a transfer out of the EU Data Boundary, and where that is kept.",
    )
    assessed_on = serializers.DateField(required=False, allow_null=True)


class FeaturesPreviewSerializer(InputSerializer):
    """Which features to switch, from when on."""

    features = serializers.DictField(
        child=serializers.BooleanField(),
        help_text="By the feature's code, whether it is to be on: {“device_query”: true}.",
    )
    effective_from = InstantField(required=False, allow_null=True, help_text="Now, where it is not given.")


class NewCollectionElectionSerializer(FeaturesPreviewSerializer):
    """Which features to switch, from when on, and why."""

    reason = ReasonField()
