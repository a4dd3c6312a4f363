"""The filters of the timeline."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest

from audit.context import Origin
from audit.history import part_types
from tenants.access import signed_in
from tenants.admin.timeline.words import PLATFORM, activity_words, kind_words
from tenants.choice import tenants_allowing
from tenants.roles import Permission

TIMELINES_OFFERED = 200


class TimelineFilter(SimpleListFilter):
    """Which timeline: always exactly one, so that the newest of it are found by the index."""

    title = "timeline"
    parameter_name = "timeline"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tenants = tenants_allowing(signed_in(request), Permission.VIEW_EVENTS, signed_in(request).tenants())
        platform = [(PLATFORM, "The platform")] if signed_in(request).is_operator else []
        offered = platform + [(tenant.slug, tenant.name) for tenant in tenants[:TIMELINES_OFFERED]]
        self.shown = model_admin.timeline_shown(request)
        return offered if len(offered) > 1 else []

    def choices(self, changelist: Any) -> Any:
        for value, title in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == self.shown, "query_string": query, "display": title}

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset


class RecentValuesFilter(SimpleListFilter):
    """Offers what occurs among the newest events; any other value can stand in the address."""

    column: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = {
            (row[self.column], self.label(row))
            for row in model_admin.recent_values(request)
            if row[self.column]
        }
        return sorted(found, key=lambda choice: choice[1].lower())

    def label(self, row: dict[str, Any]) -> str:
        return str(row[self.column])

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class ActivityFilter(RecentValuesFilter):
    title = parameter_name = column = "activity"

    def label(self, row: dict[str, Any]) -> str:
        return activity_words(row["activity"], row["resource_type"])


class CategoryFilter(RecentValuesFilter):
    title = parameter_name = column = "category"

    def label(self, row: dict[str, Any]) -> str:
        return str(row["category"]).capitalize()


class ActorFilter(RecentValuesFilter):
    title, parameter_name, column = "actor", "actor", "actor_id"

    def label(self, row: dict[str, Any]) -> str:
        return str(row["attribution__actor_name"] or row["actor_id"])


class KindFilter(RecentValuesFilter):
    title, parameter_name, column = "kind of object", "kind", "resource_type"

    def label(self, row: dict[str, Any]) -> str:
        return kind_words(row["resource_type"])


class OriginFilter(SimpleListFilter):
    title, parameter_name = "where it came from", "origin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Origin.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(attribution__origin=self.value()) if self.value() else queryset


class PartsFilter(SimpleListFilter):
    """The parts of a deed (each flow that a grant covers) are a click away, not in the way."""

    title, parameter_name = "how much", "parts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("shown", "With every part of a deed")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Deeds and changes"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        asks_for_parts = self.value() or {"kind", "request"} & request.GET.keys()
        return queryset if asks_for_parts else queryset.exclude(resource_type__in=part_types())


class RequestFilter(SimpleListFilter):
    """Everything that one request or command did; reached from an event's page."""

    title, parameter_name = "one request", "request"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        given = request.GET.get(self.parameter_name)
        return [(given, f"{given[:8]}…")] if given else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        from uuid import UUID

        try:
            return (
                queryset.filter(attribution__correlation_id=UUID(self.value())) if self.value() else queryset
            )
        except ValueError:
            return queryset.none()
