"""Imports: made from the body of a request, or only tried, and read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from privacy_console.rest.concurrency import entity_tag
from privacy_console.rest.filters import FilterSet, InstantFilter, TextFilter
from privacy_console.rest.parsing import ConsoleJSONParser
from privacy_console.rest.problems import BadQuery
from privacy_console.rest.viewsets import Parameter
from tenants.api.viewsets import TenantViewSet

DRY_RUN = Parameter(
    "dry_run",
    "Answer what the import would come to, and keep nothing.",
    {"type": "string", "enum": ["true", "false"]},
)
# What only an import that is kept has.
UNKEPT = {"id": None, "imported_at": None, "imported_by": ""}


class ImportParser(ConsoleJSONParser):
    """Answers can be long."""

    largest = 20 * 1024 * 1024


class ImportFilters(FilterSet):
    imported_after = InstantFilter(
        field_name="imported_at", lookup_expr="gte", help_text="From this instant on."
    )
    imported_before = InstantFilter(
        field_name="imported_at", lookup_expr="lt", help_text="Before this instant."
    )
    sha256 = TextFilter(help_text="The SHA-256 of what was read.")


class ImportsViewSet(TenantViewSet):
    """What was read, and when. A subclass says what is read, and how it is tried and kept."""

    parser_classes = (ImportParser,)
    also_answers = {"create": (200,)}
    filterset_class = ImportFilters
    ordering = ("-imported_at",)
    ordering_fields = ("imported_at",)

    def query_parameters(self) -> Iterable[Parameter]:
        return (*super().query_parameters(), *([DRY_RUN] if self.action == "create" else []))

    def read(self, given: dict[str, Any]) -> Any:
        """What the body tells."""
        raise NotImplementedError

    def preview(self, reading: Any) -> tuple[Any, dict[str, Any]]:
        """The import that it would be, and what its answer says beside it."""
        raise NotImplementedError

    def keep(self, reading: Any) -> tuple[Any, dict[str, Any]]:
        """The import that was made, and what its answer says beside it."""
        raise NotImplementedError

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        is_dry_run = _wants_dry_run(request)
        reading = self.read(self.given())
        if not is_dry_run:
            made, more = self.keep(reading)
            return self.answer(made, 201, **more)
        made, more = self.preview(reading)
        tag = entity_tag(0, made.sha256[:16])
        return Response({**self.get_serializer(made).data, **UNKEPT, **more}, headers={"ETag": tag})


def _wants_dry_run(request: Request) -> bool:
    """Whether nothing is to be kept. Raises BadQuery for anything but `true` and `false`."""
    asked = request.query_params.get("dry_run", "false")
    if asked not in ("true", "false"):
        raise BadQuery({"dry_run": ("invalid", "Give true or false.")})
    return asked == "true"
