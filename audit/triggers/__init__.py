"""Triggers that write the trail, keep it append-only, keep tenants apart and note what depends on a change."""

from __future__ import annotations

from types import ModuleType

from django.db.backends.base.base import BaseDatabaseWrapper

from audit.triggers.plan import Trigger, owned_by_tenant

__all__ = ["differences", "install", "owned_by_tenant", "take_down"]


def _dialect(connection: BaseDatabaseWrapper) -> ModuleType:
    from audit.triggers import postgresql, sqlite

    return {"sqlite": sqlite, "postgresql": postgresql}[connection.vendor]


def install(connection: BaseDatabaseWrapper) -> list[str]:
    """Put every trigger in place and remove those no longer wanted; returns the names that were made anew.

    Raises whatever the database says; call it inside a transaction, so that nothing is half-installed.
    """
    dialect = _dialect(connection)
    missing, wrong = _compared(connection)
    with connection.cursor() as cursor:
        for trigger in wrong:
            cursor.execute(dialect.drop(trigger))
        for statement in dialect.prepare(connection):
            cursor.execute(statement)
        for trigger in missing:
            cursor.execute(trigger.create)
    return [t.name for t in missing]


def take_down(connection: BaseDatabaseWrapper) -> None:
    """Remove every trigger of ours: SQLite cannot rebuild a table that a trigger elsewhere refers to."""
    dialect = _dialect(connection)
    with connection.cursor() as cursor:
        for trigger in dialect.installed(connection).values():
            cursor.execute(dialect.drop(trigger))


def differences(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of triggers that are missing, wrong or too many; empty when the database is as it should be."""
    missing, wrong = _compared(connection)
    return sorted({trigger.name for trigger in (*missing, *wrong)})


def _compared(connection: BaseDatabaseWrapper) -> tuple[list[Trigger], list[Trigger]]:
    """The triggers to make, and the installed ones to remove: those that are wrong, and those nobody asks for."""
    dialect = _dialect(connection)
    wanted = {t.name: t for t in dialect.wanted(connection)}
    present = dialect.installed(connection)
    missing = [t for name, t in wanted.items() if not _is_right(t, present.get(name))]
    wrong = [t for name, t in present.items() if name not in wanted or not _is_right(wanted[name], t)]
    return missing, wrong


def _is_right(wanted: Trigger, present: Trigger | None) -> bool:
    return present is not None and (wanted.signature, wanted.table) == (present.signature, present.table)
