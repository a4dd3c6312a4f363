"""The editions of the catalogs: listed, compared, and taken away as files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import serializers
from catalog.api.entries import CATALOG, EDITION, READERS
from catalog.api.state import edition_of, number_from
from catalog.exports import MEDIA_TYPES, Format, export_catalog
from catalog.kinds import KINDS
from catalog.models import Edition
from catalog.services import compare
from privacy_console.rest.files import FileRenderer, file_response
from privacy_console.rest.filters import FilterSet, TextFilter
from privacy_console.rest.problems import BadQuery
from privacy_console.rest.viewsets import Parameter
from tenants.api.viewsets import PrincipalViewSet
from tenants.roles import Permission

EXPORTED_CATALOG = replace(
    CATALOG, description="A catalog's code; the catalog loaded first where it is not given."
)
EXPORTED_EDITION = replace(
    EDITION, description="The number of one of its editions; the latest where not given."
)
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
