"""The pages of differences between where the data was seen and where it was elected to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from catalog.countries import country_name
from residency.models import LocationDrift, ObservedLocation
from residency.services import resolve_location_drift
from tenants.drift.pages import DriftPages, course_of, resolving, state_badge
from tenants.pages.columns import column
from tenants.pages.parts import Panel, Table, facts, link_to
from tenants.roles import Permission

SHOWN = 50
TO_DO = (
    "Ask the provider where the data is, and why. Where it is right, elect that geography; where it is not, have the "
    "data moved, which can take long. A later look that finds the data in its place closes the difference by itself."
)


RESOLVE = resolving(
    resolve_location_drift,
    Permission.OBSERVE_LOCATIONS,
    untouched="Neither the election nor the provider is changed by it.",
    panel=lambda drift: what_differs(drift),
)


@admin.register(LocationDrift)
class LocationDriftAdmin(DriftPages):
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
    deeds = (RESOLVE,)

    @column(description="Elected", ordering="elected__name")
    def elected_name(self, drift: LocationDrift) -> str:
        return drift.elected.name

    def headline(self, request: HttpRequest, obj: LocationDrift) -> Sequence[Any]:
        return [state_badge(obj)]

    def panels(self, request: HttpRequest, obj: LocationDrift) -> list[Panel]:
        to_do = [Panel("What to do", text=TO_DO, tone="warn")] if obj.is_open else []
        return [what_differs(obj), *to_do, course_of(obj, ("Found", obj.opened_at)), _seen(obj)]


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


def _seen(drift: LocationDrift) -> Panel:
    """The observations behind it, the newest first."""
    seen = ObservedLocation.objects.for_tenant(drift.tenant_id).filter(
        agrees=False, region=drift.region_id, country=drift.country, elected=drift.elected_id
    )
    rows = [[each.observed_on, link_to(each, each.place), each.source] for each in seen[:SHOWN]]
    return Panel("Seen there", table=Table(("Day", "Place", "Seen in"), rows))
