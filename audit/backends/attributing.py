"""What both engines' connections share: before anything is written, the database is told who is acting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.backends.base.base import BaseDatabaseWrapper

from audit.context import Context, current

if TYPE_CHECKING:
    _Base = BaseDatabaseWrapper
else:
    _Base = object


class AttributingWrapper(_Base):
    """Mixed into the database wrapper of both engines."""

    # What the driver's cursor offers that reaches the database without passing Django's wrappers.
    past_the_wrappers: ClassVar[tuple[str, ...]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._attribute_first)

    def attribute(self, context: Context | None) -> None:
        """Tell the database who is acting from here on; None takes the last one back."""
        raise NotImplementedError

    def _attribute_first(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if not str(sql).startswith("SELECT"):
            self.attribute(current())
        return execute(sql, params, many, context)

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = super().create_cursor(name)
        for method in self.past_the_wrappers:
            if hasattr(cursor, method):
                setattr(cursor, method, self._attributed(getattr(cursor, method)))
        return cursor

    def _attributed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.attribute(current())
            return method(*args, **kwargs)

        return call
