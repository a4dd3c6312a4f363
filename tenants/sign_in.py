"""A pause after too many failed attempts to sign in, counted by the audit trail."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from audit.models import AuditEvent
from audit.services import record
from tenants.models import Membership, User

FAILURES_ALLOWED = 10
PAUSE = timedelta(minutes=15)


def sign_in_key(name: str) -> str:
    """What attempts to sign in as `name` are counted under, whether such a person exists or not."""
    return name.strip().lower()[:64]


def is_paused(name: str, at: datetime | None = None) -> bool:
    """Whether there were too many failures for this name before the instant. The audit trail counts them."""
    failures = AuditEvent.objects.across_tenants().filter(
        resource_type="sign-in",
        resource_id=sign_in_key(name),
        activity="sign_in.failed",
        occurred_at__gte=(at or timezone.now()) - PAUSE,
    )
    return failures.values("attribution").distinct().count() >= FAILURES_ALLOWED


def timelines_of(user: User | None) -> list[int | None]:
    """Those of each tenant the person belongs to; the platform's where there is none."""
    memberships = Membership.objects.across_tenants().filter(user=user) if user else ()
    return [m.tenant_id for m in memberships] or [None]


def note_failure(name: str) -> None:
    """Record a wrong password in the timelines of whoever has this name; `is_paused` counts these."""
    user = User.objects.filter(username=name.strip().lower()).first()
    for tenant in timelines_of(user):
        record(
            "sign_in.failed",
            category="sign-in",
            tenant=tenant,
            resource_id=sign_in_key(name),
            resource_name=name,
            result=AuditEvent.Result.FAILURE,
        )
