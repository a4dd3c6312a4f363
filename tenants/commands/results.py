"""Results as text for a person, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from privacy_console.timestamps import utc_text
from tenants.commands.errors import one_line

Row = Mapping[str, Any]
LONG = 100


def as_json(result: Any) -> str:
    """Times in UTC, ISO 8601; ids as they are."""
    return json.dumps(result, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def as_text(result: Row | Sequence[Row]) -> str:
    """One object as lines of name and value, several as a table."""
    if isinstance(result, Mapping):
        width = max((len(name) for name in result), default=0)
        return "\n".join(_line(name, value, width) for name, value in result.items())
    return _table(result) if result else "Nothing found."


def _line(name: str, value: object, width: int) -> str:
    """A name with its value; a long list takes a line for each of what it holds."""
    text = _cell(value)
    if isinstance(value, (list, tuple)) and len(text) > LONG:
        text = f"\n{'':{width}}  ".join(map(_cell, value))
    return f"{_words(name):{width}}  {text}".rstrip()


def _table(rows: Sequence[Row]) -> str:
    names = list(rows[0])
    lines = [[_words(name) for name in names]] + [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M %Z}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_cell, value))
    return "" if value is None else one_line(str(value))
