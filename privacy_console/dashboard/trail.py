"""The latest of the timelines at hand."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from audit.history import part_types
from audit.models import AuditEvent
from consents.models import Consent
from privacy_console.dashboard.reader import SHOWN, Reader


def recent_events(reader: Reader) -> list[AuditEvent]:
    """The latest entries of the timelines at hand; of the platform's for an operator who chose no tenant.

    Without those who merely signed in or out: they would be all one sees.
    """
    if reader.role == "operator" and reader.chosen is None:
        events = AuditEvent.objects.of_platform().filter(
            ~Q(category="catalog") | Q(resource_type="catalog.edition")
        )
    else:
        events = AuditEvent.objects.for_tenants(reader.tenants).exclude(resource_type__in=part_types())
    events = events.exclude(category="sign-in", result=AuditEvent.Result.SUCCESS)
    latest = list(events.select_related("attribution", "tenant")[:SHOWN])
    _name_consents(reader, latest)
    return latest


def _name_consents(reader: Reader, events: list[AuditEvent]) -> None:
    """The trail names a consent by its connection alone, which most have none of."""
    of_consents = [event for event in events if event.resource_type == "consents.consent"]
    named = (
        reader.own(Consent)
        .select_related("service")
        .in_bulk([int(event.resource_id) for event in of_consents])
    )
    for event in of_consents:
        event.resource_name = str(named.get(int(event.resource_id), event.resource_name))


def changes_since(reader: Reader, since: datetime) -> int:
    events = AuditEvent.objects.for_tenants(reader.tenants).exclude(resource_type__in=part_types())
    return events.filter(occurred_at__gte=since).count()
