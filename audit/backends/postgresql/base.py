"""Django's PostgreSQL backend, whose sessions say who is acting and whose migrations keep the triggers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.schema import DatabaseSchemaEditor as PostgreSQLSchemaEditor

from audit.backends.migrating import TriggerKeepingSchemaEditor
from audit.context import Context, current


class DatabaseSchemaEditor(TriggerKeepingSchemaEditor, PostgreSQLSchemaEditor):
    pass


class DatabaseWrapper(base.DatabaseWrapper):
    """Before the first write under a context the session is told it: one round trip for each door that writes.

    The setting belongs to the session, so a pooler in front must pool sessions, not transactions.
    """

    SchemaEditorClass = DatabaseSchemaEditor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._attribute_first)

    def _attribute_first(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if not str(sql).startswith("SELECT"):
            self.attribute(current())
        return execute(sql, params, many, context)

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor on a session that speaks for nobody but the open door, even for what the driver sends itself."""
        if getattr(self.connection, "told_context", None) not in (None, current()):
            self.attribute(None)
        cursor = super().create_cursor(name)
        # These two reach the driver without passing Django's wrappers.
        for method in ("copy", "callproc"):
            if hasattr(cursor, method):
                setattr(cursor, method, self._attributed(getattr(cursor, method)))
        return cursor

    def _attributed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.attribute(current())
            return method(*args, **kwargs)

        return call

    def attribute(self, context: Context | None) -> None:
        """Tell the session who is acting from here on; None takes the last one back."""
        self.ensure_connection()
        if getattr(self.connection, "told_context", None) is context:
            return
        value = context.as_json() if context else ""
        with self.connection.cursor() as cursor:  # the driver's own: this is not one of the caller's queries
            cursor.execute("SELECT set_config('console.attribution', %s, false)", [value])
        self.connection.told_context = context

    def _forget(self) -> None:
        """A rollback takes the setting back with it, to whatever it was before."""
        if self.connection is not None:
            self.connection.told_context = NEVER_TOLD

    def _rollback(self) -> None:
        super()._rollback()  # type: ignore[misc]
        self._forget()

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self._forget()


NEVER_TOLD = Context()
