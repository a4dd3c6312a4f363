"""Jobs that only tests have: declared for one test, forgotten after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any

from work import registry
from work.models import Job
from work.planning import know_jobs
from work.registry import Running, Work, job

NIGHT = datetime.fromisoformat("2026-11-20T00:00:30+00:00")


@contextmanager
def only(*declared: tuple[str, Work, dict[str, Any]], now: datetime | None = None) -> Iterator[None]:
    """These jobs, and no others, are declared and known inside the block."""
    before = dict(registry._declared)
    registry._declared.clear()
    try:
        for code, work, options in declared:
            job(code, title=code.replace(".", " ").capitalize(), **options)(work)
        know_jobs(now)
        yield
    finally:
        registry._declared.clear()
        registry._declared.update(before)


def does_nothing(run: Running) -> str:
    return "Nothing."


def fails(run: Running) -> str:
    raise ValueError("The file\nhas no end.")


def every(**interval: int) -> dict[str, Any]:
    return {"every": timedelta(**interval)}


def daily(hour: int, minute: int = 0) -> dict[str, Any]:
    return {"daily_at": time(hour, minute)}


def the(code: str) -> Job:
    return Job.objects.get(code=code)
