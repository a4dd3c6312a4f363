"""Makers: what a tenant elected, and where its data was seen."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from catalog.models import Region
from elections.models import StorageElection
from residency.models import LocationDrift, LocationImport, ObservedLocation
from residency.services import import_locations, observe_location
from tenants.access import Principal
from tenants.models import Tenant
from tests.consents.lives import door

LONG_AGO = datetime(2024, 3, 1, tzinfo=UTC)
TODAY = timezone.localdate
SEEN = "Tenant status"


def region(code: str) -> Region:
    found: Region = Region.objects.get(code=code, catalog__code="intune")
    return found


def elected(tenant: Tenant, code: str = "EU", since: datetime = LONG_AGO, **values: Any) -> StorageElection:
    """An approved storage election, as its deeds would leave it."""
    where = region(code)
    with door():
        made: StorageElection = StorageElection.objects.for_tenant(tenant).create(
            tenant=tenant,
            region=where,
            region_record=1,
            code=where.code,
            name=where.name,
            edition=where.catalog.latest_edition,
            origin=StorageElection.Origin.FIRST,
            reason="As ever",
            status=StorageElection.Status.APPROVED,
            effective_from=since,
            decided_at=timezone.now(),
            **values,
        )
    return made


def seen(
    tenant: Tenant, by: Principal, place: str, days_ago: int = 0, source: str = SEEN
) -> ObservedLocation:
    with door():
        return observe_location(tenant=tenant, observed_on=ago(days_ago), place=place, source=source, by=by)


def imported(tenant: Tenant, by: Principal, content: str | bytes, **more: Any) -> LocationImport:
    data = content.encode() if isinstance(content, str) else content
    with door():
        made, _ = import_locations(tenant=tenant, file=io.BytesIO(data), source="status.csv", by=by, **more)
    return made


def ago(days: int) -> date:
    return TODAY() - timedelta(days=days)


def elsewhere(tenant: Tenant, number: int, name: str = "Place") -> LocationDrift:
    """An open difference, as an observation in Japan would leave it; to be made within somebody's act."""
    made: LocationDrift = LocationDrift.objects.for_tenant(tenant).create(
        tenant=tenant,
        key=f"country:{number}",
        place=f"{name} {number}",
        country="JP",
        elected=region("EU"),
        first_seen_on=ago(9),
        last_seen_on=ago(8),
    )
    return made


def drifts(tenant: Tenant) -> list[LocationDrift]:
    rows = LocationDrift.objects.for_tenant(tenant).select_related("elected", "region")
    return list(rows.order_by("id"))
