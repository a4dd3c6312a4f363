"""What every election has: who proposed it, who decided, from when it holds, and what they were told it means.

Only decisions are stored. Whether an approved election holds, is still to begin or has been followed by another one
says the clock: an election has no end of its own, it holds until the next one begins.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from audit.guards import Frozen, Guard, Kept, Moves
from catalog.models import Edition
from elections.querysets import ElectionManager, awaited, begun
from tenants.models import TenantOwned

PROPOSED_FIELDS = (
    "record_id", "reason", "edition_id", "consequences",
    "proposed_at", "proposed_by", "proposed_by_id", "proposed_role",
)  # fmt: skip
DECIDED_FIELDS = ("effective_from", "decided_at", "decided_by", "decided_by_id", "decision_reason")
WITHDRAWN_FIELDS = ("withdrawn_at", "withdrawn_by", "withdrawn_by_id", "withdraw_reason")


class Election(TenantOwned):
    """One standing decision of a tenant. A new one follows it; none is changed or prolonged."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class State(models.TextChoices):
        """What is shown: the status, and of an approved election whether it holds."""

        PROPOSED = "proposed", "Proposed"
        SCHEDULED = "scheduled", "Begins later"
        IN_FORCE = "in_force", "In force"
        SUPERSEDED = "superseded", "Followed by another"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    record_id = models.UUIDField(default=uuid.uuid4, editable=False, help_text="Names the record everywhere.")
    status = models.CharField(max_length=16, choices=Status, default=Status.PROPOSED, editable=False)
    reason = models.TextField(help_text="Why the organisation wants it so.")
    effective_from = models.DateTimeField(
        null=True, blank=True, help_text="From when it holds. Empty: from its approval on."
    )
    edition = models.ForeignKey(
        Edition, models.PROTECT, editable=False, related_name="+", verbose_name="catalog edition"
    )
    consequences = models.JSONField(
        default=list,
        blank=True,
        editable=False,
        help_text="What whoever proposed it was told that it means, as they were told it.",
    )

    proposed_at = models.DateTimeField(default=timezone.now, editable=False)
    proposed_by = models.CharField(max_length=254, editable=False)
    proposed_by_id = models.CharField(max_length=64, blank=True, editable=False)
    proposed_role = models.CharField(max_length=32, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_by = models.CharField(max_length=254, blank=True, editable=False)
    decided_by_id = models.CharField(max_length=64, blank=True, editable=False)
    decision_reason = models.TextField(blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.CharField(max_length=254, blank=True, editable=False)
    withdrawn_by_id = models.CharField(max_length=64, blank=True, editable=False)
    withdraw_reason = models.TextField(blank=True, editable=False)

    objects: ClassVar[ElectionManager] = ElectionManager()

    class Meta:
        abstract = True
        ordering = ("-proposed_at", "-id")
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.UniqueConstraint(
                fields=("tenant",),
                condition=Q(status="proposed"),
                name="one_%(class)s_proposed",
                violation_error_message="A proposal waits already: approve, reject or withdraw it first.",
            ),
            models.UniqueConstraint(
                fields=("tenant", "record_id"),
                name="%(class)s_record_is_unique",
                violation_error_message="This record is in the register already.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "approved", "rejected", "withdrawn"]),
                name="%(class)s_status_is_known",
                violation_error_message="An election is proposed, approved, rejected or withdrawn.",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | (Q(decided_at__isnull=False) & Q(effective_from__isnull=False)),
                name="approved_%(class)s_is_complete",
                violation_error_message="An approved election says when it was approved, and from when it holds.",
            ),
            models.CheckConstraint(
                condition=~Q(status="rejected") | (Q(decided_at__isnull=False) & ~Q(decision_reason="")),
                name="rejected_%(class)s_has_a_reason",
                violation_error_message="A rejection says when and why.",
            ),
            models.CheckConstraint(
                condition=~Q(status="withdrawn") | (Q(withdrawn_at__isnull=False) & ~Q(withdraw_reason="")),
                name="withdrawn_%(class)s_has_a_reason",
                violation_error_message="A withdrawal says when and why.",
            ),
            models.CheckConstraint(
                condition=~Q(status="withdrawn") | Q(decided_at__isnull=True) | Q(withdrawn_at__lt=F("effective_from")),
                name="%(class)s_in_force_is_not_withdrawn",
                violation_error_message="What has begun to hold is not withdrawn: elect anew, and that follows it.",
            ),
        )  # fmt: skip

    @classmethod
    def holding(cls, at: datetime, others: Any) -> Q:
        """In force at the instant, as a condition; others: all the elections that could follow one another."""
        raise NotImplementedError

    @classmethod
    def in_state(cls, state: str, at: datetime, others: Any = None) -> Q:
        """`state_at` as a condition on elections, or, with `others` from it, on their history."""
        holding = cls.holding(at, cls._base_manager.all() if others is None else others)
        by_clock = {
            cls.State.SCHEDULED: awaited(at),
            cls.State.IN_FORCE: holding,
            cls.State.SUPERSEDED: begun(at) & ~holding,
        }
        return by_clock.get(state, Q(status=state))  # type: ignore[call-overload, no-any-return]

    def state_at(self, at: datetime) -> str:
        """The state at an instant, as recorded now."""
        if self.status != self.Status.APPROVED:
            return self.status
        if not self.has_begun(at):
            return self.State.SCHEDULED
        return self.State.IN_FORCE if self.is_in_force(at) else self.State.SUPERSEDED

    @property
    def state(self) -> str:
        return self.state_at(timezone.now())

    def has_begun(self, at: datetime) -> bool:
        is_approved = self.status == self.Status.APPROVED
        return is_approved and self.effective_from is not None and self.effective_from <= at

    def is_in_force(self, at: datetime | None = None) -> bool:
        """Whether it holds at the instant: it has begun, and nothing that followed it has."""
        at = at or timezone.now()
        return self.has_begun(at) and (self.ends_at is None or self.ends_at > at)

    @cached_property
    def ends_at(self) -> datetime | None:
        """When the next one begins, as far as one is approved. Lists set it for all their rows at once."""
        raise NotImplementedError

    @property
    def is_past_dated(self) -> bool:
        """Recorded after it began to hold."""
        began, proposed = self.effective_from, self.proposed_at
        return began is not None and began < proposed


def life_of(model: str, *frozen: str) -> Sequence[Guard]:
    """The guards of an election's life. frozen: columns of its own that are part of what was proposed."""
    return (
        Kept(name=f"{model}_is_kept", message="An election is never deleted: withdraw it, or elect anew."),
        Frozen(
            name=f"{model}_is_as_proposed",
            message="What was proposed never changes: withdraw it and propose anew.",
            fields=(*PROPOSED_FIELDS, *frozen),
        ),
        Frozen(
            name=f"{model}_is_decided_once",
            message="A decision never changes: elect anew, and that follows it.",
            fields=DECIDED_FIELDS,
            until=("status", ("proposed",)),
        ),
        Frozen(
            name=f"{model}_is_withdrawn_once",
            message="A withdrawal is final.",
            fields=WITHDRAWN_FIELDS,
            until=("status", ("proposed", "approved")),
        ),
        Moves(
            name=f"{model}_follows_its_life",
            message="A proposal is approved, rejected or withdrawn; what is approved can be withdrawn until it begins.",
            field="status",
            allowed={"proposed": ("approved", "rejected", "withdrawn"), "approved": ("withdrawn",)},
        ),
    )
