"""How commands show the rows of this app."""

from __future__ import annotations

from typing import Any

from work.models import Job
from work.queue import Outcome


def job_row(job: Job) -> dict[str, Any]:
    return {
        "code": job.code,
        "title": job.title,
        "runs": job.declaration.timing if job.declaration else "",
        "state": str(job.state),
        "next_run_at": job.next_run_at,
        "last_run_at": job.last_run_at,
        "last_success_at": job.last_success_at,
        "failures": job.failures,
        "last_line": job.last_line,
    }


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    return {
        "code": outcome.code,
        "succeeded": outcome.succeeded,
        "line": outcome.line,
        "again_at": outcome.again_at,
    }


def outcome_text(outcome: Outcome) -> str:
    return f"{outcome.code}: {'' if outcome.succeeded else 'FAILED: '}{outcome.line}"
