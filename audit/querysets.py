"""The reading vocabulary of the trail: the timeline, and past states of any audited model."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from simple_history.manager import HistoricalQuerySet

from privacy_console.errors import ScopeRequired

if TYPE_CHECKING:
    from audit.models import AuditEvent  # noqa: F401


class EventQuerySet(models.QuerySet["AuditEvent"]):
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


class EventManager(models.Manager["AuditEvent"]):
    """`AuditEvent.objects`: answers once it is told whose timeline, like every tenant-owned model."""

    def get_queryset(self) -> EventQuerySet:
        raise ScopeRequired(self.model)

    def for_tenant(self, tenant: Any) -> EventQuerySet:
        """The timeline of one tenant."""
        return self.across_tenants().filter(tenant=tenant)

    def for_tenants(self, tenants: Iterable[Any]) -> EventQuerySet:
        """The timelines of several tenants."""
        return self.across_tenants().filter(tenant__in=tenants)

    def of_platform(self) -> EventQuerySet:
        """What happened to the shared catalog and to the accounts."""
        return self.across_tenants().filter(tenant__isnull=True)

    def about(self, instance: models.Model) -> EventQuerySet:
        """Everything that happened to one object at hand, newest first."""
        return self.across_tenants().about(instance)

    def across_tenants(self) -> EventQuerySet:
        """Every timeline: for the platform's own work, never for a tenant's page or answer."""
        return EventQuerySet(self.model, using=self._db)


def of_same_object(history_model: Any) -> models.QuerySet[Any]:
    """For a subquery: the history rows of the object that the outer query's row is of."""
    key = {name: OuterRef(name) for name in history_model.object_key}
    rows: models.QuerySet[Any] = history_model._base_manager.filter(**key)
    return rows


class PastQuerySet(HistoricalQuerySet):
    """History rows. Their order is the order of their ids: each id is that of its event in the timeline."""

    def known_at(self, instant: datetime) -> Self:
        """The state of every object as it was known at `instant`: its last row by then, unless that deleted it."""
        return self._latest(Q(history_date__lte=instant))

    def up_to_event(self, event_id: int) -> Self:
        """The state after the event `event_id`: exact even where two changes share their instant."""
        return self._latest(Q(history_id__lte=event_id))

    def _latest(self, until: Q) -> Self:
        later = of_same_object(self.model).filter(until, history_id__gt=OuterRef("history_id"))
        latest: Self = self.filter(until, ~Exists(later)).exclude(history_type="-")
        return latest
