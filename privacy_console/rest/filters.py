"""Filters that are declared, typed and documented; whatever else stands in the query is an error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from privacy_console.rest.instants import InstantFormField
from privacy_console.rest.problems import BadQuery

LONGEST_VALUE = 300
PAGING = frozenset({"page_size", "cursor", "ordering"})
FilterSet = django_filters.FilterSet


class ChoiceFilter(django_filters.ChoiceFilter):
    """One of a few codes."""

    def __init__(self, choices: Iterable[tuple[Any, Any]], **options: Any) -> None:
        self.codes = [str(code) for code, _ in choices]
        super().__init__(choices=[(code, code) for code in self.codes], null_label=None, **options)

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": self.codes}


class FlagFilter(ChoiceFilter):
    """`true` or `false`, nothing else."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[("true", ""), ("false", "")], **options)

    def filter(self, queryset: Any, value: Any) -> Any:
        return super().filter(queryset, value == "true") if value else queryset


class TextFilter(django_filters.CharFilter):
    """A code or a name, or, with a method, words to search for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_VALUE, strip=False, **options)

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_VALUE}


class UuidFilter(django_filters.UUIDFilter):
    schema = {"type": "string", "format": "uuid"}


class InstantFilter(django_filters.Filter):
    """A time with its zone."""

    field_class: type[forms.Field] = InstantFormField
    schema = {"type": "string", "format": "date-time"}


def check_query(request: Request, known: Iterable[str]) -> None:
    """Raise BadQuery for parameters that are unknown, empty, repeated or hold what no database takes."""
    errors = {}
    allowed = sorted(known)
    for name, values in request.query_params.lists():
        if name not in allowed:
            may = f"This address takes: {', '.join(allowed)}." if allowed else "This address takes none."
            errors[_shown(name)] = ("unknown", may)
        elif len(values) > 1:
            errors[name] = ("repeated", "Give it once.")
        elif not values[0] or "\0" in values[0]:
            errors[name] = ("invalid", "Give a value, or leave the parameter out.")
    if errors:
        raise BadQuery(errors)


def _shown(name: str) -> str:
    return name.replace("\0", "")[:100]


class DeclaredFilterBackend(BaseFilterBackend):
    """Applies the view's `filterset_class` to lists, and describes it and the ordering in the schema."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        if view.filterset_class is None:
            return queryset
        filters = view.filterset_class(request.query_params, queryset=queryset, request=request)
        filters.view = view
        if not filters.is_valid():
            raise BadQuery({name: _first(errors) for name, errors in filters.form.errors.as_data().items()})
        return filters.qs

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        declared = view.filterset_class.base_filters if view.filterset_class else {}
        parameters = [
            _described(name, one.schema, one.extra.get("help_text")) for name, one in declared.items()
        ]
        if view.ordering_fields:
            choices = [sign + name for name in view.ordering_fields for sign in ("", "-")]
            sentence = "The order of the list; a minus sign turns it round. Objects that tie follow by id."
            parameters.append(_described("ordering", {"type": "string", "enum": choices}, sentence))
        return parameters


def _first(errors: list[Any]) -> tuple[str, str]:
    return errors[0].code or "invalid", " ".join(errors[0].messages)


def _described(name: str, schema: dict[str, Any], description: str | None) -> dict[str, Any]:
    parameter = {"name": name, "in": "query", "required": False, "schema": schema}
    return parameter | ({"description": str(description)} if description else {})
