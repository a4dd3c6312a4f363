"""Resolving differences between the service and the register."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from consents.models import Drift
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import locked, name_of, require_reason
from tenants.roles import Permission


@transaction.atomic
def resolve_drift(*, drift: Drift, resolution: str, reason: str, by: Principal) -> Drift:
    """Say how a difference was settled, and why so. The register and the service are put right by their own deeds.

    resolution: a code of `Drift.Resolution`. One that was accepted or misread is not opened again by an import unless
    its facts change; any other is. Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, Permission.IMPORT_CONSENTS, drift.tenant)
    reason = require_reason(reason)
    if resolution not in Drift.Resolution:
        known = ", ".join(Drift.Resolution.values)
        raise ValidationError({"resolution": f"Say how it was resolved: {known}."})
    drift = locked(drift)
    if drift.status != Drift.Status.OPEN:
        raise Refused("not_open", f"This difference is closed already: {drift.get_status_display().lower()}.")
    drift.status, drift.resolution, drift.reason = Drift.Status.RESOLVED, resolution, reason
    drift.closed_at, drift.closed_by = timezone.now(), name_of(by, drift.tenant)
    with deed("drift.resolved", on=Drift, action=Action.MANAGE, reason=reason):
        drift.save()
    return drift
