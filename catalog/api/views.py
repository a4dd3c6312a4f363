"""The shared catalog, read-only: now, or as a past edition left it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

from django.db.models import Max
from django.http import Http404, HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import filters, serializers
from catalog.api.state import CatalogState, edition_of, number_from, state_of
from catalog.exports import MEDIA_TYPES, Format, export_catalog
from catalog.kinds import KINDS
from catalog.models import (
    AdequacyDecision,
    AtRestException,
    BoundaryPhase,
    Category,
    Datacentre,
    Edition,
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
from catalog.services import compare
from privacy_console.rest.files import FileRenderer, file_response
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
EXPORTED_CATALOG = replace(
    CATALOG, description="A catalog's code; the catalog loaded first where it is not given."
)
EXPORTED_EDITION = replace(
    EDITION, description="The number of one of its editions; the latest where not given."
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


EXPORT_FORMAT = Parameter(
    "export_format",
    "Which kind of file; the catalog file (JSON), which can be loaded again, where not given.",
    {"type": "string", "enum": Format.values, "default": Format.JSON.value},
)
KIND = Parameter(
    "kind",
    "Which table a CSV file holds; the elements where not given. The other formats hold every kind.",
    {"type": "string", "enum": list(KINDS)},
)


class ExportViewSet(PrincipalViewSet):
    """An edition of a catalog as a file."""

    permissions_needed = {"export": Permission.VIEW_CATALOG}
    files = {"export": [media_type for media_type, _ in MEDIA_TYPES.values()]}
    renderer_classes = (FileRenderer,)

    def query_parameters(self) -> Iterable[Parameter]:
        return (EXPORT_FORMAT, EXPORTED_CATALOG, EXPORTED_EDITION, KIND)

    def export(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take an edition away as a file, `<catalog>-edition-<number>.<ending>`; that it was taken is recorded."""
        asked = self._asked()
        edition = edition_of(request)
        return file_response(
            export_catalog(catalog=edition.catalog, edition=edition, by=self.principal, **asked)
        )

    def _asked(self) -> dict[str, str]:
        """Format and kind. Raises BadQuery."""
        given = self.request.query_params
        chosen = {one.name: given.get(one.name, "") for one in (EXPORT_FORMAT, KIND)}
        errors = {
            one.name: ("unknown", f"Give one of: {', '.join(one.schema['enum'])}.")
            for one in (EXPORT_FORMAT, KIND)
            if chosen[one.name] and chosen[one.name] not in one.schema["enum"]
        }
        if chosen["kind"] and chosen["export_format"] != Format.CSV:
            errors.setdefault(
                "kind", ("not_of_format", "Only a CSV file holds one kind: ask for export_format=csv.")
            )
        if errors:
            raise BadQuery(errors)
        return {"format_name": chosen["export_format"] or Format.JSON, "kind": chosen["kind"]}


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
        comparison = compare(*sorted((one, other), key=lambda edition: edition.number))
        return Response(serializers.ComparisonSerializer(comparison).data)

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
