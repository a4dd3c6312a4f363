"""Resolving that the data is somewhere else than elected."""

from __future__ import annotations

from residency.models import LocationDrift
from tenants.access import Principal
from tenants.drift.base import settle
from tenants.roles import Permission


def resolve_location_drift(
    *, drift: LocationDrift, resolution: str, reason: str, by: Principal
) -> LocationDrift:
    """Say how a difference was settled, and why so. Elections and the provider are put right by their own deeds.

    resolution: a code of `LocationDrift.Resolution`. One that was accepted or misread is not opened again while the
    place and the election stay the same; any other is. Raises ValidationError, PermissionDenied, Refused.
    """
    needed = Permission.OBSERVE_LOCATIONS
    return settle(drift, "location_drift.resolved", needed, resolution=resolution, reason=reason, by=by)
