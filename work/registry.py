"""Which jobs there are: what each app declared in its `jobs.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from work.schedule import DailyAt, Every, Schedule

if TYPE_CHECKING:
    from tenants.models import Tenant

CODE_LENGTH = 32  # of a queue's name, which the code is
LINE_LENGTH = 500  # of what a run, or a message that could not be sent, says of itself


@dataclass(frozen=True)
class Running:
    """What a job knows of the run that it is called for.

    due: the time for which the schedule called it; None for one-off work. attempt: 1, and more after failures.
    asked_by: the name of who asked for one-off work, empty for the schedule.
    """

    code: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    tenant: Tenant | None = None
    due: datetime | None = None
    attempt: int = 1
    asked_by: str = ""


Work = Callable[[Running], str]


@dataclass(frozen=True)
class Declared:
    """A job as its app declared it."""

    code: str
    title: str
    work: Work
    schedule: Schedule | None
    alone: bool

    @property
    def timing(self) -> str:
        return str(self.schedule or "when asked for")


_declared: dict[str, Declared] = {}


def job(
    code: str,
    *,
    title: str,
    every: timedelta | None = None,
    daily_at: time | None = None,
    alone: bool | None = None,
) -> Callable[[Work], Work]:
    """Declare a job: `@job("consents.expire", every=timedelta(minutes=5), title="Call ended consents expired")`.

    Without `every` and `daily_at` it runs only when `enqueue` asks for it. alone: whether two runs of it must not
    happen at the same time; scheduled jobs run alone unless told otherwise. The function takes a `Running` and
    returns one line that says what it did. It may be cut off at any instant and called again: each unit of its work
    is a transaction of its own, with a guard that finds it done. Raises ValueError for a declaration that cannot be.
    """
    if every is not None and daily_at is not None:
        raise ValueError(f"{code}: every or daily_at, not both.")
    if not 0 < len(code) <= CODE_LENGTH:
        raise ValueError(f"{code}: a code has {CODE_LENGTH} characters at most.")
    schedule = Every(every) if every is not None else DailyAt(daily_at) if daily_at is not None else None

    def declare(work: Work) -> Work:
        known = _declared.get(code)
        if known is not None and known.work.__qualname__ != work.__qualname__:
            raise ValueError(f"{code}: two jobs have this code.")
        _declared[code] = Declared(
            code, title, work, schedule, (schedule is not None) if alone is None else alone
        )
        return work

    return declare


def declared_jobs() -> list[Declared]:
    """Every declared job, by code."""
    return [_declared[code] for code in sorted(_declared)]


def declaration_of(code: str) -> Declared | None:
    return _declared.get(code)
