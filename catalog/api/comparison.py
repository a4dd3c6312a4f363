"""Two editions of a catalog, held against each other record by record."""

from __future__ import annotations

from typing import Any

from catalog.kinds import Record, state_of
from catalog.models import Edition


def comparison(older: Edition, newer: Edition) -> dict[str, Any]:
    """What was added, removed and changed on the way, by kind; a constant number of queries."""
    before, after = (state_of(edition.catalog, edition) for edition in (older, newer))
    return {
        "from_edition": older.number,
        "to_edition": newer.number,
        "kinds": [{"kind": kind, **_compared(before[kind], after[kind])} for kind in after],
    }


def _compared(before: dict[str, Record], after: dict[str, Record]) -> dict[str, Any]:
    return {
        "added": [_named(code, after[code]) for code in sorted(after.keys() - before.keys())],
        "removed": [_named(code, before[code]) for code in sorted(before.keys() - after.keys())],
        "changed": [
            {**_named(code, after[code]), "fields_changed": _changes(before[code], after[code])}
            for code in sorted(before.keys() & after.keys())
            if before[code] != after[code]
        ],
    }


def _named(code: str, record: Record) -> dict[str, str]:
    return {"code": code, "name": record.get("name") or record.get("city", "")}


def _changes(before: Record, after: Record) -> list[dict[str, Any]]:
    return [
        {"name": key, "old_value": before[key], "new_value": after[key]}
        for key in after
        if before[key] != after[key]
    ]
