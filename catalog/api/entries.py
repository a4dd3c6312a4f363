"""The entries of the shared catalog, read-only: now, or as a past edition left them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import Max
from rest_framework.request import Request

from catalog.api import filters, serializers
from catalog.api.state import CatalogState, state_of
from catalog.models import (
    AdequacyDecision,
    AtRestException,
    BoundaryPhase,
    Category,
    Datacentre,
    Element,
    ElementPair,
    Entry,
    Feature,
    FeatureElement,
    Flow,
    FlowElement,
    Region,
    Service,
    ThirdParty,
)
from privacy_console.rest.filters import FilterSet
from privacy_console.rest.viewsets import Parameter
from tenants.api.viewsets import PrincipalViewSet
from tenants.roles import Permission

CATALOG = Parameter(
    "catalog", "A catalog's code; all catalogs where it is not given.", {"type": "string", "minLength": 1}
)
EDITION = Parameter(
    "edition",
    "Read the catalog as this edition left it: its number. Without `catalog`, of the catalog loaded first.",
    {"type": "integer", "minimum": 0, "maximum": 999_999_999},
)
READERS = {"list": Permission.VIEW_CATALOG, "retrieve": Permission.VIEW_CATALOG}


class EntryViewSet(PrincipalViewSet):
    """One kind of catalog entry. Its facts: model, serializer_class, filterset_class and foreign keys shown."""

    model: ClassVar[type[Entry]]
    related: ClassVar[tuple[str, ...]] = ()
    permissions_needed = READERS
    filterset_class: ClassVar[type[FilterSet] | None] = filters.EntryFilters
    ordering = ("code",)
    ordering_fields = ("code", "name")
    lookup_field = "code"
    lookup_value_regex = "[-A-Za-z0-9_.:]{1,200}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.state: CatalogState = state_of(request)

    def query_parameters(self) -> Iterable[Parameter]:
        return (*super().query_parameters(), CATALOG, EDITION)

    def get_queryset(self) -> Any:
        # By id, so that where two catalogs know a code and none was named, the one loaded first answers.
        rows = self.state.entries(self.model).order_by("catalog_id")
        return rows.select_related("catalog", "added_in", "changed_in", *self.related)


class CategoriesViewSet(EntryViewSet):
    """Groups of collected data."""

    model = Category
    serializer_class = serializers.CategorySerializer
    filterset_class = filters.CategoryFilters


class ElementsViewSet(EntryViewSet):
    """What is collected, can be collected, or never is."""

    model = Element
    related = ("category",)
    serializer_class = serializers.ElementSerializer
    filterset_class = filters.ElementFilters


class WithElements(EntryViewSet):
    """A kind whose entries have elements. pairs: which has which."""

    pairs: ClassVar[type[ElementPair]]

    def present(self, rows: list[Any]) -> list[Any]:
        entries, owner = super().present(rows), f"{self.pairs.owner}_id"
        codes: dict[int, list[str]] = defaultdict(list)
        links = self.state.links(self.pairs).filter(**{f"{owner}__in": [entry.pk for entry in entries]})
        for key, code in links.order_by("element__code").values_list(owner, "element__code"):
            codes[key].append(code)
        for entry in entries:
            entry.element_codes = codes[entry.pk]
        return entries

    def version(self, instance: Any) -> int:
        """The elements are shown too."""
        links = self.state.records(self.pairs).filter(**{f"{self.pairs.owner}_id": instance.pk})
        return max(super().version(instance), links.aggregate(last=Max("history_id"))["last"] or 0)


class FeaturesViewSet(WithElements):
    """What a tenant can switch on, and which optional data that brings."""

    model = Feature
    pairs = FeatureElement
    serializer_class = serializers.FeatureSerializer
    filterset_class = filters.FeatureFilters


class ThirdPartiesViewSet(EntryViewSet):
    """Who data can flow to or come from."""

    model = ThirdParty
    serializer_class = serializers.ThirdPartySerializer
    filterset_class = filters.ThirdPartyFilters


class ServicesViewSet(EntryViewSet):
    """What a tenant can switch on at a third party, and consents to."""

    model = Service
    related = ("third_party",)
    serializer_class = serializers.ServiceSerializer
    filterset_class = filters.ServiceFilters


class FlowsViewSet(WithElements):
    """Each datum that goes to or comes from a third party."""

    model = Flow
    pairs = FlowElement
    related = ("service",)
    serializer_class = serializers.FlowSerializer
    filterset_class = filters.FlowFilters

    def present(self, rows: list[Any]) -> list[Any]:
        flows = super().present(rows)
        parties = dict(self.state.entries(Service).values_list("id", "third_party__code"))
        for flow in flows:
            flow.third_party_code = parties.get(flow.service_id, "")
        return flows

    def version(self, instance: Any) -> int:
        """The third party of its service is shown too."""
        service = self.state.records(Service).filter(id=instance.service_id)
        return max(super().version(instance), service.aggregate(last=Max("history_id"))["last"] or 0)


class RegionsViewSet(EntryViewSet):
    """Storage geographies and data boundaries."""

    model = Region
    serializer_class = serializers.RegionSerializer
    filterset_class = filters.RegionFilters


class DatacentresViewSet(EntryViewSet):
    """Places where data is stored."""

    model = Datacentre
    serializer_class = serializers.DatacentreSerializer
    filterset_class = filters.DatacentreFilters


class BoundaryPhasesViewSet(EntryViewSet):
    """Which data a boundary keeps inside since when."""

    model = BoundaryPhase
    related = ("region",)
    serializer_class = serializers.BoundaryPhaseSerializer
    filterset_class = filters.BoundaryPhaseFilters


class AtRestExceptionsViewSet(EntryViewSet):
    """What may be stored outside the elected geography."""

    model = AtRestException
    serializer_class = serializers.AtRestExceptionSerializer


class AdequacyDecisionsViewSet(EntryViewSet):
    """The European Commission's decisions on countries (GDPR Art. 45)."""

    model = AdequacyDecision
    serializer_class = serializers.AdequacyDecisionSerializer
    filterset_class = filters.AdequacyDecisionFilters
