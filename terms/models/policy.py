"""A terms policy: what the company calls it, whom it is for, and when it asks again."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from audit.guards import Frozen, Guard, Kept
from tenants.models import Group, TenantOwned, TenantRecords
from terms.querysets import PolicyManager

language_tag = RegexValidator(
    r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?\Z",
    "Write the language as BCP 47 does, for example de or pt-BR.",
)


class TermsPolicy(TenantOwned):
    """One set of terms of a tenant. Its texts stand in its versions."""

    name = models.CharField(max_length=200, help_text="For your own colleagues; employees never see it.")
    description = models.TextField(
        blank=True, help_text="For your own colleagues: what it is for, who wrote it."
    )
    default_language = models.CharField(
        max_length=16,
        default="en",
        validators=[language_tag],
        help_text="Shown to whoever prefers a language that has no text.",
    )
    for_everybody = models.BooleanField(
        default=True, help_text="For every employee; otherwise only for the groups it is assigned to."
    )
    reaccept_months = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="After how many months an acceptance expires and is asked for again; empty: never.",
    )
    four_eyes = models.BooleanField(default=False, help_text="Whoever drafted a text cannot publish it.")
    remind_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text="Remind by e-mail every so many days until it is decided; empty: never.",
    )
    remind_at_most = models.PositiveSmallIntegerField(
        default=5, validators=[MaxValueValidator(50)], help_text="After so many reminders it stops."
    )
    remind_paused = models.BooleanField(
        default=False, help_text="Send none by itself for now; you can still remind by hand."
    )
    retired_at = models.DateTimeField(null=True, editable=False)
    retired_by = models.CharField(max_length=254, blank=True, editable=False)
    retire_reason = models.TextField(blank=True, editable=False)

    objects: ClassVar[PolicyManager] = PolicyManager()
    history = TenantRecords(category="terms", label="name")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="terms_policy_is_kept", message="A policy is retired, not deleted."),
        Frozen(
            name="terms_policy_retires_once",
            message="A retired policy stays as it is.",
            fields=("name", "default_language", "for_everybody", "retired_at", "retired_by", "retire_reason"),
            until=("retire_reason", ("",)),
        ),
    )

    class Meta:
        verbose_name = "terms policy"
        verbose_name_plural = "terms policies"
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "name"),
                name="terms_policy_name_is_unique",
                violation_error_message="Another policy has this name.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None


class TermsTarget(TenantOwned):
    """A group that a policy is for, or that is left out of it. Being left out wins (Microsoft Graph, assignments)."""

    policy = models.ForeignKey(TermsPolicy, models.PROTECT, related_name="targets")
    group = models.ForeignKey(Group, models.PROTECT, related_name="+")
    excluded = models.BooleanField(default=False)

    history = TenantRecords(category="terms", label="group__name", part=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("policy", "group"),
                name="group_is_targeted_once",
                violation_error_message="This group is included or excluded already.",
            ),
        )

    def __str__(self) -> str:
        return f"{'without' if self.excluded else 'for'} {self.group}"
