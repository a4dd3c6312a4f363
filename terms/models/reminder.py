"""That an employee was reminded by e-mail: which asking, the how manieth time, and the message itself."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from audit.guards import Guard, append_only
from tenants.models import Employee, TenantOwned, TenantRecords
from terms.models.policy import TermsPolicy
from terms.models.version import TermsVersion
from work.models import Message

RECORDED = (
    "employee_id", "policy_id", "version_id", "round", "number", "reminded_at", "message_id", "by_hand"
)  # fmt: skip


class Reminder(TenantOwned):
    """One e-mail to one employee about one version that they have not decided about."""

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="reminders")
    policy = models.ForeignKey(TermsPolicy, models.PROTECT, related_name="reminders")
    version = models.ForeignKey(TermsVersion, models.PROTECT, related_name="reminders")
    round = models.PositiveIntegerField(help_text="The how manieth asking of this version.")
    number = models.PositiveIntegerField(help_text="The how manieth reminder of this asking.")
    reminded_at = models.DateTimeField()
    message = models.OneToOneField(Message, models.PROTECT, related_name="+")
    by_hand = models.BooleanField(default=False, help_text="Sent because somebody asked for it.")

    history = TenantRecords(category="terms", label="employee__directory_id")

    guards: ClassVar[tuple[Guard, ...]] = append_only(
        "reminder", "That somebody was reminded is a record: it never changes.", *RECORDED
    )

    class Meta:
        ordering = ("-reminded_at", "-id")
        indexes = (models.Index(fields=("tenant", "policy", "employee"), name="reminder_by_employee"),)
        constraints = (
            models.UniqueConstraint(
                fields=("employee", "version", "round", "number"),
                name="reminded_once_each_time",
                violation_error_message="This reminder was sent already.",
            ),
        )

    def __str__(self) -> str:
        return f"reminder {self.number} about {self.version}"
