"""JSON of any length, written in portions; each row stands on a line of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from privacy_console.timestamps import utc_text
from tenants.models import Tenant


def pieces(header: Mapping[str, Any], name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The text of the file: the header's values, then the rows in a list of this name."""
    yield "{\n" + "".join(f" {json.dumps(key)}: {dumped(value)},\n" for key, value in header.items())
    yield f" {json.dumps(name)}: ["
    separator = "\n"
    for row in rows:
        yield f"{separator}  {dumped(row)}"
        separator = ",\n"
    yield "\n ]\n}\n"


def digest(text: Iterable[str]) -> str:
    """SHA-256 of a file of these pieces."""
    found = hashlib.sha256()
    for piece in text:
        found.update(piece.encode())
    return found.hexdigest()


def about(tenant: Tenant) -> dict[str, Any]:
    """Which tenant it is, for the header."""
    return {
        "slug": tenant.slug,
        "name": tenant.name,
        "directory_id": tenant.directory_id,
        "country": tenant.country,
    }


def dumped(value: Any) -> str:
    """JSON, times in UTC; half a character from a damaged text becomes a mark, for no file can hold it."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return text.encode("utf-8", errors="replace").decode()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    return value.isoformat() if isinstance(value, date) else str(value)
