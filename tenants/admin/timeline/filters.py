"""The filters of the timeline."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest

from audit.context import Origin
from audit.history import audited_models, part_types
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


class OfferingFilter(SimpleListFilter):
    """Offers values of a column; any other one can stand in the address."""

    column: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(self.offered(request, model_admin), key=lambda choice: choice[1].lower())

    def offered(self, request: HttpRequest, model_admin: Any) -> set[tuple[str, str]]:
        """Each value with its words."""
        raise NotImplementedError

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class ActivityFilter(OfferingFilter):
    """Deeds are named where they are done, in any app: only the timeline knows which there are."""

    title = parameter_name = column = "activity"

    def offered(self, request: HttpRequest, model_admin: Any) -> set[tuple[str, str]]:
        rows = model_admin.recent_values(request)
        return {(row["activity"], activity_words(row["activity"], row["resource_type"])) for row in rows}


class ActorFilter(OfferingFilter):
    """Who acted lately. Members alone would leave out who left, operators and programs."""

    title, parameter_name, column = "actor", "actor", "actor_id"

    def offered(self, request: HttpRequest, model_admin: Any) -> set[tuple[str, str]]:
        rows = [row for row in model_admin.recent_values(request) if row["actor_id"]]
        return {(row["actor_id"], row["attribution__actor_name"] or row["actor_id"]) for row in rows}


class CategoryFilter(OfferingFilter):
    """The areas of what is audited, and of what else is recorded lately."""

    title = parameter_name = column = "category"

    def offered(self, request: HttpRequest, model_admin: Any) -> set[tuple[str, str]]:
        recent = {row["category"] for row in model_admin.recent_values(request)}
        categories = recent | {stance.category for stance in audited_models()}
        return {(category, category.capitalize()) for category in categories}


class KindFilter(OfferingFilter):
    title, parameter_name, column = "kind of object", "kind", "resource_type"

    def offered(self, request: HttpRequest, model_admin: Any) -> set[tuple[str, str]]:
        recent = {row["resource_type"] for row in model_admin.recent_values(request)}
        kinds = recent | {stance.resource_type for stance in audited_models()}
        return {(kind, kind_words(kind)) for kind in kinds}


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
        try:
            return (
                queryset.filter(attribution__correlation_id=UUID(self.value())) if self.value() else queryset
            )
        except ValueError:
            return queryset.none()
