"""The deeds of this app: pausing, resuming and running jobs, and trying again what failed."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus

from audit.context import Action, deed
from audit.services import record
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.roles import Permission
from work.jobs import enqueue, put
from work.mail import ask_to_send
from work.models import AT_ONCE, Job, Message, Run
from work.planning import next_run


@transaction.atomic
def pause_job(*, job: Job, by: Principal, reason: str) -> Job:
    """Neither schedule the job nor take up what waits for it; a run at hand ends. Raises Refused where it is paused."""
    require(by, Permission.MANAGE_WORK)
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.paused:
        raise Refused("paused", f"“{job}” is paused already.")
    job.paused = True
    with deed("job.paused", on=Job, action=Action.MANAGE, reason=reason):
        job.save(update_fields=["paused"])
    return job


@transaction.atomic
def resume_job(*, job: Job, by: Principal, reason: str = "") -> Job:
    """Schedule the job again, from now on; what waited for it is taken up. Raises Refused where it is not paused."""
    require(by, Permission.MANAGE_WORK)
    job = Job.objects.select_for_update().get(pk=job.pk)
    if not job.paused:
        raise Refused("not_paused", f"“{job}” is not paused.")
    job.paused, job.next_run_at = False, next_run(job)
    with deed("job.resumed", on=Job, action=Action.MANAGE, reason=reason):
        job.save(update_fields=["paused", "next_run_at"])
    return job


@transaction.atomic
def run_job_now(*, job: Job, by: Principal, reason: str = "") -> Run:
    """Ask for a run at once, whatever the schedule says. Raises Refused where the job is paused or needs arguments."""
    require(by, Permission.MANAGE_WORK)
    if job.paused:
        raise Refused("paused", f"“{job}” is paused. Resume it first.")
    if job.declaration is None or job.declaration.schedule is None:
        raise Refused("needs_arguments", f"“{job}” runs only for what asks for it.")
    run = _brought_forward(job) or enqueue(job.code, by=by)
    _note("job.run_requested", run, reason)
    return run


def _brought_forward(job: Job) -> Run | None:
    """A plain run that waits already, for another attempt perhaps: it need not wait any longer."""
    waiting = Run.objects.of(job.code).waiting().select_for_update()
    plain = [run for run in waiting if not run.details["arguments"] and run.details["tenant"] is None]
    if not plain:
        return None
    plain[0].run_after = AT_ONCE
    plain[0].save(update_fields=["run_after"])
    return plain[0]


@transaction.atomic
def retry_run(*, run: Run, by: Principal, reason: str = "") -> Run:
    """Put the work of a failed run into the queue again, as it was asked for. Raises Refused where it did not fail."""
    require(by, Permission.MANAGE_WORK)
    if run.status != TaskResultStatus.FAILED:
        raise Refused("not_failed", "Only a run that failed can be tried again.")
    details = {name: value for name, value in run.details.items() if name != "code"}
    again = put(run.code, details | {"attempt": 1})
    _note("job.run_requested", again, reason)
    return again


def _note(activity: str, run: Run, reason: str) -> None:
    job = Job.objects.filter(code=run.code).first()
    with deed(activity, on=Job, action=Action.MANAGE, reason=reason):
        record(activity, category="work", resource=job, resource_name=run.code, details={"run": str(run.pk)})


@transaction.atomic
def send_again(*, message: Message, by: Principal, reason: str = "") -> Message:
    """Let a message that failed wait for its sending again. Raises Refused where it has not failed."""
    require(by, Permission.SEND_MESSAGES, message.tenant)
    again: Message = Message.objects.for_tenant(message.tenant_id).select_for_update().get(pk=message.pk)
    if again.state != Message.State.FAILED:
        raise Refused("not_failed", "Only a message that could not be sent can be tried again.")
    again.state, again.attempts, again.next_try_at = Message.State.WAITING, 0, timezone.now()
    with deed("message.retried", on=Message, action=Action.UPDATE, reason=reason):
        again.save(update_fields=["state", "attempts", "next_try_at"])
    ask_to_send()
    return again
