"""How commands show dated things; the names are those of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from work.worklist import Item


def item_row(item: Item) -> dict[str, Any]:
    """What a line of a list says of an item."""
    return {
        "due": item.due,
        "since": item.since,
        "tenant": item.tenant.slug,
        "kind": item.kind,
        "title": item.title,
        "about": item.about,
    }


def whole_item_row(item: Item, at: datetime) -> dict[str, Any]:
    return item_row(item) | {
        "key": item.key,
        "urgency": item.urgency(at),
        "severity": item.severity,
        "owner": item.owner.username if item.owner else None,
        "resource_type": item.resource_type,
        "resource_id": item.resource_id,
        "page": item.url,
    }
