"""What of residency waits for somebody: data that is somewhere else than elected."""

from __future__ import annotations

from collections.abc import Iterator

from residency.models import LocationDrift
from tenants.roles import Permission
from work.places import short_day
from work.worklist import Item, Look, Severity, page_about, source


@source("residency.drift", title="Data somewhere else than elected", permission=Permission.VIEW_RESIDENCY)
def open_location_drift(look: Look) -> Iterator[Item]:
    rows = LocationDrift.objects.across_tenants().filter(
        tenant__in=look.tenants, status=LocationDrift.Status.OPEN
    )
    for drift in look.longest(rows.select_related("tenant", "elected"), "opened_at"):
        yield look.item(
            drift,
            title=f"Data seen in {drift.place}, elected is {drift.elected}",
            about=f"Seen there from {short_day(drift.first_seen_on)} to {short_day(drift.last_seen_on)}",
            url=page_about(drift),
            since=drift.opened_at,
            severity=Severity.HIGH,
        )
