from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import CommandParser

from privacy_console.errors import Refused
from tenants.access import Shell
from tenants.commands import ConsoleCommand, Error
from work.management.rows import outcome_row, outcome_text
from work.models import Job
from work.queue import Outcome
from work.services import run_job_now
from work.worker import Workman


class Command(ConsoleCommand):
    help = (
        "Do what is due, or the named jobs now, in this process, and tell of each in a line. For cron, where no worker "
        "runs; beside one it does no harm. Exits with 1 where a job failed."
    )
    atomic = False

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("codes", nargs="*", metavar="CODE", help="A job, as list_jobs names it.")

    def perform(self, *, codes: Sequence[str], **options: Any) -> None:
        outcomes = []
        with Workman() as worker:
            jobs = [_job(code) for code in codes]
            for outcome in self._named(worker, jobs) if jobs else worker.do_what_is_due():
                outcomes.append(outcome)
                if not self.as_json:
                    self.stdout.write(outcome_text(outcome))
        if self.as_json:
            self.show([outcome_row(outcome) for outcome in outcomes])
        elif not outcomes:
            self.stdout.write("Nothing found.")
        failed = [outcome.code for outcome in outcomes if not outcome.succeeded]
        if failed:
            raise Error(f"Failed: {', '.join(failed)}.")

    def _named(self, worker: Workman, jobs: Sequence[Job]) -> Iterator[Outcome]:
        for job in jobs:
            run = run_job_now(job=job, by=Shell())
            yield worker.do_run(run.pk) or Outcome(job.code, True, "Another worker is doing it.")


def _job(code: str) -> Job:
    found = Job.objects.declared().filter(code=code).first()
    if found is not None:
        return found
    near = difflib.get_close_matches(code, Job.objects.declared().values_list("code", flat=True), n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else "list_jobs names them."
    raise Refused("not_found", f"There is no job “{code}”. {hint}")
