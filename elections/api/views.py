"""Elections of a tenant: told what they mean, proposed, approved, rejected, withdrawn, and the trail of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.serializers import EventSerializer
from audit.models import AuditEvent
from audit.timeline import describe
from elections import services
from elections.api import serializers
from elections.collecting import set_collection_ends
from elections.models import CollectionElection, ElectedFeature, Election, StorageElection
from elections.rules import offered_region
from elections.services.collection import what_features_mean
from elections.services.life import needs_second_person
from elections.services.storage import what_region_means
from elections.storing import set_storage_ends
from privacy_console.rest.filters import ChoiceFilter, FilterSet, FlagFilter, InstantFilter, TextFilter
from privacy_console.rest.serializers import OptionalReasonSerializer, ReasonSerializer
from tenants.api.viewsets import TenantViewSet
from tenants.roles import Permission


class ElectionFilters(FilterSet):
    state = ChoiceFilter(choices=Election.State.choices, method="by_state")
    in_force_at = InstantFilter(method="by_instant", help_text="What holds at this instant.")
    effective_after = InstantFilter(
        field_name="effective_from", lookup_expr="gte", help_text="Begins from this instant on."
    )
    effective_before = InstantFilter(
        field_name="effective_from", lookup_expr="lt", help_text="Begins before this instant."
    )

    def by_state(self, elections: Any, name: str, value: str) -> Any:
        return elections.filter(self.view.model.in_state(value, self.view.at, self.view.get_queryset()))

    def by_instant(self, elections: Any, name: str, value: Any) -> Any:
        return elections.filter(self.view.model.holding(value, self.view.get_queryset()))


class ElectionsViewSet(TenantViewSet):
    """What both kinds have in common."""

    model: ClassVar[type[Election]]
    related = ("edition",)
    permissions_needed = {
        "list": Permission.VIEW_ELECTIONS,
        "retrieve": Permission.VIEW_ELECTIONS,
        "create": Permission.PROPOSE_ELECTION,
        "preview": Permission.PROPOSE_ELECTION,
        "approve": Permission.APPROVE_ELECTION,
        "reject": Permission.APPROVE_ELECTION,
        "withdraw": Permission.PROPOSE_ELECTION,
        "history": Permission.VIEW_EVENTS,
    }
    unversioned = ("preview",)
    ordering = ("-proposed_at",)
    ordering_fields = ("proposed_at",)
    plain_lists = ("history",)

    def version_suffix(self, instance: Any) -> str:
        """It begins by itself, and is followed by others."""
        ends = f"{instance.ends_at:%Y%m%dT%H%M%S.%f}" if instance.ends_at else ""
        return f"{instance.state_at(self.at)}{ends}"

    @action(detail=True, methods=["post"])
    def approve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Decide that it holds. With four eyes, not for whoever proposed it."""
        return self._done(services.approve_election)

    @action(detail=True, methods=["post"])
    def reject(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Decide that it does not hold."""
        return self._done(services.reject_election)

    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take back a proposal, or what is approved and has not begun."""
        return self._done(services.withdraw_election)

    def _done(self, deed: Callable[..., Election]) -> Response:
        given = self.given()
        with self.changing(if_match_required=False) as election:
            return self.shown(deed(election=election, **given, by=self.principal))

    def shown(self, election: Any, status: int = 200) -> Response:
        return self.answer(self.present([election])[0], status)

    def told(self, meaning: Any) -> Response:
        """What an election would mean, in the words of the action's serializer."""
        context = {"needs_approval": needs_second_person(self.tenant)}
        return Response(self.response_serializers["preview"](meaning, context=context).data)

    @action(detail=True)
    def history(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The trail of one election: who did what to it, newest first."""
        election = self.get_object()
        events = AuditEvent.objects.for_tenant(self.tenant).about(election).select_related("attribution")
        described: Any = describe(self.paginate_queryset(events) or [])
        return self.get_paginated_response(EventSerializer(described, many=True).data)


class StorageFilters(ElectionFilters):
    region = TextFilter(field_name="code", help_text="A geography's code.")
    origin = ChoiceFilter(choices=StorageElection.Origin.choices)


class StorageElectionsViewSet(ElectionsViewSet):
    """In which geography the tenant's customer data is stored: at every instant in one."""

    model = StorageElection
    serializer_class = serializers.StorageElectionSerializer
    input_serializers = {
        "create": serializers.NewStorageElectionSerializer,
        "preview": serializers.RegionPreviewSerializer,
        "approve": OptionalReasonSerializer,
        "reject": ReasonSerializer,
        "withdraw": ReasonSerializer,
    }
    response_serializers = {
        "history": EventSerializer,
        "preview": serializers.StorageConsequencesSerializer,
    }
    filterset_class = StorageFilters

    def present(self, rows: list[Any]) -> list[Any]:
        elections = super().present(rows)
        set_storage_ends(elections, self.get_queryset())
        return elections

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Elect a region: it holds at once, or is proposed where the tenant wants a second person."""
        return self.shown(services.elect_region(tenant=self.tenant, **self.given(), by=self.principal), 201)

    @action(detail=False, methods=["post"])
    def preview(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What electing a region would mean. Changes nothing; refused as electing would be."""
        given = self.given()
        region = offered_region(given["region"])
        return self.told(what_region_means(self.tenant, region, given.get("effective_from")))


class CollectionFilters(ElectionFilters):
    feature = TextFilter(method="by_feature", help_text="Switches the feature with this code.")
    is_on = FlagFilter(method="by_switch", help_text="Switches a feature on (true) or off (false).")

    def by_feature(self, elections: Any, name: str, value: str) -> Any:
        return elections.filter(id__in=self._parts(code=value))

    def by_switch(self, elections: Any, name: str, value: str) -> Any:
        code = self.form.cleaned_data.get("feature")
        return elections.filter(id__in=self._parts(is_on=value == "true", **({"code": code} if code else {})))

    def _parts(self, **found_by: Any) -> Any:
        parts = ElectedFeature.objects.for_tenant(self.view.tenant).filter(**found_by)
        return parts.values("election_id")


class CollectionElectionsViewSet(ElectionsViewSet):
    """Which optional features are on, and since when."""

    model = CollectionElection
    serializer_class = serializers.CollectionElectionSerializer
    input_serializers = {
        "create": serializers.NewCollectionElectionSerializer,
        "preview": serializers.FeaturesPreviewSerializer,
        "approve": OptionalReasonSerializer,
        "reject": ReasonSerializer,
        "withdraw": ReasonSerializer,
    }
    response_serializers = {
        "history": EventSerializer,
        "preview": serializers.CollectionConsequencesSerializer,
    }
    filterset_class = CollectionFilters

    def present(self, rows: list[Any]) -> list[Any]:
        elections = super().present(rows)
        set_collection_ends(elections, self.get_queryset())
        return elections

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Switch features: it holds at once, or is proposed where the tenant wants a second person."""
        return self.shown(
            services.elect_collection(tenant=self.tenant, **self.given(), by=self.principal), 201
        )

    @action(detail=False, methods=["post"])
    def preview(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What switching features would mean. Changes nothing; refused as electing would be."""
        given = self.given()
        return self.told(what_features_mean(self.tenant, given["features"], given.get("effective_from")))
