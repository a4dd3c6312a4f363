"""Where a tenant's customer data is stored, at any instant, as known now or then. Nothing here writes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from catalog.geographies import geographies, geographies_of
from catalog.models import Region
from elections.models import Election, StorageElection
from tenants.models import Tenant


def storage_elections(tenant: Tenant, known_at: datetime | None = None) -> Any:
    """The tenant's storage elections, as known now, or, as history rows, at an instant."""
    if known_at is None:
        return StorageElection.objects.for_tenant(tenant)
    return StorageElection.history.for_tenant(tenant).known_at(known_at)


def storage_at(
    tenant: Tenant, at: datetime | None = None, known_at: datetime | None = None
) -> StorageElection | None:
    """The election in force at the instant, None before the first one. One query."""
    rows = storage_elections(tenant, known_at).select_related("region", "edition")
    begun = rows.filter(status=Election.Status.APPROVED, effective_from__lte=at or timezone.now())
    found = begun.order_by("-effective_from").first()
    return getattr(found, "instance", found)  # type: ignore[no-any-return]


def set_storage_ends(elections: Iterable[StorageElection], among: Any) -> None:
    """Tell each election when the next one begins. among: elections, or their history, of their tenants. One query."""
    elections = list(elections)
    beginnings: dict[int, list[datetime]] = defaultdict(list)
    rows = among.filter(
        status=Election.Status.APPROVED, tenant__in={election.tenant_id for election in elections}
    )
    for tenant, begins in rows.order_by("effective_from").values_list("tenant_id", "effective_from"):
        beginnings[tenant].append(begins)
    for election in elections:
        own = election.effective_from if election.status == Election.Status.APPROVED else None
        later = (begins for begins in beginnings[election.tenant_id] if own is not None and begins > own)
        election.ends_at = next(later, None)


def region_by_country(tenant: Tenant, among: Any = None) -> Any:
    """The one geography that lists the directory's country and took the tenant when it was made; None where several
    do, or none: then somebody has to elect. among: the geographies, where they are at hand.
    """
    made = timezone.localdate(tenant.exists_since)
    found = [region for region in geographies_of(tenant.country, among) if takes(region, made)]
    return found[0] if len(found) == 1 else None


def takes(region: Region, made: date) -> bool:
    """Whether the geography takes a tenant that is made on the day."""
    is_opened = region.opened_on is None or region.opened_on <= made
    return is_opened and (region.closed_on is None or region.closed_on > made)


def decided_countries() -> set[str]:
    """The countries that exactly one geography lists: where they are, nobody has to elect."""
    counted = Counter(country for region in geographies() for country in region.countries)
    return {country for country, count in counted.items() if count == 1}
