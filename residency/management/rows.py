"""How commands show differences: in a line, and whole."""

from __future__ import annotations

from typing import Any

from residency.models import LocationDrift


def drift_row(drift: LocationDrift) -> dict[str, Any]:
    """What a line of a list says of a difference."""
    return {
        "id": str(drift.pk),
        "tenant": drift.tenant.slug,
        "place": drift.place,
        "elected": drift.elected.name,
        "first_seen_on": drift.first_seen_on,
        "last_seen_on": drift.last_seen_on,
        "status": drift.status,
    }


def whole_drift_row(drift: LocationDrift) -> dict[str, Any]:
    """One difference, whole; the names are those of the API."""
    return drift_row(drift) | {
        "region": drift.region.code if drift.region else None,
        "country": drift.country,
        "elected": drift.elected.code,
        "opened_at": drift.opened_at,
        "resolution": drift.resolution,
        "reason": drift.reason,
        "closed_at": drift.closed_at,
        "closed_by": drift.closed_by,
    }
