from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


def keep_jobs_known(using: str, **kwargs: Any) -> None:
    """After every `migrate` each declared job has its place in the schedule, once there is one."""
    from work.models import Job
    from work.planning import know_jobs

    if Job._meta.db_table in connections[using].introspection.table_names():
        know_jobs()


class WorkConfig(AppConfig):
    name = "work"
    verbose_name = "What waits, and what runs by itself"

    def ready(self) -> None:
        from work import digest, housekeeping, tokens  # noqa: F401

        autodiscover_modules("jobs", "worklist")
        post_migrate.connect(keep_jobs_known, sender=self, dispatch_uid="work.keep_jobs_known")
