"""How a tenant wants its consents handled."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from audit.guards import Guard, Kept
from tenants.models import Tenant, TenantOwned, TenantRecords

LONGEST_LEAD = 730


def default_reminder_days() -> list[int]:
    return [60, 30, 14, 7, 1]


def check_reminder_days(days: object) -> None:
    """Whole days from 1 to 730, at most ten of them. Raises ValidationError."""
    is_list = isinstance(days, list) and len(days) <= 10
    if not is_list or not all(type(day) is int and 1 <= day <= LONGEST_LEAD for day in days):  # type: ignore[attr-defined]
        raise ValidationError(f"Give up to ten numbers of days, each from 1 to {LONGEST_LEAD}.")


class ConsentPolicy(TenantOwned):
    """One for each tenant that has changed something; the others have the defaults (`ConsentPolicy.of`)."""

    class DecisionLog(models.TextChoices):
        OFF = "off", "Nothing"
        DENIED = "denied", "What was denied"
        ALL = "all", "Every answer"

    four_eyes = models.BooleanField(
        default=False, help_text="Whoever requests a consent cannot grant it: a second person decides."
    )
    safeguard_required = models.BooleanField(
        default=False,
        help_text="Refuse a grant that transfers data to a third country without naming the safeguard (GDPR Art. 44).",
    )
    log_decisions = models.CharField(
        max_length=8,
        choices=DecisionLog,
        default=DecisionLog.OFF,
        help_text="Which answers to “may this flow?” are written into the audit trail.",
    )
    reminder_days = models.JSONField(
        default=default_reminder_days,
        validators=[check_reminder_days],
        help_text="How many days before an end reminders are sent.",
    )

    history = TenantRecords(category="consents")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="consent_policy_is_kept", message="A policy is changed, not deleted."),
    )

    class Meta:
        verbose_name = "consent policy"
        verbose_name_plural = "consent policies"
        constraints = (models.UniqueConstraint(fields=("tenant",), name="tenant_has_one_consent_policy"),)

    def __str__(self) -> str:
        return f"Consent policy of {self.tenant}"

    @classmethod
    def of(cls, tenant: Tenant) -> ConsentPolicy:
        """The tenant's policy: the stored one, or the defaults."""
        found: ConsentPolicy | None = cls.objects.for_tenant(tenant).first()
        return found or cls(tenant=tenant)
