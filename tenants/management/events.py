"""How commands show the events of the trail: as the API does, or in a line."""

from __future__ import annotations

from typing import Any

from audit.api.serializers import EventSerializer
from audit.timeline import DescribedEvent


def event_row(described: DescribedEvent) -> dict[str, Any]:
    """One event, whole, as the API shows it."""
    return dict(EventSerializer(described).data)


def event_line(described: DescribedEvent) -> dict[str, Any]:
    """What a line of a list says of an event."""
    event = described.event
    did_it = event.result == event.Result.SUCCESS
    return {
        "id": str(event.pk),
        "occurred_at": event.occurred_at,
        "actor": str(event.attribution),
        "origin": event.attribution.origin,
        "activity": event.activity if did_it else f"{event.activity} ({event.result})",
        "object": event.resource_name or event.resource_id,
        "reason": event.attribution.reason,
    }
