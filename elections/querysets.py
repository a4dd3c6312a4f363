"""The reading vocabulary of elections: `StorageElection.objects.for_tenant(tenant).in_force(at=instant)`.

An election holds from `effective_from` until the next approved one begins. The conditions here say so of the rows as
known now and, given `others`, of their history: `others` are all the elections among which the next one is looked for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from tenants.scoping import TenantManager

APPROVED = "approved"


def begun(at: datetime) -> Q:
    """Approved, and begun at the instant."""
    return Q(status=APPROVED, effective_from__lte=at)


def awaited(at: datetime) -> Q:
    """Approved, and still to begin at the instant."""
    return Q(status=APPROVED, effective_from__gt=at)


def storage_holding(at: datetime, others: Any) -> Q:
    """Begun, and none of the others has begun since."""
    later = others.filter(begun(at), tenant=OuterRef("tenant"), effective_from__gt=OuterRef("effective_from"))
    return begun(at) & ~Q(Exists(later))


def collection_holding(at: datetime, others: Any) -> Q:
    """Begun, and of one of its features at least no other has decided since. What an election switches never changes,
    so the parts are read as they are, for past knowledge too."""
    parts = apps.get_model("elections", "ElectedFeature")._base_manager.all()
    same_feature = parts.filter(election=OuterRef("id"), feature=OuterRef(OuterRef("feature")))
    since = Q(effective_from__gt=OuterRef(OuterRef("effective_from"))) | Q(
        effective_from=OuterRef(OuterRef("effective_from")), id__gt=OuterRef(OuterRef("id"))
    )
    later = others.filter(begun(at), since, Exists(same_feature), tenant=OuterRef("tenant"))
    return begun(at) & Q(Exists(parts.filter(~Exists(later), election=OuterRef("id"))))


class ElectionQuerySet(models.QuerySet[Any]):
    def awaiting_decision(self) -> Self:
        return self.filter(status="proposed")

    def approved(self) -> Self:
        return self.filter(status=APPROVED)

    def scheduled(self, at: datetime | None = None) -> Self:
        """Approved, and still to begin."""
        return self.filter(awaited(at or timezone.now()))

    def in_force(self, at: datetime | None = None) -> Self:
        """What holds at the instant (now, where none is given), as known now."""
        return self.filter(self.model.in_state("in_force", at or timezone.now()))

    def in_state(self, state: str, at: datetime | None = None) -> Self:
        """`Election.state_at` as a filter."""
        return self.filter(self.model.in_state(state, at or timezone.now()))


ElectionManager = TenantManager.from_queryset(ElectionQuerySet)
