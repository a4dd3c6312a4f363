"""The links by which employees sign in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from tenants.models import Employee, TenantOwned

LIFETIME = timedelta(minutes=20)


class SignInLink(TenantOwned):
    """A link that was asked for. Only the digest of its secret is kept.

    One that was asked for with an unknown address is kept too, for nobody: it counts like the others.
    """

    audit_exempt = "Gone after a day; asking for one and signing in with it are events of the timeline."

    employee = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="sign_in_links")
    digest = models.CharField(max_length=64, unique=True)
    network = models.CharField(
        max_length=49, blank=True, help_text="Who asked: the address, cut to its network."
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("created_at", "network"), name="sign_in_link_asked"),)

    def __str__(self) -> str:
        return f"link of {self.created_at:%Y-%m-%d %H:%M}"

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    def is_usable(self, at: datetime) -> bool:
        return self.employee_id is not None and self.used_at is None and self.expires_at > at
