"""The canonical text of a record, and the digest that it carries of itself.

RFC 8785 (JSON Canonicalization Scheme) for what records hold: objects, lists, texts, whole numbers, true, false, null.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DIGEST = "pc:digest"
METHOD = "SHA-256 of the record without this member, as canonical JSON (RFC 8785)"


def canonical(value: Any) -> bytes:
    """The value in its one canonical form. Raises ValueError for what has none: fractions, half characters."""
    _check(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _check(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError("a number with a fraction")
    if isinstance(value, int) and abs(value) >= 2**53:
        raise ValueError("a number too large for JSON")
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        _check(inner)
    # Python orders by code point, RFC 8785 by UTF-16 unit: the same for the names that records have.
    if isinstance(value, Mapping) and not all(isinstance(key, str) and key.isascii() for key in value):
        raise ValueError("a name that is not ASCII")


def digest_of(record: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of the record without its own digest."""
    return hashlib.sha256(
        canonical({key: value for key, value in record.items() if key != DIGEST})
    ).hexdigest()


def sealed(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its digest."""
    return record | {DIGEST: {"pc:method": METHOD, "pc:sha256": digest_of(record)}}


def is_whole(record: Mapping[str, Any]) -> bool:
    """Whether the record is what its digest says."""
    found = record.get(DIGEST)
    try:
        return isinstance(found, Mapping) and found.get("pc:sha256") == digest_of(record)
    except (ValueError, UnicodeEncodeError, RecursionError):
        return False
