"""JSON as RFC 8259 has it, and nothing that Python's decoder would let pass beside."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def strict_json(text: str) -> Any:
    """The text decoded. Raises ValueError for what is no JSON or has a name twice in one object, RecursionError."""
    return json.loads(text, object_pairs_hook=_each_name_once, parse_constant=refuse_constant)


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


def refuse_constant(constant: str) -> NoReturn:
    """For `parse_constant`: NaN and Infinity are no JSON. Raises ValueError."""
    raise ValueError(f"{constant} is not JSON")
