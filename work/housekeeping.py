"""The jobs of this app: sending the outbox, and clearing away what the queue has done."""

from __future__ import annotations

from datetime import time, timedelta

from django.utils import timezone
from django_tasks import TaskResultStatus

from work.models import Run
from work.registry import Running, job
from work.sending import send_waiting

SUCCESSES_ARE_KEPT = timedelta(days=7)
FAILURES_ARE_KEPT = timedelta(days=90)


@job("work.send_mail", every=timedelta(minutes=1), title="Send the messages that wait")
def send_mail(run: Running) -> str:
    return send_waiting()


@job("work.clear", daily_at=time(3, 30), title="Clear away the records of finished runs")
def clear(run: Running) -> str:
    """Successful runs are kept for a week, failed ones for 90 days; what they did has its own record for ever."""
    now = timezone.now()
    removed = 0
    for status, kept in (
        (TaskResultStatus.SUCCESSFUL, SUCCESSES_ARE_KEPT),
        (TaskResultStatus.FAILED, FAILURES_ARE_KEPT),
    ):
        removed += Run.objects.filter(status=status, finished_at__lt=now - kept).delete()[0]
    return f"Removed the records of {removed:,} runs."
