"""The pages of the timeline. The trail lies below the tenants, who may read it; so its pages stand here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.context import Action, Origin
from audit.history import part_types
from audit.models import AuditEvent
from audit.timeline import DescribedEvent, describe
from tenants.access import Principal
from tenants.admin_base import TenantModelAdmin
from tenants.admin_columns import column
from tenants.admin_filters import PeriodFilter
from tenants.admin_pages import Badge, Code, Fact, Link, Panel, Table, admin_url, facts
from tenants.choice import chosen_tenant, tenants_allowing
from tenants.models import Tenant
from tenants.roles import Permission
from tenants.templatetags.console_pages import moment

PLATFORM = "platform"
TIMELINES_OFFERED = 200
RECENT = 2_000
SAME_REQUEST_SHOWN = 100


def _by(request: HttpRequest) -> Principal:
    return request.user  # type: ignore[return-value]


def activity_words(activity: str, resource_type: str = "") -> str:
    """`consent.granted` as Consent: granted; the kind of object in words where the activity begins with it."""
    subject, _, deed = activity.partition(".")
    if deed and resource_type.endswith(f".{subject}"):
        return f"{kind_words(resource_type)}: {deed.replace('_', ' ')}"
    return DescribedEvent(AuditEvent(activity=activity), ()).activity_words


def _words_of(event: AuditEvent) -> str:
    return activity_words(event.activity, event.resource_type)


def kind_words(resource_type: str) -> str:
    """What kind of thing an event is about."""
    words = DescribedEvent(AuditEvent(resource_type=resource_type), ()).resource_words
    return words.replace("_", " ").capitalize()


class TimelineFilter(SimpleListFilter):
    """Which timeline: always exactly one, so that the newest of it are found by the index."""

    title = "timeline"
    parameter_name = "timeline"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tenants = tenants_allowing(_by(request), Permission.VIEW_EVENTS, _by(request).tenants())
        platform = [(PLATFORM, "The platform")] if _by(request).is_operator else []
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


ACTION_TONES = {"create": "good", "delete": "bad", "update": "info", "assign": "info"}


@admin.register(AuditEvent)
class TimelineAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_EVENTS
    intro = (
        "Everything that was done, newest first. The database writes an entry in the same act as the change, "
        "and lets nobody alter or remove one."
    )
    empty_text = "Nothing has happened yet."
    list_display = ("activity_name", "about", "actor", "origin", "outcome", "time")
    list_display_links = ("activity_name",)
    list_filter = (
        TimelineFilter,
        PeriodFilter,
        "action",
        ActivityFilter,
        CategoryFilter,
        ActorFilter,
        OriginFilter,
        KindFilter,
        PartsFilter,
        "result",
        RequestFilter,
    )
    search_fields = ("activity",)
    search_help_text = "Words of the object, the activity, the person or the reason."
    ordering = ("-occurred_at", "-id")
    sortable_by = ("time",)

    # --- One timeline at a time ---

    def timeline_shown(self, request: HttpRequest) -> str:
        """The slug of the tenant whose timeline the list shows, or `platform`."""
        asked = request.GET.get(TimelineFilter.parameter_name)
        if asked:
            return asked
        chosen = chosen_tenant(request)
        if chosen is not None:
            return chosen.slug
        if _by(request).is_operator:
            return PLATFORM
        first = self._open_tenants(request).order_by("name").first()
        return first.slug if first else ""

    @staticmethod
    def _open_tenants(request: HttpRequest) -> QuerySet[Tenant]:
        return tenants_allowing(_by(request), Permission.VIEW_EVENTS, _by(request).tenants())

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        return self._timeline(request).select_related("attribution", "tenant").order_by(*self.ordering)

    def _timeline(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        shown = self.timeline_shown(request)
        if shown == PLATFORM and _by(request).is_operator:
            return AuditEvent.objects.of_platform()
        tenant = self._open_tenants(request).filter(slug=shown).first()
        return AuditEvent.objects.for_tenant(tenant) if tenant else AuditEvent.objects.across_tenants().none()

    def scope(self, tenants: QuerySet[Tenant]) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.for_tenants(tenants).select_related("attribution", "tenant")

    def reachable(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        if _by(request).is_operator:
            return AuditEvent.objects.across_tenants().select_related("attribution", "tenant")
        return super().reachable(request)

    def recent_values(self, request: HttpRequest) -> list[dict[str, Any]]:
        """What the filters offer: read once for all of them."""
        cache = "_recent_values"
        if not hasattr(request, cache):
            columns = ("activity", "category", "actor_id", "resource_type", "attribution__actor_name")
            setattr(request, cache, list(self.get_queryset(request).values(*columns)[:RECENT]))
        found: list[dict[str, Any]] = getattr(request, cache)
        return found

    # --- The list ---

    @column(description="What")
    def activity_name(self, event: AuditEvent) -> str:
        return _words_of(event)

    @column(description="About")
    def about(self, event: AuditEvent) -> str:
        return f"{kind_words(event.resource_type)}: {_name_of(event) or '—'}"

    def prepared(self, rows: list[AuditEvent]) -> list[AuditEvent]:
        """With the present names of what no column of its own names: one query for each kind."""
        for model, page in self.admin_site._registry.items():
            if getattr(page, "names_events", False):
                events = [event for event in rows if event.resource_type == model._meta.label_lower]
                _give_names(model, events)
        return rows

    @column(description="Who")
    def actor(self, event: AuditEvent) -> str:
        return event.attribution.actor_name or event.attribution.get_actor_type_display()

    @column(description="From where")
    def origin(self, event: AuditEvent) -> str:
        return event.attribution.get_origin_display()

    @column(description="Result", label={"Success": "success", "Failure": "danger"})
    def outcome(self, event: AuditEvent) -> str:
        return event.get_result_display()

    @column(description="When", ordering="occurred_at")
    def time(self, event: AuditEvent) -> str:
        return moment(event.occurred_at)

    # --- An event's page ---

    def headline(self, request: HttpRequest, obj: AuditEvent) -> Sequence[Any]:
        failed = [Badge("Refused or failed", "bad")] if obj.result == AuditEvent.Result.FAILURE else []
        return [Badge(Action(obj.action).label, ACTION_TONES.get(obj.action, "plain")), *failed]

    def record_context(self, request: HttpRequest, obj: AuditEvent) -> dict[str, Any]:
        self.prepared([obj])
        title = f"{_words_of(obj)}: {_name_of(obj)}".rstrip(": ")
        return super().record_context(request, obj) | {"title": title, "sees_addresses": True}

    def panels(self, request: HttpRequest, obj: AuditEvent) -> list[Panel]:
        described = describe([obj])[0]
        found = [self._what(request, described), self._who(obj)]
        if described.changes:
            found.append(
                Panel("What changed", template="admin/history/panel.html", context={"described": described})
            )
        if obj.details:
            found.append(
                Panel("Details", [Fact(str(name), _plain(value)) for name, value in obj.details.items()])
            )
        return [*found, self._same_request(obj)]

    def _what(self, request: HttpRequest, described: DescribedEvent) -> Panel:
        event = described.event
        about = [
            ("What", _words_of(event)),
            ("Activity", Code(event.activity)),
            ("When", event.occurred_at),
            ("Timeline", event.tenant.name if event.tenant else "The platform"),
            ("Category", event.category.capitalize()),
            ("Kind of object", kind_words(event.resource_type)),
            ("Object", self._object(request, event)),
            ("Result", event.get_result_display()),
            ("Entry number", Code(str(event.pk))),
        ]
        return Panel("What happened", facts(about))

    def _object(self, request: HttpRequest, event: AuditEvent) -> Any:
        """The object's name; a link where it still exists and has a page."""
        name = _name_of(event)
        try:
            model = apps.get_model(event.resource_type)
        except (LookupError, ValueError):
            return name
        page = self.admin_site._registry.get(model)
        if page is None or not event.resource_id or page.get_object(request, event.resource_id) is None:
            return name
        return Link(name, admin_url(model, "change", event.resource_id))

    @staticmethod
    def _who(event: AuditEvent) -> Panel:
        by = event.attribution
        about = [
            ("Who", by.actor_name or by.get_actor_type_display()),
            ("Kind of actor", by.get_actor_type_display()),
            ("Role", by.actor_role.replace("_", " ")),
            ("On behalf of", by.on_behalf_of),
            ("Came through", by.get_origin_display()),
            ("Address", Code(by.ip_address) if by.ip_address else None),
            ("Reason", by.reason),
        ]
        return Panel("Who did it, and why", facts(about))

    def _same_request(self, event: AuditEvent) -> Panel:
        correlation = event.attribution.correlation_id
        timeline = AuditEvent.objects.across_tenants().filter(tenant=event.tenant_id)
        others = timeline.filter(attribution__correlation_id=correlation).exclude(pk=event.pk)
        shown = self.prepared(list(others.order_by("id")[:SAME_REQUEST_SHOWN]))
        rows = [[Link(_words_of(e), admin_url(e, "change", e.pk)), _name_of(e), e.occurred_at] for e in shown]
        table = Table(("What", "Object", "When"), rows, "Nothing else.", caption=f"Request {correlation}")
        everything = f"{admin_url(AuditEvent, 'changelist')}?timeline={_slug_of(event)}&request={correlation}"
        return Panel("The same request also did", table=table, link=Link("Show in the timeline", everything))


def _give_names(model: type[models.Model], events: list[AuditEvent]) -> None:
    keys = {event.resource_id for event in events if event.resource_id.isdecimal()}
    found = model._base_manager.select_related().filter(pk__in=keys) if keys else ()
    names = {str(row.pk): str(row) for row in found}
    for event in events:
        event.present_name = names.get(event.resource_id, "")  # type: ignore[attr-defined]


def _name_of(event: AuditEvent) -> str:
    return str(getattr(event, "present_name", "") or event.resource_name or event.resource_id)


def _slug_of(event: AuditEvent) -> str:
    return event.tenant.slug if event.tenant else PLATFORM


def _plain(value: Any) -> Any:
    """Nested details as one line each."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(inner)}" for key, inner in value.items())
    return value
