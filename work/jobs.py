"""What apps need to have work done: `@job` declares it, `enqueue` asks for it once.

@job("consents.expire", every=timedelta(minutes=5), title="Call ended consents expired")
def expire_consents(run: Running) -> str: ...
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django_tasks import task

from audit.context import ActorType, Context, Origin, acting
from work.registry import LINE_LENGTH, Declared, Running, declaration_of, job

if TYPE_CHECKING:
    from tenants.access import Principal
    from tenants.models import Tenant
    from work.models import Run

__all__ = ["Running", "UnknownJob", "enqueue", "job"]


class UnknownJob(Exception):
    """The queue holds work for a job that this version of the console does not have."""

    def __init__(self, code: str) -> None:
        super().__init__(f"This version of the console has no job “{code}”.")


def required(code: str) -> Declared:
    """The job of this code. Raises UnknownJob."""
    declared = declaration_of(code)
    if declared is None:
        raise UnknownJob(code)
    return declared


def enqueue(
    code: str,
    *,
    arguments: Mapping[str, Any] | None = None,
    tenant: Tenant | None = None,
    by: Principal | None = None,
    due: datetime | None = None,
    attempt: int = 1,
    after: datetime | None = None,
) -> Run:
    """Put one run of a job into the queue, in the caller's transaction: it exists when that commits.

    arguments: values that JSON can hold. by: who asked; the work is done by the worker on their behalf, and whether
    they may is for the deed that calls this to check. after: not before this instant. Raises UnknownJob, TypeError.
    """
    return put(
        code,
        {
            "arguments": dict(arguments or {}),
            "tenant": tenant.pk if tenant is not None else None,
            "asked_by": by.as_actor(tenant)["actor_name"] if by is not None else "",
            "due": due.isoformat() if due is not None else None,
            "attempt": attempt,
        },
        after,
    )


def put(code: str, details: Mapping[str, Any], after: datetime | None = None) -> Run:
    """A run with the details of an earlier one."""
    from work.models import Run

    required(code)
    wanted = perform.using(queue_name=code, run_after=after)
    run: Run = Run.objects.get(pk=wanted.enqueue(code=code, **details).id)
    return run


@task()
def perform(
    *, code: str, arguments: dict[str, Any], tenant: int | None, asked_by: str, due: str | None, attempt: int
) -> str:
    """Do one run of a job, as the worker, and return its line. This is what the queue's rows call."""
    declared = required(code)
    run = Running(
        code=code,
        arguments=arguments,
        tenant=_tenant(tenant),
        due=datetime.fromisoformat(due) if due else None,
        attempt=attempt,
        asked_by=asked_by,
    )
    with acting(
        origin=Origin.COMMAND,
        actor_type=ActorType.SYSTEM,
        actor_id="worker",
        actor_name=declared.title[: Context.NAME_LENGTH],
        on_behalf_of=asked_by,
    ):
        return str(declared.work(run))[:LINE_LENGTH]


def _tenant(pk: int | None) -> Tenant | None:
    from tenants.models import Tenant

    return None if pk is None else Tenant.objects.get(pk=pk)
