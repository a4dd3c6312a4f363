"""The small catalog of another service, whose one service can have many connections."""

from __future__ import annotations

from typing import Any

from tests.catalog.documents import small


def fleet() -> dict[str, Any]:
    """To be changed at will."""
    document = small()
    document["services"][0]["per_tenant"] = "many"
    return document
