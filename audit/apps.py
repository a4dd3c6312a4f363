from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.models.signals import post_migrate


def keep_triggers_right(using: str, **kwargs: Any) -> None:
    """After every `migrate`, also one that had nothing to do, the triggers are there and right."""
    from audit import triggers

    with transaction.atomic(using=using):
        triggers.install(connections[using])


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Audit trail"

    def ready(self) -> None:
        from audit import checks  # noqa: F401

        post_migrate.connect(keep_triggers_right, dispatch_uid="audit.keep_triggers_right")
