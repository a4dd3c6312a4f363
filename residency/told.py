"""What an import of observed locations came to, as pages, API and command tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from residency.models import LocationDrift, LocationImport, ObservedLocation
from residency.reading import Row
from residency.services import Change, Findings

COUNTS = {
    "rows": "Rows that can be kept",
    "added": "New locations",
    "known": "Known already",
    "differing": "Elsewhere than elected",
    "opened": "New differences",
    "cleared": "Differences no longer found",
    "left_out": "Rows left out",
}


def sentence_of(made: LocationImport) -> str:
    """What an import came to, in a line."""
    left = f" Rows left out: {made.left_out:,}." if made.left_out else ""
    return (
        f"Locations recorded: {made.added:,}, known already: {made.known:,}; elsewhere than elected: "
        f"{made.differing:,}. New differences: {made.opened:,}, no longer found: {made.cleared:,}.{left}"
    )


def counts_of(made: LocationImport) -> Mapping[str, int]:
    return {name: getattr(made, name) for name in COUNTS}


def findings_of(found: Findings) -> dict[str, Any]:
    """The rows and the differences as data; the names are those of the API."""
    return {
        "locations": [_location(row, seen) for row, seen in found.rows],
        "has_more": found.has_more,
        "differences": [_difference(change, drift) for change, drift in found.differences],
    }


def _location(row: Row, seen: ObservedLocation | None) -> dict[str, Any]:
    return {
        "where": row.where,
        "what": "known" if seen is None else "new",
        "observed_on": row.observed_on,
        "place": row.place,
        "source": row.source,
        "region": row.spot.region.code if row.spot.region else None,
        "country": row.spot.country,
        "elected": seen.elected.code if seen and seen.elected else None,
        "agrees": seen.agrees if seen else None,
    }


def _difference(change: Change, drift: LocationDrift) -> dict[str, Any]:
    return {
        "what": change.value,
        "place": drift.place,
        "region": drift.region.code if drift.region else None,
        "country": drift.country,
        "elected": drift.elected.code,
        "first_seen_on": drift.first_seen_on,
        "last_seen_on": drift.last_seen_on,
    }
