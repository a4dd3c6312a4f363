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
        cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')
        columns = [(column[0], _is_json(connection, column[1])) for column in cursor.description]
        # JSON as text: the driver would give objects back, which it does not take.
        picked = [f'"{name}"::text' if is_json else f'"{name}"' for name, is_json in columns]
        cursor.execute(f'SELECT {", ".join(picked)} FROM "{table}"')
        return [name for name, _ in columns], cursor.fetchall()


def _is_json(connection: BaseDatabaseWrapper, type_code: Any) -> bool:
    return connection.vendor == "postgresql" and type_code in (114, 3802)


def _write(connection: BaseDatabaseWrapper, table: str, columns: list[str], rows: list[Any]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', rows)
