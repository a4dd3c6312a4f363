from __future__ import annotations

from typing import Any

from tenants.commands import ConsoleCommand
from work.management.rows import job_row
from work.models import Job
from work.planning import know_jobs


class Command(ConsoleCommand):
    help = "List what the console does by itself: when each job runs next, and how its last run ended."

    def perform(self, **options: Any) -> None:
        know_jobs()
        self.show([job_row(job) for job in Job.objects.declared().with_running()])
