"""The sizes and colours in which pages are looked at."""

from __future__ import annotations

from typing import TypeVar

from django.db import connection

Look = TypeVar("Look")


def looks(*every: Look) -> list[Look]:
    """How a page looks depends on no database: SQLite's run sees every look, PostgreSQL's the first of them."""
    return list(every if connection.vendor == "sqlite" else every[:1])
