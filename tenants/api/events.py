"""The timelines: one of each tenant, one of the platform. They stand here because the trail itself knows no tenants."""

from __future__ import annotations

from typing import Any

from audit.api.filters import EventFilters
from audit.api.serializers import EventSerializer
from audit.models import AuditEvent
from audit.timeline import describe
from tenants.api.viewsets import InTenant, PrincipalViewSet
from tenants.roles import Permission


class EventsViewSet(PrincipalViewSet):
    """What happened to the shared catalog and to accounts. For operators."""

    permissions_needed = {"list": Permission.MANAGE_TENANT, "retrieve": Permission.MANAGE_TENANT}
    serializer_class = EventSerializer
    filterset_class = EventFilters
    ordering = ("-occurred_at",)
    ordering_fields = ("occurred_at",)
    has_past = True

    def timeline(self) -> Any:
        return AuditEvent.objects.of_platform()

    def get_queryset(self) -> Any:
        events = self.timeline().select_related("attribution")
        return events if self.as_of is None else events.filter(occurred_at__lte=self.as_of)

    def present(self, rows: list[Any]) -> list[Any]:
        return describe(rows)

    def version(self, instance: Any) -> int:
        """Events never change."""
        return int(instance.event.pk)


class TenantEventsViewSet(InTenant, EventsViewSet):
    """The tenant's timeline: every change and every deed, newest first."""

    permissions_needed = {"list": Permission.VIEW_EVENTS, "retrieve": Permission.VIEW_EVENTS}

    def timeline(self) -> Any:
        return AuditEvent.objects.for_tenant(self.tenant)
