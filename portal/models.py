"""How employees get in: by a link sent to their address, or by their company's identity provider."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from audit.guards import Frozen, Guard, Kept
from tenants.models import Employee, TenantOwned, TenantRecords


class SignInLink(TenantOwned):
    """A link that lets one employee in once, for a short time. Only the digest of its secret is kept."""

    LIFETIME = timedelta(minutes=20)

    employee = models.ForeignKey(Employee, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    history = TenantRecords(category="sign-in", label="employee__directory_id", excluded_fields=("digest",))

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="sign_in_link_is_kept", message="A link expires by itself."),
        Frozen(
            name="sign_in_link_is_frozen",
            message="A link never changes its owner or its end.",
            fields=("employee_id", "digest", "created_at", "expires_at"),
        ),
    )

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"Link for {self.employee}"

    @staticmethod
    def digest_of(secret: str) -> str:
        """SHA-256 is enough: the secret is 256 random bits, not a word that could be guessed."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    def is_valid(self, at: datetime) -> bool:
        return self.used_at is None and at < self.expires_at


class IdentityProvider(TenantOwned):
    """The tenant's OpenID Connect provider (OpenID Connect Core 1.0, Discovery 1.0)."""

    issuer = models.URLField(
        max_length=300,
        help_text="The issuer's address, for example https://login.contoso.example/tenant/v2.0.",
    )
    client_id = models.CharField(max_length=200, help_text="What the provider calls this console.")
    sealed_secret = models.BinaryField(editable=False, help_text="The client's secret, encrypted.")
    directory_claim = models.CharField(
        max_length=32,
        default="oid",
        help_text="Which claim holds the user's id in the directory: oid at Microsoft Entra ID, often sub elsewhere.",
    )
    is_on = models.BooleanField("in use", default=True)

    history = TenantRecords(category="sign-in", label="issuer", excluded_fields=("sealed_secret",))

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="identity_provider_is_kept", message="A provider is switched off, not deleted."),
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("tenant",),
                name="tenant_has_one_identity_provider",
                violation_error_message="The tenant has a provider already. Change that one.",
            ),
        )

    def __str__(self) -> str:
        return self.issuer
