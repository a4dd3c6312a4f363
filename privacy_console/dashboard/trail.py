"""The latest of the timelines at hand."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from audit.history import part_types
from audit.models import AuditEvent
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
    return list(events.select_related("attribution", "tenant")[:SHOWN])


def changes_since(reader: Reader, since: datetime) -> int:
    events = AuditEvent.objects.for_tenants(reader.tenants).exclude(resource_type__in=part_types())
    return events.filter(occurred_at__gte=since).count()
