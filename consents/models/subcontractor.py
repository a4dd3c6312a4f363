"""Third parties that act as the processor's agents: who joins and leaves, with notice, and what tenants object to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from audit.guards import Frozen, Guard, Kept, append_only
from audit.history import AuditedRecords
from catalog.models import ThirdParty
from tenants.models import TenantOwned, TenantRecords


class SubcontractorNotice(models.Model):
    """The processor's announcement that an agent joins, changes or leaves (GDPR Art. 28(2))."""

    class Change(models.TextChoices):
        JOINS = "joins", "Joins"
        CHANGES = "changes", "Changes"
        LEAVES = "leaves", "Leaves"

    third_party = models.ForeignKey(ThirdParty, models.PROTECT, related_name="notices")
    change = models.CharField(max_length=8, choices=Change)
    announced_on = models.DateField(help_text="When the processor told its customers.")
    effective_on = models.DateField(help_text="From when it holds.")
    notice_days = models.PositiveSmallIntegerField(
        help_text="How many days before that the processor has to tell, by its contract."
    )
    task = models.CharField(max_length=300, help_text="What the agent does for the processor.")
    source = models.CharField(max_length=300)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    history = AuditedRecords(category="subcontractors", label="task")

    guards: ClassVar[tuple[Guard, ...]] = append_only(
        "subcontractor_notice",
        "An announcement is a record; announce the change as another one.",
        "third_party_id", "change", "announced_on", "effective_on", "notice_days", "task", "source", "recorded_at",
    )  # fmt: skip

    class Meta:
        ordering = ("-announced_on", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(effective_on__gte=F("announced_on")),
                name="notice_comes_before_its_effect",
                violation_error_message="A change takes effect on the day it is announced, or later.",
            ),
            models.UniqueConstraint(
                fields=("third_party", "change", "announced_on"),
                name="notice_is_recorded_once",
                violation_error_message="This announcement is recorded already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.third_party} {self.get_change_display().lower()} on {self.effective_on:%Y-%m-%d}"

    @property
    def is_short(self) -> bool:
        """Whether the processor told later than its contract allows."""
        return self.effective_on - self.announced_on < timedelta(days=self.notice_days)

    def is_running(self, today: date) -> bool:
        """Whether objections can still change it."""
        return self.announced_on <= today < self.effective_on


class Objection(TenantOwned):
    """A tenant's objection to a subcontractor (GDPR Art. 28(2)), and what came of it."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        ANSWERED = "answered", "Answered"
        WITHDRAWN = "withdrawn", "Withdrawn"

    notice = models.ForeignKey(SubcontractorNotice, models.PROTECT, related_name="objections", editable=False)
    reason = models.TextField()
    raised_at = models.DateTimeField(default=timezone.now, editable=False)
    raised_by = models.CharField(max_length=254, editable=False)
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN, editable=False)
    answer = models.TextField(blank=True, editable=False, help_text="What the processor answered.")
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.CharField(max_length=254, blank=True, editable=False)

    history = TenantRecords(category="subcontractors", label="reason")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="objection_is_kept", message="An objection is answered or withdrawn, not deleted."),
        Frozen(
            name="objection_keeps_its_words",
            message="What was objected to, and why, never changes.",
            fields=("notice_id", "reason", "raised_at", "raised_by"),
        ),
        Frozen(
            name="objection_is_closed_once",
            message="This objection is closed already.",
            fields=("status", "answer", "closed_at", "closed_by"),
            until=("status", ("open",)),
        ),
    )

    class Meta:
        ordering = ("-raised_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "notice"),
                condition=Q(status="open"),
                name="one_open_objection",
                violation_error_message="An objection to this announcement is open already.",
            ),
        )

    def __str__(self) -> str:
        return f"Objection to {self.notice}"

    @property
    def is_late(self) -> bool:
        """Whether it was raised when the change had taken effect already."""
        return timezone.localdate(self.raised_at) >= self.notice.effective_on
