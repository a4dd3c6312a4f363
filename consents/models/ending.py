"""What has to be done after a withdrawal until the sharing has really ended."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.guards import Frozen, Guard, Kept
from consents.models.consent import Consent
from tenants.models import TenantOwned, TenantRecords, User


class EndingStep(TenantOwned):
    """One step of the checklist that a withdrawal opens: done with a proof, or open with a due date."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"

    consent = models.ForeignKey(Consent, models.PROTECT, related_name="ending_steps", editable=False)
    code = models.SlugField(max_length=64, editable=False)
    position = models.PositiveSmallIntegerField(editable=False)
    title = models.CharField(max_length=200, editable=False)
    instructions = models.TextField(editable=False)
    source = models.CharField(max_length=300, editable=False)
    due_on = models.DateField(help_text="By when it has to be done.")
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", help_text="Who sees to it."
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN, editable=False)
    proof = models.TextField(
        blank=True, help_text="What shows that it was done: a reference, an address, what was seen and when."
    )
    done_at = models.DateTimeField(null=True, editable=False)
    done_by = models.CharField(max_length=254, blank=True, editable=False)

    history = TenantRecords(category="consents", label="title")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="ending_step_is_kept", message="A step is done, not deleted."),
        Frozen(
            name="ending_step_keeps_its_text",
            message="What a step asks for never changes.",
            fields=("consent_id", "code", "position", "title", "instructions", "source"),
        ),
        Frozen(
            name="ending_step_is_done_once",
            message="This step is done already; its proof stays.",
            fields=("status", "proof", "done_at", "done_by"),
            until=("status", ("open",)),
        ),
    )

    class Meta:
        ordering = ("consent", "position")
        constraints = (
            models.UniqueConstraint(fields=("consent", "code"), name="consent_has_a_step_once"),
            models.CheckConstraint(
                condition=Q(status="open") | (Q(done_at__isnull=False) & ~Q(proof="")),
                name="done_step_has_a_proof",
                violation_error_message="Say what proves that the step was done.",
            ),
        )

    def __str__(self) -> str:
        return self.title

    def is_overdue(self, at: datetime) -> bool:
        """Open, and its day is over: in the zone of the pages, where the day was meant."""
        return self.status == self.Status.OPEN and self.due_on < timezone.localdate(at)
