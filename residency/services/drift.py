"""Resolving that the data is somewhere else than elected."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from privacy_console.errors import Refused
from residency.models import LocationDrift
from tenants.access import Principal, require
from tenants.deeds import locked, name_of, require_reason
from tenants.roles import Permission


@transaction.atomic
def resolve_location_drift(
    *, drift: LocationDrift, resolution: str, reason: str, by: Principal
) -> LocationDrift:
    """Say how a difference was settled, and why so. Elections and the provider are put right by their own deeds.

    resolution: a code of `LocationDrift.Resolution`. One that was accepted or misread is not opened again while the
    place and the election stay the same; any other is. Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, Permission.OBSERVE_LOCATIONS, drift.tenant)
    reason = require_reason(reason)
    if resolution not in LocationDrift.Resolution:
        known = ", ".join(LocationDrift.Resolution.values)
        raise ValidationError({"resolution": f"Say how it was resolved: {known}."})
    drift = locked(drift)
    if drift.status != LocationDrift.Status.OPEN:
        raise Refused("not_open", f"This difference is closed already: {drift.get_status_display().lower()}.")
    drift.status, drift.resolution, drift.reason = LocationDrift.Status.RESOLVED, resolution, reason
    drift.closed_at, drift.closed_by = timezone.now(), name_of(by, drift.tenant)
    with deed("location_drift.resolved", on=LocationDrift, action=Action.MANAGE, reason=reason):
        drift.save()
    return drift
