"""The pages of differences between where the data was seen and where it was elected to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from catalog.countries import country_name
from residency.models import LocationDrift, ObservedLocation
from residency.services import resolve_location_drift
from tenants.access import signed_in
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, ReasonForm
from tenants.pages.parts import Badge, Panel, Table, facts, link_to
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute

TONES = {"open": "warn", "resolved": "good", "cleared": "plain"}
LABELS = {"Open": "warning", "Resolved": "success", "No longer found": "info"}
SHOWN = 50
TO_DO = (
    "Ask the provider where the data is, and why. Where it is right, elect that geography; where it is not, have the "
    "data moved, which can take long. A later look that finds the data in its place closes the difference by itself."
)


class ResolveForm(ReasonForm):
    resolution = forms.ChoiceField(
        label="How it was settled",
        choices=LocationDrift.Resolution.choices,
        help_text="What is accepted or was misread stays closed while place and election stay the same; what was put "
        "right and is found again is opened again.",
    )
    field_order = ("resolution", "reason")


RESOLVE = Deed(
    "resolve",
    "Resolve",
    Permission.OBSERVE_LOCATIONS,
    lambda request, drift, data: resolve_location_drift(drift=drift, by=signed_in(request), **data),
    form=ResolveForm,
    is_offered=lambda drift: drift.status == LocationDrift.Status.OPEN,
    consequences=lambda drift: [
        "The difference leaves the list of what waits. It stays in the record with how it was settled, and why.",
        "Neither the election nor the provider is changed by it.",
    ],
    panels=lambda request, drift: [what_differs(drift)],
    done="{subject} is resolved.",
    icon="task_alt",
    tone="primary",
)


@admin.register(LocationDrift)
class LocationDriftAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_RESIDENCY
    list_title = "Location differences"
    intro = "Where the provider showed the data to be somewhere else than elected."
    empty_text = "No difference: wherever the data was seen, it was elected to be there."
    related = ("region", "elected")
    list_display = (
        "place",
        "elected_name",
        "state",
        "tenant_name",
        "first_seen_on",
        "last_seen_on",
        "opened",
    )
    list_filter = ("status", "elected")
    search_fields = ("place", "elected__name")
    search_help_text = "Place or elected geography."
    ordering = ("-opened_at", "-id")
    deeds = (RESOLVE,)

    @column(description="Elected", ordering="elected__name")
    def elected_name(self, drift: LocationDrift) -> str:
        return drift.elected.name

    @column(description="State", label=LABELS, ordering="status")
    def state(self, drift: LocationDrift) -> str:
        return drift.get_status_display()

    @column(description="Found", ordering="opened_at")
    def opened(self, drift: LocationDrift) -> str:
        return minute(drift.opened_at)

    def headline(self, request: HttpRequest, obj: LocationDrift) -> Sequence[Any]:
        return [Badge(obj.get_status_display(), TONES[obj.status])]

    def panels(self, request: HttpRequest, obj: LocationDrift) -> list[Panel]:
        is_open = obj.status == LocationDrift.Status.OPEN
        to_do = [Panel("What to do", text=TO_DO, tone="warn")] if is_open else []
        return [what_differs(obj), *to_do, _course(obj), _seen(obj)]


def what_differs(drift: LocationDrift) -> Panel:
    """Both sides."""
    about = [
        ("The provider showed", drift.place),
        ("Region", link_to(drift.region)),
        ("Country", country_name(drift.country) if drift.country else None),
        ("Elected was", link_to(drift.elected)),
        ("Seen first", drift.first_seen_on),
        ("Seen last", drift.last_seen_on),
    ]
    return Panel("What differs", facts(about))


def _course(drift: LocationDrift) -> Panel:
    closed = [drift.closed_at, f"by {drift.closed_by}"] if drift.closed_at else None
    about = [
        ("Found", drift.opened_at),
        ("Closed", closed),
        ("How it was settled", drift.get_resolution_display() if drift.resolution else None),
        ("Why", drift.reason),
    ]
    return Panel("Its course", facts(about))


def _seen(drift: LocationDrift) -> Panel:
    """The observations behind it, the newest first."""
    seen = ObservedLocation.objects.for_tenant(drift.tenant_id).filter(
        agrees=False, region=drift.region_id, country=drift.country, elected=drift.elected_id
    )
    rows = [[each.observed_on, link_to(each, each.place), each.source] for each in seen[:SHOWN]]
    return Panel("Seen there", table=Table(("Day", "Place", "Seen in"), rows))
