"""Django's SQLite backend, whose connections can say who is acting and whose migrations keep the triggers."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor as SQLiteSchemaEditor

from audit.backends.attributing import AttributingWrapper
from audit.backends.migrating import TriggerKeepingSchemaEditor
from audit.context import Context, current


class DatabaseSchemaEditor(TriggerKeepingSchemaEditor, SQLiteSchemaEditor):
    pass


class DatabaseWrapper(AttributingWrapper, base.DatabaseWrapper):
    """Triggers ask `audit_context(name)` several times for each row, so it is a dictionary's own look-up."""

    SchemaEditorClass = DatabaseSchemaEditor
    past_the_wrappers = ("executescript",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._nobody = Context()
        self._told: Context | None = None
        self._answers: dict[str, str] = {}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection on which the triggers find `audit_context(name)`; unattributed where no door is open."""
        connection = super().get_new_connection(conn_params)
        connection.create_function("audit_context", 1, self._answers.get)
        # Without it INSERT OR REPLACE would delete the row it replaces past the delete triggers.
        connection.execute("PRAGMA recursive_triggers = ON")
        self.attribute(None)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        self.attribute(current())
        return super().create_cursor(name)

    def attribute(self, context: Context | None) -> None:
        context = context or self._nobody
        if context is not self._told:
            self._told = context
            self._answers.clear()
            self._answers.update(context.values())
