"""Django's SQLite backend, whose connections can say who is acting and whose migrations keep the triggers."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor as SQLiteSchemaEditor

from audit.backends.migrating import TriggerKeepingSchemaEditor
from audit.context import Context, current


class Answers:
    """`audit_context(key)` for one connection. Triggers ask several times for each row, so it is a mere look-up."""

    def __init__(self) -> None:
        self._nobody = Context()
        self._known: Context | None = None
        self._values: dict[str, str] = {}

    def __call__(self, key: str) -> str | None:
        context = current() or self._nobody
        if context is not self._known:
            self._known, self._values = context, context.values()
        return self._values.get(key)


class DatabaseSchemaEditor(TriggerKeepingSchemaEditor, SQLiteSchemaEditor):
    pass


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection on which the triggers find `audit_context(name)`; unattributed where no door is open."""
        connection = super().get_new_connection(conn_params)
        connection.create_function("audit_context", 1, Answers())
        # Without it INSERT OR REPLACE would delete the row it replaces past the delete triggers.
        connection.execute("PRAGMA recursive_triggers = ON")
        return connection
