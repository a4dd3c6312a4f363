"""Ids that people and programs write."""

from __future__ import annotations

LARGEST_ID = 2**63 - 1


def key_of(text: str) -> int:
    """The id that the text names; 0, which no row has, for what can be none and would make a database stumble."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 20
    return int(text) if is_number and int(text) <= LARGEST_ID else 0
