"""Django's PostgreSQL backend, whose sessions say who is acting and whose migrations keep the triggers."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.schema import DatabaseSchemaEditor as PostgreSQLSchemaEditor
from psycopg.pq import TransactionStatus

from audit.backends.attributing import AttributingWrapper
from audit.backends.migrating import TriggerKeepingSchemaEditor
from audit.context import Context, current


class DatabaseSchemaEditor(TriggerKeepingSchemaEditor, PostgreSQLSchemaEditor):
    pass


class DatabaseWrapper(AttributingWrapper, base.DatabaseWrapper):
    """Before the first write under a context the session is told it: one round trip for each door that writes.

    The setting belongs to the session, so a pooler in front must pool sessions, not transactions.
    """

    SchemaEditorClass = DatabaseSchemaEditor
    past_the_wrappers = ("copy", "callproc")

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor on a session that speaks for nobody but the open door, even for what the driver sends itself."""
        if getattr(self.connection, "told_context", None) not in (None, current()):
            self.attribute(None)
        return super().create_cursor(name)

    def attribute(self, context: Context | None) -> None:
        self.ensure_connection()
        if getattr(self.connection, "told_context", None) is context or self._has_failed():
            return
        value = context.as_json() if context else ""
        with self.connection.cursor() as cursor:  # the driver's own: this is not one of the caller's queries
            cursor.execute("SELECT set_config('console.attribution', %s, false)", [value])
        self.connection.told_context = context

    def _has_failed(self) -> bool:
        """Whether the transaction takes nothing any more but its rollback, which forgets what was told."""
        status: TransactionStatus = self.connection.info.transaction_status
        return status == TransactionStatus.INERROR

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
