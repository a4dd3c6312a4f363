"""What the database refused, in the words of the rule that it kept: a guard's or a named constraint's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models

from privacy_console.errors import Refused

GUARD = re.compile(r"(?P<name>[a-z][a-z0-9_]*): (?P<sentence>[^\n]+)")
SQLITE_CHECK = re.compile(r"CHECK constraint failed: (\w+)")
SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)")


def refusal_of(error: IntegrityError) -> Refused | None:
    """The refusal that a broken rule is: its name as the code, its sentence for the person. None for anything else."""
    first = next(iter(str(error).splitlines()), "")
    guard = GUARD.fullmatch(first)
    if guard and guard["name"] in _guards():
        return Refused(guard["name"], guard["sentence"])
    constraint = _named(error) or _checked(first) or _unique(first)
    return Refused(constraint.name, str(constraint.violation_error_message)) if constraint else None


def _guards() -> set[str]:
    return {guard.name for model in apps.get_models() for guard in getattr(model, "guards", ())}


def _constraints() -> Iterator[tuple[Any, Any]]:
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.violation_error_message != constraint.default_violation_error_message:
                yield model, constraint


def _by_name(name: str | None) -> Any:
    return next((constraint for _, constraint in _constraints() if constraint.name == name), None)


def _named(error: IntegrityError) -> Any:
    """PostgreSQL names the constraint beside its message."""
    return _by_name(getattr(getattr(error.__cause__, "diag", None), "constraint_name", None))


def _checked(text: str) -> Any:
    found = SQLITE_CHECK.search(text)
    return _by_name(found[1]) if found else None


def _unique(text: str) -> Any:
    """SQLite names the columns only, in their order."""
    found = SQLITE_UNIQUE.search(text)
    return next((one for one, columns in _unique_columns() if found and columns == found[1]), None)


def _unique_columns() -> Iterator[tuple[Any, str]]:
    for model, constraint in _constraints():
        if isinstance(constraint, models.UniqueConstraint):
            meta = model._meta
            names = (f"{meta.db_table}.{meta.get_field(name).column}" for name in constraint.fields)
            yield constraint, ", ".join(names)
