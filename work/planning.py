"""The schedule: which job is due, and that each due time is taken once, whoever looks first."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from audit.context import ActorType, Origin, acting
from work.jobs import enqueue
from work.models import Job, Run
from work.registry import Declared, declared_jobs

logger = logging.getLogger(__name__)


def know_jobs(now: datetime | None = None) -> None:
    """Give each declared job its row, and a due time that its present schedule would give it."""
    now = now or timezone.now()
    known = {job.code: job for job in Job.objects.declared()}
    new = [declared for declared in declared_jobs() if declared.code not in known]
    if new:
        rows = [Job(code=declared.code, next_run_at=_next(declared, now)) for declared in new]
        with acting(
            origin=Origin.COMMAND, actor_type=ActorType.SYSTEM, actor_id="worker", actor_name="Set-up"
        ):
            Job.objects.bulk_create(rows, ignore_conflicts=True)
    for job in known.values():
        _follow_schedule(job, _next(job.declaration, now))


def _next(declared: Declared | None, now: datetime) -> datetime | None:
    return declared.schedule.next_after(now) if declared and declared.schedule else None


def _follow_schedule(job: Job, wanted: datetime | None) -> None:
    """A schedule may have changed with the version. A due time that has passed stays: it was missed, and runs once."""
    is_kept = job.next_run_at is not None and wanted is not None and job.next_run_at <= wanted
    if not is_kept and job.next_run_at != wanted:
        Job.objects.filter(pk=job.pk, next_run_at=job.next_run_at).update(next_run_at=wanted)


def enqueue_due(now: datetime | None = None) -> list[str]:
    """Put what is due into the queue, and give the codes. Two that do this at once enqueue each due time once."""
    now = now or timezone.now()
    return [job.code for job in Job.objects.due(now) if take_due_time(job, now)]


@transaction.atomic
def take_due_time(job: Job, now: datetime) -> bool:
    """Put the due time that the job was seen with into the queue; false where somebody else has."""
    # The old due time is the guard: only one can move it on, and only together with what it asked for.
    same = Job.objects.filter(pk=job.pk, next_run_at=job.next_run_at, paused=False)
    if not same.update(next_run_at=_next(job.declaration, now)):
        return False
    if Run.objects.of(job.code).unfinished().exists():
        logger.info("%s is due again before its last run has ended; that one stands for both.", job.code)
        return False
    enqueue(job.code, due=job.next_run_at)
    return True


def next_run(job: Job, now: datetime | None = None) -> datetime | None:
    """When the job's schedule calls for it next, from now on."""
    return _next(job.declaration, now or timezone.now())
