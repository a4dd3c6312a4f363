"""The sizes and colours in which pages are looked at."""

from __future__ import annotations

from typing import TypeVar

from django.db import connection

from tests.browser.conftest import Visitor

Look = TypeVar("Look")


def barriers(visitor: Visitor) -> list[str]:
    """What axe-core finds on the page, where looks are tried: on SQLite."""
    return visitor.barriers() if connection.vendor == "sqlite" else []


def looks(*every: Look) -> list[Look]:
    """How a page looks depends on no database: SQLite's run sees every look, PostgreSQL's the first of them."""
    return list(every if connection.vendor == "sqlite" else every[:1])
