"""The timeline's list, and the page of an entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.context import Action
from audit.models import AuditEvent
from audit.timeline import DescribedEvent, describe
from tenants.access import signed_in
from tenants.admin.timeline.filters import (
    ActivityFilter,
    ActorFilter,
    CategoryFilter,
    KindFilter,
    OriginFilter,
    PartsFilter,
    RequestFilter,
    TimelineFilter,
)
from tenants.admin.timeline.words import (
    PLATFORM,
    kind_words,
    name_of,
    plain,
    slug_of,
    words_of,
)
from tenants.choice import chosen_tenant, tenants_allowing
from tenants.models import Tenant
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.filters import PeriodFilter
from tenants.pages.parts import Badge, Code, Fact, Link, Panel, Table, admin_url, facts
from tenants.roles import Permission
from tenants.templatetags.console_pages import moment

RECENT = 500
SAME_REQUEST_SHOWN = 100
ACTION_TONES = {"create": "good", "delete": "bad", "update": "info", "assign": "info"}


@admin.register(AuditEvent)
class TimelineAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_EVENTS
    list_title = "Timeline"
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
        if signed_in(request).is_operator:
            return PLATFORM
        first = self._open_tenants(request).order_by("name").first()
        return first.slug if first else ""

    @staticmethod
    def _open_tenants(request: HttpRequest) -> QuerySet[Tenant]:
        return tenants_allowing(signed_in(request), Permission.VIEW_EVENTS, signed_in(request).tenants())

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        return self._timeline(request).select_related("attribution", "tenant").order_by(*self.ordering)

    def _timeline(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        shown = self.timeline_shown(request)
        if shown == PLATFORM and signed_in(request).is_operator:
            return AuditEvent.objects.of_platform()
        tenant = self._open_tenants(request).filter(slug=shown).first()
        return AuditEvent.objects.for_tenant(tenant) if tenant else AuditEvent.objects.across_tenants().none()

    def scope(self, tenants: QuerySet[Tenant]) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.for_tenants(tenants).select_related("attribution", "tenant")

    def reachable(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        if signed_in(request).is_operator:
            return AuditEvent.objects.across_tenants().select_related("attribution", "tenant")
        return super().reachable(request)

    def recent_values(self, request: HttpRequest) -> list[dict[str, Any]]:
        """What occurs among the newest events, each once: read once for all filters that ask.

        The index by time leads to the newest ones, however long the timeline is, and the database finds what differs
        among them: what it costs depends neither on the timeline's length nor on what stands in it.
        """
        cache = "_recent_values"
        if not hasattr(request, cache):
            setattr(request, cache, list(self._values_among_the_newest(request)))
        found: list[dict[str, Any]] = getattr(request, cache)
        return found

    def _values_among_the_newest(self, request: HttpRequest) -> Any:
        newest = self._timeline(request).order_by(*self.ordering).values("pk")[:RECENT]
        rows = AuditEvent.objects.across_tenants().filter(pk__in=newest).order_by()
        columns = ("activity", "category", "resource_type", "actor_id", "attribution__actor_name")
        return rows.values(*columns).distinct()

    # --- The list ---

    @column(description="What")
    def activity_name(self, event: AuditEvent) -> str:
        return words_of(event)

    @column(description="About")
    def about(self, event: AuditEvent) -> str:
        return f"{kind_words(event.resource_type)}: {name_of(event) or '—'}"

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
        title = f"{words_of(obj)}: {name_of(obj)}".rstrip(": ")
        return super().record_context(request, obj) | {
            "title": title,
            "called": title,
            "sees_addresses": True,
        }

    def panels(self, request: HttpRequest, obj: AuditEvent) -> list[Panel]:
        described = describe([obj])[0]
        found = [self._what(request, described), self._who(obj)]
        if described.changes:
            found.append(
                Panel("What changed", template="admin/history/panel.html", context={"described": described})
            )
        if obj.details:
            found.append(
                Panel("Details", [Fact(str(name), plain(value)) for name, value in obj.details.items()])
            )
        return [*found, self._same_request(obj)]

    def _what(self, request: HttpRequest, described: DescribedEvent) -> Panel:
        event = described.event
        about = [
            ("What", words_of(event)),
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
        name = name_of(event)
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
        shown = others.order_by("id")[:SAME_REQUEST_SHOWN]
        rows = [[Link(words_of(e), admin_url(e, "change", e.pk)), name_of(e), e.occurred_at] for e in shown]
        table = Table(("What", "Object", "When"), rows, "Nothing else.", caption=f"Request {correlation}")
        everything = f"{admin_url(AuditEvent, 'changelist')}?timeline={slug_of(event)}&request={correlation}"
        return Panel("The same request also did", table=table, link=Link("Show in the timeline", everything))
