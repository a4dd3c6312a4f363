"""The base of every viewset: a subclass states its facts, everything else is inherited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import Http404
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from privacy_console.keys import LARGEST_ID
from privacy_console.rest.concurrency import entity_tag, last_record, matches_none
from privacy_console.rest.filters import PAGING, FilterSet, check_query
from privacy_console.rest.problems import BadQuery
from privacy_console.rest.serializers import InputSerializer


@dataclass(frozen=True)
class Parameter:
    """A query parameter that is no filter: how the schema describes it."""

    name: str
    description: str
    schema: Mapping[str, Any]
    required: bool = False


class ConsoleViewSet(GenericViewSet[Any]):
    """Facts of a viewset:

    permissions_needed: action -> permission; an action without one answers nobody.
    serializer_class: how an object is shown; input_serializers: action -> what its body may say.
    filterset_class, ordering, ordering_fields: what a list can be narrowed and sorted by.
    lists: actions that answer with pages; plain_lists: those without filters, newest first.
    response_serializers: action -> how its answer is shown, where it is not the object.
    also_answers: action -> further statuses of success, with the same representation.
    unversioned: actions on one object whose answer carries no ETag.
    files: action -> the media types of the files that it answers with; they carry no ETag either.
    """

    permissions_needed: ClassVar[Mapping[str, str]] = {}
    input_serializers: ClassVar[Mapping[str, type[InputSerializer]]] = {}
    filterset_class: ClassVar[type[FilterSet] | None] = None
    ordering: ClassVar[Sequence[str]] = ("id",)
    ordering_fields: ClassVar[Sequence[str]] = ()
    lists: ClassVar[Sequence[str]] = ("list",)
    plain_lists: ClassVar[Sequence[str]] = ()
    response_serializers: ClassVar[Mapping[str, Any]] = {}
    also_answers: ClassVar[Mapping[str, Sequence[int]]] = {}
    unversioned: ClassVar[Sequence[str]] = ()
    files: ClassVar[Mapping[str, Sequence[str]]] = {}
    lookup_field = "id"
    lookup_value_regex = "[0-9]{1,19}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authentication and role first; then what is wrong with the address itself."""
        super().initial(request, *args, **kwargs)
        if self.action in (None, "metadata"):
            raise MethodNotAllowed(str(request.method))
        check_query(request, self.known_parameters())

    def query_parameters(self) -> Iterable[Parameter]:
        """The parameters of this action that are no filters."""
        return ()

    def known_parameters(self) -> set[str]:
        known = {parameter.name for parameter in self.query_parameters()}
        if self.action in self.plain_lists:
            known |= PAGING - {"ordering"}
        if self.action in self.lists:
            known |= PAGING if self.ordering_fields else PAGING - {"ordering"}
            known |= set(self.filterset_class.base_filters) if self.filterset_class else set()
        return known

    def get_ordering(self) -> tuple[str, ...]:
        """The order asked for, or the view's own; it always ends in the id. Raises BadQuery."""
        if self.action in self.plain_lists:
            return ("-id",)
        asked = self.request.query_params.get("ordering")
        if asked is not None and asked.removeprefix("-") not in self.ordering_fields:
            raise BadQuery({"ordering": ("unknown", f"Order by one of: {', '.join(self.ordering_fields)}.")})
        ordering = (asked,) if asked else tuple(self.ordering)
        is_unique = ordering[-1].lstrip("-") == "id"
        return ordering if is_unique else (*ordering, "-id" if ordering[-1].startswith("-") else "id")

    def given(self) -> dict[str, Any]:
        """What the body says, checked. Raises ValidationError."""
        serializer = self.input_serializers[str(self.action)](
            data=self.request.data, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def get_object(self) -> Any:
        """The object that the address names, 404 where it does not exist for this principal."""
        found = self.get_queryset().filter(**self.lookup()).first()
        if found is None:
            raise Http404
        return self.present([found])[0]

    def lookup(self) -> dict[str, Any]:
        """The address' last part as a filter."""
        value = self.kwargs[self.lookup_field]
        if self.lookup_field == "id" and int(value) > LARGEST_ID:
            raise Http404
        return {self.lookup_field: value}

    def present(self, rows: list[Any]) -> list[Any]:
        """Rows as objects to show: history rows become what they were; related data is fetched for all at once."""
        return [instance_of(row) for row in rows]

    def version(self, instance: Any) -> int:
        """The number of the last record that the representation depends on."""
        return last_record(instance)

    def version_suffix(self, instance: Any) -> str:
        """What changes the representation without a record, if anything does."""
        return ""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.page_of(self.filter_queryset(self.get_queryset()))

    def page_of(self, queryset: Any) -> Response:
        page = self.paginate_queryset(queryset) or []
        return self.get_paginated_response(self.get_serializer(self.present(page), many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.get_object())

    def answer(self, instance: Any, status: int = 200, **more: Any) -> Response:
        """The object with its ETag; 304 where the client has it already."""
        tag = entity_tag(self.version(instance), self.version_suffix(instance))
        if self.request.method in ("GET", "HEAD") and matches_none(self.request, tag):
            return Response(status=304, headers={"ETag": tag})
        body = {**self.get_serializer(instance).data, **more}
        return Response(body, status, headers={"ETag": tag})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        return answer


def instance_of(row: Any) -> Any:
    """A history row as the object that it was, with the related objects that were fetched with it."""
    if not hasattr(row, "history_id"):
        return row
    instance = row.instance
    for name, related in row._state.fields_cache.items():
        if name in {field.name for field in instance._meta.fields}:
            instance._state.fields_cache[name] = related
    return instance
