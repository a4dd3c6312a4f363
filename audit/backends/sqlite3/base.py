"""Django's SQLite backend, whose connections can say who is acting and whose migrations keep the triggers."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor as SQLiteSchemaEditor

from audit.backends.migrating import TriggerKeepingSchemaEditor
from audit.context import Context, current


class DatabaseSchemaEditor(TriggerKeepingSchemaEditor, SQLiteSchemaEditor):
    pass


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection on which the triggers find `audit_context(name)`; unattributed where no door is open."""
        connection = super().get_new_connection(conn_params)
        nobody = Context(id=uuid.uuid4(), correlation_id=uuid.uuid4())
        connection.create_function("audit_context", 1, lambda key: (current() or nobody).value(key))
        # Without it INSERT OR REPLACE would delete the row it replaces past the delete triggers.
        connection.execute("PRAGMA recursive_triggers = ON")
        return connection
