"""A pause after too many failed attempts to sign in, counted by the audit trail."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from audit.models import AuditEvent

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
