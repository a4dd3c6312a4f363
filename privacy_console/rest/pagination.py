"""Pages by position: each cursor names the last row seen by every column of the ordering, the id last.

A page costs the same wherever it lies, and rows that share a time are neither skipped nor repeated.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from privacy_console.keys import LARGEST_ID
from privacy_console.rest.problems import BadQuery

DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 500


@dataclass(frozen=True)
class Cursor:
    """Where a page starts: past `position` in the ordering, reading on or back."""

    ordering: tuple[str, ...]
    position: tuple[Any, ...]
    backwards: bool = False

    def encode(self) -> str:
        values = [v.isoformat() if isinstance(v, date) else v for v in self.position]
        packed = json.dumps([int(self.backwards), ",".join(self.ordering), values], separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, ordering: tuple[str, ...], model: type[models.Model]) -> Cursor:
        """Raises ValueError for whatever did not come out of `encode` for the same ordering."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            backwards, of, values = json.loads(raw)
        except (binascii.Error, TypeError, RecursionError) as error:
            raise ValueError(text) from error
        if of != ",".join(ordering) or not isinstance(values, list) or len(values) != len(ordering):
            raise ValueError("The cursor belongs to another ordering.")
        position = tuple(_value(model, name, v) for name, v in zip(ordering, values, strict=True))
        return cls(ordering, position, bool(backwards))


def _value(model: type[models.Model], name: str, value: Any) -> Any:
    field = model._meta.get_field(name.lstrip("-"))
    try:
        converted = field.to_python(value)  # type: ignore[union-attr]
        is_outside = isinstance(converted, int) and abs(converted) > LARGEST_ID
        is_naive = isinstance(converted, datetime) and converted.tzinfo is None
        if converted is None or is_outside or is_naive or b"\0" in str(converted).encode():
            raise ValueError(value)
        # At the calendar's ends there are times with a zone that UTC has no name for.
        return converted.astimezone(UTC) if isinstance(converted, datetime) else converted
    except (ValidationError, OverflowError, TypeError) as error:
        raise ValueError(value) from error


def reversed_order(ordering: Sequence[str]) -> tuple[str, ...]:
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in ordering)


def beyond(ordering: Sequence[str], position: Sequence[Any]) -> Q:
    """The rows that come after `position` in the ordering, said so that an index on its columns can be used."""
    name, value = ordering[0], position[0]
    side = "lt" if name.startswith("-") else "gt"
    field = name.lstrip("-")
    further = Q(**{f"{field}__{side}": value})
    if len(ordering) == 1:
        return further
    return Q(**{f"{field}__{side}e": value}) & (further | beyond(ordering[1:], position[1:]))


class ConsoleCursorPagination(BasePagination):
    """`{"results", "next", "previous"}`; `?page_size=` up to 500; the ordering is the view's."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        ordering = view.get_ordering()
        self.url, self.size = request.build_absolute_uri(), self.page_size(request)
        self.cursor = self._cursor(request, ordering, queryset.model)
        backwards = self.cursor is not None and self.cursor.backwards
        direction = reversed_order(ordering) if backwards else ordering
        if self.cursor is not None:
            queryset = queryset.filter(beyond(direction, self.cursor.position))
        found = list(queryset.order_by(*direction)[: self.size + 1])
        page = found[: self.size]
        self.page = page[::-1] if backwards else page
        self._remember(ordering, has_more=len(found) > self.size, backwards=backwards)
        return self.page

    def _remember(self, ordering: tuple[str, ...], *, has_more: bool, backwards: bool) -> None:
        has_next = has_more or backwards
        has_previous = has_more if backwards else self.cursor is not None
        self.next = self._link(ordering, self.page[-1:], backwards=False) if has_next else None
        self.previous = self._link(ordering, self.page[:1], backwards=True) if has_previous else None

    def _link(self, ordering: tuple[str, ...], at: list[Any], *, backwards: bool) -> str | None:
        if not at:
            return None
        position = tuple(getattr(at[0], name.lstrip("-")) for name in ordering)
        encoded = Cursor(ordering, position, backwards).encode()
        return replace_query_param(self.url, "cursor", encoded)

    def page_size(self, request: Request) -> int:
        """How many rows the request wants on a page. Raises BadQuery outside 1 to 500."""
        text = request.query_params.get("page_size", str(DEFAULT_PAGE_SIZE))
        if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= LARGEST_PAGE_SIZE):
            raise BadQuery({"page_size": ("out_of_range", f"Give a number from 1 to {LARGEST_PAGE_SIZE}.")})
        return int(text)

    @staticmethod
    def _cursor(request: Request, ordering: tuple[str, ...], model: type[models.Model]) -> Cursor | None:
        text = request.query_params.get("cursor")
        if text is None:
            return None
        try:
            return Cursor.decode(text, ordering, model)
        except ValueError:
            sentence = "Follow the links of a page instead of making cursors; start again without it."
            raise BadQuery({"cursor": ("invalid_cursor", sentence)}) from None

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next, "previous": self.previous})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
            "additionalProperties": False,
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE}
        return [
            _parameter("page_size", size, "How many objects on a page."),
            _parameter(
                "cursor",
                {"type": "string", "minLength": 1},
                "From `next` or `previous` of a page; not to be made by hand.",
            ),
        ]


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
