"""How people want to be told of what waits: by calendar, by e-mail."""

from __future__ import annotations

import hashlib
import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.guards import Frozen, Guard, Kept
from tenants.models import Tenant, TenantOwned, TenantRecords, User
from tenants.roles import Permission


class CalendarFeed(TenantOwned):
    """A secret address where a person's calendar reads what waits in a tenant. Only the secret's digest is kept."""

    user = models.ForeignKey(User, models.PROTECT, related_name="calendar_feeds", editable=False)
    name = models.CharField(max_length=100, help_text="Which calendar will read it, so that it can be found.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    history = TenantRecords(
        category="notifications", label="name", excluded_fields=("digest", "last_used_at")
    )

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="calendar_feed_is_kept", message="A calendar feed is revoked, not deleted."),
        Frozen(
            name="calendar_feed_stays_whose_it_is",
            message="A calendar feed stays with the person and the secret that it was made for.",
            fields=("user_id", "digest", "created_at"),
        ),
    )

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(secret: str) -> str:
        """SHA-256 is enough for 256 random bits."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @property
    def is_open(self) -> bool:
        """Whether it answers: it was not revoked, and its person may still see the list."""
        return self.revoked_at is None and self.user.may(Permission.VIEW_WORKLIST, self.tenant)


class MailPreference(TenantOwned):
    """What a member wants to be told by e-mail. Who never said so gets the defaults (`MailPreference.of`)."""

    class Digest(models.TextChoices):
        OFF = "off", "Never"
        DAILY = "daily", "Every morning"
        WEEKLY = "weekly", "Once a week"

    user = models.ForeignKey(User, models.PROTECT, related_name="mail_preferences", editable=False)
    digest = models.CharField(
        "summary",
        max_length=8,
        choices=Digest,
        default=Digest.DAILY,
        help_text="What waits, in one e-mail. None is sent where nothing waits.",
    )
    reminders = models.BooleanField(
        default=True,
        help_text="One e-mail for each end of a consent, contract or certificate that comes near.",
    )

    history = TenantRecords(category="notifications", label="user__username")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="mail_preference_is_kept", message="A preference is changed, not deleted."),
    )

    class Meta:
        verbose_name = "notification"
        ordering = ("tenant", "user__username")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "user"),
                name="member_has_one_mail_preference",
                violation_error_message="You have chosen for this tenant already. Change that.",
            ),
            models.CheckConstraint(
                condition=Q(digest__in=["off", "daily", "weekly"]),
                name="mail_preference_digest_is_known",
                violation_error_message="The summary comes never, every morning or once a week.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} at {self.tenant}"

    @classmethod
    def of(cls, user: User, tenant: Tenant) -> MailPreference:
        """What the person chose for the tenant, or the defaults."""
        found: MailPreference | None = cls.objects.for_tenant(tenant).filter(user=user).first()
        return found or cls(tenant=tenant, user=user)
