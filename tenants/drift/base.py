"""What every kind of difference is: open until somebody resolves it, or until it is no longer found."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from audit.context import Action, deed
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import locked, name_of, require_reason
from tenants.models import TenantOwned
from tenants.roles import Permission

KEPT = "A difference is resolved, not deleted."
OPEN_ALREADY = "This difference is open already."
# Of each kind's resolutions: it was meant to be so. What was put right, and is found again, was not.
STAYS_CLOSED = ("accepted", "misread")


class BaseDrift(TenantOwned):
    """A difference. Its model says what differs, and by `Resolution` how that can be settled."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        RESOLVED = "resolved", "Resolved"
        CLEARED = "cleared", "No longer found"

    Resolution: ClassVar[type[models.TextChoices]]

    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN, editable=False)
    resolution = models.CharField(max_length=16, blank=True, editable=False)
    reason = models.TextField(blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.CharField(max_length=254, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ("-opened_at", "-id")

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN


def says_how(name: str) -> models.CheckConstraint:
    """The rule that a resolved difference says how it was settled, and why."""
    return models.CheckConstraint(
        condition=~Q(status="resolved") | (~Q(resolution="") & ~Q(reason="")),
        name=name,
        violation_error_message="Say how the difference was resolved, and why so.",
    )


Row = TypeVar("Row", bound=BaseDrift)


@transaction.atomic
def settle(
    drift: Row, activity: str, permission: Permission, *, resolution: str, reason: str, by: Principal
) -> Row:
    """Close an open difference: the deed of each kind, under its own activity and permission.

    resolution: a code of its model's `Resolution`. Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, permission, drift.tenant)
    reason = require_reason(reason)
    if resolution not in drift.Resolution:
        known = ", ".join(drift.Resolution.values)
        raise ValidationError({"resolution": f"Say how it was resolved: {known}."})
    drift = locked(drift)
    if not drift.is_open:
        state = drift.get_status_display().lower()
        raise Refused("not_open", f"This difference is closed already: {state}.")
    drift.status, drift.resolution, drift.reason = BaseDrift.Status.RESOLVED, resolution, reason
    drift.closed_at, drift.closed_by = timezone.now(), name_of(by, drift.tenant)
    with deed(activity, on=type(drift), action=Action.MANAGE, reason=reason):
        drift.save()
    return drift
