"""The shared catalog, read-only: now, or as a past edition left it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import Max
from django.http import Http404
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import filters, serializers
from catalog.api.comparison import comparison
from catalog.api.state import CatalogState, number_from, state_of
from catalog.models import (
    Category,
    Datacentre,
    Edition,
    Element,
    Entry,
    Flow,
    FlowElement,
    Region,
    Service,
    ThirdParty,
)
from privacy_console.rest.filters import FilterSet, TextFilter
from privacy_console.rest.problems import BadQuery
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


class FlowsViewSet(EntryViewSet):
    """Each datum that goes to or comes from a third party."""

    model = Flow
    related = ("service__third_party",)
    serializer_class = serializers.FlowSerializer
    filterset_class = filters.FlowFilters

    def present(self, rows: list[Any]) -> list[Any]:
        flows = super().present(rows)
        codes: dict[int, list[str]] = defaultdict(list)
        links = self.state.links().filter(flow_id__in=[flow.pk for flow in flows])
        for flow_id, code in links.order_by("element__code").values_list("flow_id", "element__code"):
            codes[flow_id].append(code)
        for flow in flows:
            flow.element_codes = codes[flow.pk]
        return flows

    def version(self, instance: Any) -> int:
        """The elements that it carries are shown too."""
        links = self.state.records(FlowElement).filter(flow_id=instance.pk)
        return max(super().version(instance), links.aggregate(last=Max("history_id"))["last"] or 0)


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


class EditionFilters(FilterSet):
    catalog = TextFilter(field_name="catalog__code", help_text="A catalog's code.")


WITH = Parameter(
    "with",
    "The number of another edition of the same catalog.",
    {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    required=True,
)


class EditionsViewSet(PrincipalViewSet):
    """The dated states of the catalogs."""

    permissions_needed = {**READERS, "compare": Permission.VIEW_CATALOG}
    serializer_class = serializers.EditionSerializer
    response_serializers = {"compare": serializers.ComparisonSerializer}
    filterset_class = EditionFilters
    ordering = ("-loaded_at",)
    ordering_fields = ("loaded_at", "released_on", "number")
    unversioned = ("compare",)

    def get_queryset(self) -> Any:
        return Edition.objects.select_related("catalog")

    def query_parameters(self) -> Iterable[Parameter]:
        return (*super().query_parameters(), *([WITH] if self.action == "compare" else []))

    @action(detail=True)
    def compare(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was added, changed and removed from the older of two editions to the newer."""
        one, other = self.get_object(), self._other()
        return Response(comparison(*sorted((one, other), key=lambda edition: edition.number)))

    def _other(self) -> Edition:
        """The edition that `?with=` names. Raises BadQuery, Http404."""
        text = self.request.query_params.get("with")
        if text is None:
            raise BadQuery({"with": ("required", "Name the edition to compare with by its number.")})
        number = number_from("with", text)
        catalog = Edition.objects.filter(**self.lookup()).values("catalog")
        other = self.get_queryset().filter(catalog__in=catalog, number=number).first()
        if other is None:
            raise Http404
        return other  # type: ignore[no-any-return]
