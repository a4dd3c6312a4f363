"""Django's `migrate`, which may run while the triggers are wrong: it is what puts them right."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate

SELDOM = 100_000


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        """Migrate, as Django does."""
        with _collecting_seldom():
            return super().handle(*args, **options)

    def check(self, *args: Any, databases: Any = None, **options: Any) -> None:
        """Check everything but the database, which is about to change (audit.E002 says: run `migrate`)."""
        super().check(*args, **options)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Each step makes thousands of model classes anew; looking for garbage among them takes a quarter of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(SELDOM, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
