"""What is collected about the people of a tenant, at any instant, as known now or then."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Collection, Element, Feature
from elections.collecting import (
    Change,
    Collected,
    ElementStanding,
    FeatureStanding,
    Standing,
    changes_ahead,
    collected_at,
)
from privacy_console.rest.instants import InstantField
from privacy_console.rest.viewsets import Parameter
from tenants.api.viewsets import AS_OF, InTenant
from tenants.roles import Permission
from work.api.items import INSTANT, instant_asked

AT = Parameter("at", "The instant that it is asked about; else the one that the answer is known at.", INSTANT)


class FeatureStandingSerializer(serializers.Serializer[FeatureStanding]):
    """A feature, and the election that decides it."""

    code = serializers.CharField(source="feature.code")
    name = serializers.CharField(source="feature.name")
    role_change = serializers.ChoiceField(
        [("", "None"), *Feature.RoleChange.choices], source="feature.role_change"
    )
    is_on = serializers.BooleanField()
    since = InstantField(allow_null=True, help_text="Null where nobody ever decided: then it is off.")
    election = serializers.SerializerMethodField()
    proposed_by = serializers.SerializerMethodField()

    def get_election(self, standing: FeatureStanding) -> str | None:
        """The collection election that decides it; its id."""
        return str(standing.election.pk) if standing.election else None

    def get_proposed_by(self, standing: FeatureStanding) -> str | None:
        """Who elected it."""
        return standing.election.proposed_by if standing.election else None


class ElementStandingSerializer(serializers.Serializer[ElementStanding]):
    """An element, and whether it is collected."""

    code = serializers.CharField(source="element.code")
    name = serializers.CharField(source="element.name")
    category = serializers.CharField(source="element.category.code")
    collection = serializers.ChoiceField(Collection.choices, source="element.collection")
    classification = serializers.ChoiceField(Element.Classification.choices, source="element.classification")
    standing = serializers.ChoiceField(Standing.choices)
    collected = serializers.BooleanField(source="is_collected")
    features = serializers.SerializerMethodField()

    def get_features(self, standing: ElementStanding) -> list[str]:
        """Codes of the features that are on and bring it."""
        return [each.feature.code for each in standing.features]


class ChangeSerializer(serializers.Serializer[Change]):
    """What is decided already and changes at one instant to come."""

    at = InstantField()
    features = FeatureStandingSerializer(many=True, help_text="As they stand from then on.")
    starts = serializers.SerializerMethodField()
    stops = serializers.SerializerMethodField()

    def get_starts(self, change: Change) -> list[str]:
        """Codes of the elements that start being collected."""
        return [element.code for element in change.starts]

    def get_stops(self, change: Change) -> list[str]:
        """Codes of the elements that stop being collected."""
        return [element.code for element in change.stops]


class CollectionSerializer(serializers.Serializer[Collected]):
    """Every feature and every element of the catalog, as they stand at the instant."""

    at = InstantField()
    known_at = InstantField()
    features = FeatureStandingSerializer(many=True)
    elements = ElementStandingSerializer(many=True)
    changes = ChangeSerializer(many=True, help_text="What is decided already and changes later.")


class CollectionViewSet(InTenant):
    """Read as a whole: it is a view of elections and catalog, which have lists of their own."""

    permissions_needed = {"retrieve": Permission.VIEW_ELECTIONS}
    serializer_class = CollectionSerializer
    lists = ()
    unversioned = ("retrieve",)
    has_past = True

    def query_parameters(self) -> Iterable[Parameter]:
        return (AT, AS_OF)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What is collected: because it is required, or because it was elected; and what is not."""
        at = instant_asked(request, "at") or self.at
        found = collected_at(self.tenant, at, self.as_of)
        features: Any = found.features.values()
        elements: Any = found.elements
        changes: Any = changes_ahead(self.tenant, found, at, self.as_of)
        return Response(
            {
                "at": InstantField().to_representation(at),
                "known_at": InstantField().to_representation(self.at),
                "features": FeatureStandingSerializer(features, many=True).data,
                "elements": ElementStandingSerializer(elements, many=True).data,
                "changes": ChangeSerializer(changes, many=True).data,
            }
        )
