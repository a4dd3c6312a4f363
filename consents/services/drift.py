"""Resolving differences between the service and the register."""

from __future__ import annotations

from consents.models import Drift
from tenants.access import Principal
from tenants.drift.base import settle
from tenants.roles import Permission


def resolve_drift(*, drift: Drift, resolution: str, reason: str, by: Principal) -> Drift:
    """Say how a difference was settled, and why so. The register and the service are put right by their own deeds.

    resolution: a code of `Drift.Resolution`. One that was accepted or misread is not opened again by an import unless
    its facts change; any other is. Raises ValidationError, PermissionDenied, Refused.
    """
    needed = Permission.IMPORT_CONSENTS
    return settle(drift, "drift.resolved", needed, resolution=resolution, reason=reason, by=by)
