from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from tenants.commands import ConsoleCommand
from work.management.rows import outcome_row, outcome_text
from work.worker import Workman


class Command(ConsoleCommand):
    help = (
        "Do the console's own work as it comes due: scheduled jobs, imports, e-mail. Runs until it is stopped; the "
        "first SIGTERM or Ctrl-C lets the job at hand end. Several workers can run, on several machines."
    )
    atomic = False

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do what is due now, then end.")

    def perform(self, *, once: bool, **options: Any) -> None:
        with Workman() as worker, worker.stopping_at_signals():
            if once:
                self._once(worker)
            else:
                self.remark(f"{worker.name} is at work.")
                worker.work_until_stopped()

    def _once(self, worker: Workman) -> None:
        outcomes = list(worker.do_what_is_due())
        text = "\n".join(map(outcome_text, outcomes)) or "Nothing was due."
        self.show({"worker": worker.name, "done": [outcome_row(outcome) for outcome in outcomes]}, text=text)
