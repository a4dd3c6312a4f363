"""What the portal clears away by itself."""

from __future__ import annotations

from datetime import time, timedelta

from django.utils import timezone

from portal.models import SignInLink
from work.jobs import Running, job

KEPT = timedelta(days=1)


@job("portal.clear", daily_at=time(3, 40), title="Clear away old sign-in links")
def clear(run: Running) -> str:
    """Links are good for minutes, and count for an hour."""
    old = SignInLink.objects.across_tenants().filter(created_at__lt=timezone.now() - KEPT)
    return f"Removed {old.delete()[0]:,} old sign-in links."
