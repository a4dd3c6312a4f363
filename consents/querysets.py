"""The reading vocabulary of consents: `Consent.objects.for_tenant(tenant).in_force(at=instant)`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from tenants.scoping import TenantManager

if TYPE_CHECKING:
    from catalog.models import Service
    from consents.models import Consent  # noqa: F401


def in_state(state: str, at: datetime) -> Q:
    """`Consent.state_at` as a condition, on consents and on their history: a grant whose end has passed has expired."""
    has_ended = Q(status="granted", ends_at__lte=at)
    return Q(status=state) | has_ended if state == "expired" else Q(status=state) & ~has_ended


def holding(at: datetime) -> Q:
    """`Consent.is_in_force` as a condition, on consents and on their history."""
    return Q(effective_from__lte=at) & (Q(ends_at__isnull=True) | Q(ends_at__gt=at))


class ConsentQuerySet(models.QuerySet["Consent"]):
    def in_force(self, at: datetime | None = None) -> Self:
        """What authorises data to flow at the instant (now, where none is given), as known now."""
        return self.filter(holding(at or timezone.now()))

    def overlapping(self, start: datetime, end: datetime | None) -> Self:
        """What holds at some instant of [start, end); without an end, from start on."""
        lasting = Q(ends_at__isnull=True) | (Q(ends_at__gt=start) & Q(ends_at__gt=F("effective_from")))
        found = self.filter(lasting, effective_from__isnull=False)
        return found if end is None else found.filter(effective_from__lt=end)

    def awaiting_decision(self) -> Self:
        return self.filter(status="requested")

    def for_service(self, service: Service, connection: str = "") -> Self:
        return self.filter(service=service, connection=connection)

    def with_coverage(self) -> Self:
        """Adds `flows_covered` and `personal_flows_covered`."""
        return self.annotate(
            flows_covered=Count("covered_flows"),
            personal_flows_covered=Count("covered_flows", filter=Q(covered_flows__personal=True)),
        )

    def with_open_steps(self) -> Self:
        """Adds `steps_open`: how many steps of its ending are still to be done."""
        steps = apps.get_model("consents", "EndingStep")._base_manager
        still_open = steps.filter(consent=OuterRef("pk"), status="open").order_by().values("consent")
        count = still_open.annotate(count=Count("pk")).values("count")
        return self.annotate(steps_open=Coalesce(Subquery(count), 0))


ConsentManager = TenantManager.from_queryset(ConsentQuerySet)
