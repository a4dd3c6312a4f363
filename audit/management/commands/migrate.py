"""Django's `migrate`, which may run while the triggers are wrong: it is what puts them right."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate


class Command(migrate.Command):
    def check(self, *args: Any, databases: Any = None, **options: Any) -> None:
        """Check everything but the database, which is about to change (audit.E002 says: run `migrate`)."""
        super().check(*args, **options)
