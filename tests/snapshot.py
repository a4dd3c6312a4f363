"""The rows of a whole database, kept aside and put back: what a test that really commits leaves is undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder


@dataclass(frozen=True)
class Snapshot:
    """Rows by table, as the driver gave them."""

    rows: dict[str, tuple[list[str], list[Any]]]

    @classmethod
    def of(cls, connection: BaseDatabaseWrapper) -> Snapshot:
        """The rows of every table of the installed models."""
        tables = connection.introspection.django_table_names(only_existing=True)
        kept = MigrationRecorder.Migration._meta.db_table
        return cls({table: _read(connection, table) for table in tables if table != kept})

    def restore(self, connection: BaseDatabaseWrapper) -> None:
        """Put the rows into the empty tables; the caller has the triggers down and a transaction open."""
        for table, (columns, rows) in self.rows.items():
            if rows:
                _write(connection, table, columns, rows)


def _read(connection: BaseDatabaseWrapper, table: str) -> tuple[list[str], list[Any]]:
    with connection.cursor() as cursor:
        description = connection.introspection.get_table_description(cursor, table)
        # JSON as text: the driver would give objects back, which it does not take.
        picked = [
            f'"{c.name}"::text' if _is_json(connection, c.type_code) else f'"{c.name}"' for c in description
        ]
        cursor.execute(f'SELECT {", ".join(picked)} FROM "{table}"')
        return [c.name for c in description], cursor.fetchall()


def _is_json(connection: BaseDatabaseWrapper, type_code: Any) -> bool:
    return connection.vendor == "postgresql" and type_code in (114, 3802)


def _write(connection: BaseDatabaseWrapper, table: str, columns: list[str], rows: list[Any]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', rows)
