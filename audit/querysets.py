"""The reading vocabulary of the trail: the timeline, and past states of any audited model."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Max, Q, Subquery
from simple_history.manager import HistoricalQuerySet

if TYPE_CHECKING:
    from audit.models import AuditEvent  # noqa: F401


class EventQuerySet(models.QuerySet["AuditEvent"]):
    def for_tenant(self, tenant: Any) -> Self:
        """The timeline of one tenant."""
        return self.filter(tenant=tenant)

    def for_tenants(self, tenants: Iterable[Any]) -> Self:
        return self.filter(tenant__in=tenants)

    def of_platform(self) -> Self:
        """What happened to the shared catalog, the tenants themselves and the accounts."""
        return self.filter(tenant__isnull=True)

    def about(self, instance: models.Model) -> Self:
        """Everything that happened to one object, newest first."""
        return self.filter(resource_type=instance._meta.label_lower, resource_id=str(instance.pk)).order_by(
            "-id"
        )

    def matching(self, words: str) -> Self:
        """Events whose resource, activity, actor or reason contains each of the words."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(resource_name__icontains=word)
                | Q(activity__icontains=word)
                | Q(attribution__actor_name__icontains=word)
                | Q(attribution__reason__icontains=word)
            )
        return found


class PastQuerySet(HistoricalQuerySet):
    """History rows. Their order is the order of their ids: each id is that of its event in the timeline."""

    def known_at(self, instant: datetime) -> Self:
        """The state of every object as it was known at `instant`: its last row by then, unless that deleted it."""
        return self._latest(Q(history_date__lte=instant))

    def up_to_event(self, event_id: int) -> Self:
        """The state after the event `event_id`: exact even where two changes share their instant."""
        return self._latest(Q(history_id__lte=event_id))

    def _latest(self, until: Q) -> Self:
        last = (
            self.model._base_manager.filter(until)
            .order_by()
            .values(self._pk_attr)
            .annotate(last=Max("history_id"))
            .values("last")
        )
        latest: Self = self.filter(history_id__in=Subquery(last)).exclude(history_type="-")
        return latest
