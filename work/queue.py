"""Taking work from the queue, noting how it ended, and giving back what a dead worker held."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.utils import exclusive_transaction

from privacy_console.errors import Refused
from tenants.commands import one_line, readable
from work.jobs import UnknownJob, put
from work.models import AT_ONCE, Job, Run, RunQuerySet
from work.presence import is_dead
from work.registry import LINE_LENGTH, declaration_of, declared_jobs

logger = logging.getLogger(__name__)

# After a failure; after the last of them the run has failed, and waits for the schedule or for somebody.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 25))
# What waiting does not mend.
FINAL = (ValidationError, PermissionDenied, Refused, UnknownJob)
# Work whose worker died is given back: at once the first time, then later and later, as it may be what kills them.
FIRST_LOSS_PAUSE = timedelta(seconds=1)
LONGEST_LOSS_PAUSE = timedelta(minutes=5)
MOST_LOSSES = 20


class WorkerLost(Exception):
    """The process that did the work has ended without a word, again and again."""

    def __init__(self, times: int) -> None:
        super().__init__(
            f"Its worker ended without a word {times} times. Whatever it does may be what ends them."
        )


@dataclass(frozen=True)
class Outcome:
    """How a run ended. again_at: when it is tried again; None where it is not."""

    code: str
    succeeded: bool
    line: str
    again_at: datetime | None = None


# --- Taking ---


def takeable() -> RunQuerySet:
    """The runs that a worker may take now: not of paused jobs, nor of a job that runs alone and is running."""
    alone = [declared.code for declared in declared_jobs() if declared.alone]
    busy = Run.objects.running().filter(queue_name__in=alone).values("queue_name")
    paused = Job.objects.filter(paused=True).values("code")
    return Run.objects.ready().exclude(queue_name__in=paused).exclude(queue_name__in=busy)


def claim(worker: str, key: Any = None) -> Run | None:
    """Take the next run (or that of the key) for the worker; None where there is none to take.

    Of several that ask at once, one gets it.
    """
    wanted = takeable() if key is None else takeable().filter(pk=key)
    # Asked first without a lock: this happens every second, and on SQLite a lock stops all who write.
    if not wanted.exists():
        return None
    with exclusive_transaction():
        run = wanted.first_in_turn()
        if run is None or not _is_free(run.code):
            return None
        run.claim(worker)
        return run


def _is_free(code: str) -> bool:
    """Whether a job that runs alone may begin. Two that would begin it at once meet at its row in the schedule."""
    declared = declaration_of(code)
    if declared is None or not declared.alone:
        return True
    held = Job.objects.select_for_update(skip_locked=True).filter(code=code).first()
    return held is not None and not Run.objects.of(code).running().exists()


# --- Doing, and noting how it ended ---


def work_off(run: Run) -> Outcome:
    """Do a run that was claimed, and note how it ended. An error of the work is noted, never raised."""
    try:
        line = run.task.call(*run.args_kwargs["args"], **run.args_kwargs["kwargs"])
    except Exception as error:
        return _note_failure(run, error)
    return _note_success(run, line)


@transaction.atomic
def _note_success(run: Run, line: str) -> Outcome:
    if _is_still_held(run):
        run.set_successful(line)
        Job.objects.filter(code=run.code).update(
            last_run_at=run.started_at, last_success_at=run.finished_at, last_line=line, failures=0
        )
    return Outcome(run.code, True, line)


@transaction.atomic
def _note_failure(run: Run, error: Exception) -> Outcome:
    line = one_line(f"{_kind(error)}{readable(error)}")[:LINE_LENGTH]
    if not _is_still_held(run):
        return Outcome(run.code, False, line)
    again_at = _again_at(run, error)
    run.set_failed(error)
    if again_at is not None:
        put(run.code, _details(run) | {"attempt": run.attempt + 1}, again_at)
    Job.objects.filter(code=run.code).update(
        last_run_at=run.started_at, last_line=line, failures=F("failures") + 1
    )
    _tell(run, line, again_at)
    return Outcome(run.code, False, line, again_at)


def _kind(error: Exception) -> str:
    """The class of an error that was not meant for people; what we raise ourselves says enough."""
    return "" if isinstance(error, (*FINAL, WorkerLost)) else f"{type(error).__name__}: "


def _details(run: Run) -> dict[str, Any]:
    return {name: value for name, value in run.details.items() if name != "code"}


def _tell(run: Run, line: str, again_at: datetime | None) -> None:
    again = f" It is tried again at {again_at:%H:%M:%S} UTC." if again_at else ""
    logger.log(logging.WARNING if again_at else logging.ERROR, "%s failed: %s%s", run.code, line, again)


def _is_still_held(run: Run) -> bool:
    """Whether the run is this worker's still: on a machine cut off for long, others may have got it meanwhile."""
    stored = Run.objects.select_for_update().get(pk=run.pk)
    return stored.status == TaskResultStatus.RUNNING and bool(stored.worker_ids == run.worker_ids)


def _again_at(run: Run, error: Exception) -> datetime | None:
    """When to try again; None where waiting mends nothing, or the schedule comes sooner."""
    if isinstance(error, (*FINAL, WorkerLost)) or run.attempt > len(PAUSES):
        return None
    again_at = timezone.now() + PAUSES[run.attempt - 1]
    is_plain = not run.details["arguments"] and run.details["tenant"] is None
    scheduled = Job.objects.filter(code=run.code, paused=False, next_run_at__lte=again_at)
    return None if is_plain and scheduled.exists() else again_at


# --- Giving back ---


def give_back_lost(idle_worker: str) -> int:
    """Put back what is held by workers that have ended, or by this one, which does nothing at the moment."""
    lost = [run for run in Run.objects.running() if run.worker == idle_worker or is_dead(run.worker)]
    return sum(_give_back(run) for run in lost)


@transaction.atomic
def _give_back(lost: Run) -> bool:
    run = Run.objects.select_for_update().get(pk=lost.pk)
    if run.status != TaskResultStatus.RUNNING or run.worker_ids != lost.worker_ids:
        return False
    losses = len(run.worker_ids)
    if losses >= MOST_LOSSES:
        _note_failure(run, WorkerLost(losses))
        return True
    logger.warning("%s lost its worker %s; it is put back.", run.code, run.worker)
    run.status, run.started_at, run.run_after = TaskResultStatus.READY, None, _after_losses(losses)
    run.save(update_fields=["status", "started_at", "run_after"])
    return True


def _after_losses(losses: int) -> datetime:
    if losses == 1:
        return AT_ONCE
    pause: timedelta = FIRST_LOSS_PAUSE * 2 ** (losses - 2)
    return timezone.now() + min(pause, LONGEST_LOSS_PAUSE)
