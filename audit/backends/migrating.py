"""Schema changes that never leave a table without its triggers.

SQLite rebuilds a table to alter it, which drops its triggers, and refuses to while a trigger elsewhere refers to the
table; PostgreSQL keeps triggers whose functions then know the old columns. So on both: the first statement that
changes the schema takes our triggers down, and they are put back, right for the new tables, before any statement
that changes data and before the migration's transaction commits. A migration that dies midway rolls back with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlparse
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from audit import triggers

if TYPE_CHECKING:
    _Base = BaseDatabaseSchemaEditor
else:
    _Base = object

DATA_STATEMENTS = ("INSERT", "UPDATE", "DELETE", "WITH", "REPLACE", "MERGE", "COPY", "DO", "CALL")
COMMENTS = re.compile(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
REBUILD = 'INSERT INTO "new__'


def _first_word(sql: str) -> str:
    found = re.match(r"\w+", COMMENTS.sub("", sql, count=1))
    return found.group().upper() if found else ""


def _is_data(sql: str) -> bool:
    return _first_word(sql) in DATA_STATEMENTS and not sql.startswith(REBUILD)


class TriggerKeepingSchemaEditor(_Base):
    """Mixed into the schema editor of both engines."""

    _triggers_down = False

    def __enter__(self) -> Any:
        entered = super().__enter__()
        self._watch = self.connection.execute_wrapper(self._before_data)
        self._watch.__enter__()
        return entered

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        self._watch.__exit__(exc_type, exc_value, traceback)
        try:
            if exc_type is None and not self.collect_sql:
                self._run_deferred()
            # What failed inside a transaction takes its missing triggers back with it.
            if not self.collect_sql and (exc_type is None or not self.atomic_migration):
                triggers.install(self.connection)
        except BaseException as error:
            super().__exit__(type(error), error, error.__traceback__)
            raise
        super().__exit__(exc_type, exc_value, traceback)

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Run one statement of a migration: schema changes with our triggers down, data changes with them up."""
        statements = sqlparse.split(str(sql)) if ";" in str(sql) and not params else []
        if len({_is_data(statement) for statement in statements}) > 1:
            for statement in statements:
                self.execute(statement, params)
            return
        if not self.collect_sql and not _is_data(str(sql)) and not self._triggers_down:
            triggers.take_down(self.connection)
            self._triggers_down = True
        super().execute(sql, params)

    @contextmanager
    def beside_the_trail(self) -> Iterator[None]:
        """For a migration that says what is known already in another form, also in the history: it is no change."""
        triggers.take_down(self.connection)
        self._triggers_down = False
        yield
        # PostgreSQL alters no table on which deferred checks still wait; on SQLite nothing waits for statements.
        self.connection.check_constraints()
        triggers.install(self.connection)

    def _run_deferred(self) -> None:
        for sql in self.deferred_sql:
            self.execute(sql, None)
        self.deferred_sql = []

    def _before_data(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if self._triggers_down and _is_data(str(sql)):
            self._triggers_down = False
            triggers.install(self.connection)
        return execute(sql, params, many, context)
