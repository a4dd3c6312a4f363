"""The keys of machines, and what their repeated requests are answered."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.context import ActorType
from tenants.models.owned import TenantOwned, TenantRecords
from tenants.models.people import User
from tenants.models.tenant import Tenant
from tenants.roles import Permission, Role, is_allowed


class AccessToken(TenantOwned):
    """A machine's key to one tenant in one role. Only its digest is kept: it is shown once, when it is made."""

    PREFIX = "pc"
    DEFAULT_LIFETIME = timedelta(days=90)
    LONGEST_LIFETIME = timedelta(days=366)

    name = models.CharField(
        max_length=100, help_text="What will use it, so that it can be found and revoked."
    )
    role = models.CharField(max_length=32, choices=Role, default=Role.SERVICE)
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="access_tokens"
    )
    expires_at = models.DateTimeField(help_text="When it stops working, at most a year ahead.")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    history = TenantRecords(category="tokens", label="name", excluded_fields=("digest", "last_used_at"))

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")),
                name="token_expires_after_creation",
                violation_error_message="A token must expire after it was made.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["privacy_officer", "tenant_admin", "auditor", "service"]),
                name="token_role_is_known",
                violation_error_message="The role is privacy officer, tenant admin, auditor or service.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(secret: str) -> str:
        """SHA-256 is enough: the secret is 256 random bits, not a word that could be guessed."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def new_secret(cls) -> tuple[str, str]:
        """A fresh prefix and the whole token that starts with it: `pc_<prefix>_<secret>`."""
        prefix = secrets.token_hex(6)
        return prefix, f"{cls.PREFIX}_{prefix}_{secrets.token_urlsafe(32)}"

    def is_valid(self, at: datetime | None = None) -> bool:
        """Whether it opens anything at the instant: not revoked, not expired."""
        at = at or timezone.now()
        return (self.revoked_at is None or self.revoked_at > at) and at < self.expires_at

    @property
    def state(self) -> str:
        if self.revoked_at is not None:
            return "revoked"
        return "active" if self.is_valid() else "expired"

    # --- Acting with it (tenants.access.Principal) ---
    is_authenticated = True
    is_active = True
    is_operator = False

    def tenants(self) -> models.QuerySet[Tenant]:
        return Tenant.objects.filter(pk=self.tenant_id)

    def role_in(self, tenant: Tenant | None) -> str | None:
        return self.role if tenant is not None and tenant.pk == self.tenant_id else None

    def may(self, permission: Permission, tenant: Tenant | None = None) -> bool:
        return (tenant is None or tenant.pk == self.tenant_id) and is_allowed(self.role, permission)

    def as_actor(self, tenant: Tenant | None = None) -> dict[str, str]:
        return {
            "actor_type": ActorType.SERVICE,
            "actor_id": f"token:{self.pk}",
            "actor_name": self.name,
            "actor_role": self.role,
        }


class IdempotentAnswer(models.Model):
    """What a POST with an Idempotency-Key was answered, so that its repetition is answered the same for a day."""

    audit_exempt = "Kept for a day to answer a repeated request; what the request did has its own record."
    LIFETIME = timedelta(hours=24)

    principal = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    tenant = models.ForeignKey(Tenant, models.PROTECT, null=True, related_name="+")
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(
        null=True, help_text="Empty while the first request is running."
    )
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("principal", "key"), name="idempotency_key_is_used_once"),
        )

    def __str__(self) -> str:
        return self.key
