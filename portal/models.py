"""How employees sign in: the links that are sent to them, and their company's identity provider."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from audit.guards import Guard, Kept
from portal.openid.fetching import checked
from portal.sealing import seal, unseal
from tenants.models import Employee, Tenant, TenantOwned, TenantRecords

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


def check_issuer(issuer: str) -> None:
    if checked(issuer).query or "?" in issuer:
        raise ValidationError("Give the issuer without anything after a question mark.")


def check_scopes(scopes: str) -> None:
    if "openid" not in scopes.split():
        raise ValidationError(
            "Ask for openid at least: without it the provider says nothing about who signs in."
        )


class IdentityProvider(TenantOwned):
    """A tenant's OpenID Connect provider (Core 1.0). One for each tenant; those without one sign in by link only."""

    class Claim(models.TextChoices):
        """What tells the employee: an id that never changes is safest."""

        OID = "oid", "oid: the user's id, at Microsoft Entra ID"
        SUB = "sub", "sub: the user's id, elsewhere"
        UPN = "upn", "upn: the user name"
        PREFERRED_USERNAME = "preferred_username", "preferred_username: the user name"
        EMAIL = "email", "email: the e-mail address, where the provider has verified it"

    IDS = (Claim.OID, Claim.SUB)

    issuer = models.CharField(
        max_length=300,
        blank=True,
        validators=[check_issuer],
        help_text="The provider's address exactly as it writes it itself, such as "
        "https://login.microsoftonline.com/…/v2.0 with the directory's id.",
    )
    client_id = models.CharField(
        max_length=200, blank=True, help_text="What the provider calls this console (application id)."
    )
    sealed_secret = models.TextField(blank=True, editable=False)
    secret_set_at = models.DateTimeField("secret given", null=True, blank=True, editable=False)
    scopes = models.CharField(
        max_length=200,
        default="openid profile email",
        validators=[check_scopes],
        help_text="What is asked of the provider, with spaces between.",
    )
    claim = models.CharField(
        max_length=20,
        choices=Claim,
        default=Claim.OID,
        help_text="Which of the provider's statements tells the employee. An id is compared with the directory's id, "
        "a name with the user name.",
    )
    directory = models.UUIDField(
        null=True,
        blank=True,
        help_text="Let in people of this directory only (the claim tid). Leave it empty where the provider has none.",
    )
    joins = models.BooleanField(
        "takes in newcomers",
        default=False,
        help_text="Whoever signs in and is not in the directory yet comes into it. Whoever has left stays outside.",
    )
    is_on = models.BooleanField(
        "on", default=False, help_text="Offer this way in on the portal's first page."
    )

    history = TenantRecords(category="sign-in", label="issuer", excluded_fields=("sealed_secret",))

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="identity_provider_is_kept", message="A provider is switched off, not deleted."),
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("tenant",), name="tenant_has_one_identity_provider"),
            models.CheckConstraint(
                condition=Q(is_on=False)
                | (~Q(issuer="") & ~Q(client_id="") & Q(secret_set_at__isnull=False)),
                name="provider_that_is_on_is_complete",
                violation_error_message="Give issuer, client id and client secret before you switch it on. After "
                "another issuer or client id, give the secret again.",
            ),
            models.CheckConstraint(
                condition=Q(joins=False) | Q(claim__in=("oid", "sub")),
                name="newcomers_have_an_id",
                violation_error_message="Newcomers can be taken in only where the claim is an id: oid or sub.",
            ),
        )

    def __str__(self) -> str:
        return self.issuer or f"Identity provider of {self.tenant}"

    @classmethod
    def of(cls, tenant: Tenant) -> IdentityProvider:
        """The tenant's provider: the stored one, or one that is off."""
        found: IdentityProvider | None = cls.objects.for_tenant(tenant).select_related("tenant").first()
        return found or cls(tenant=tenant)

    @property
    def secret(self) -> str:
        """The client's secret. Raises portal.sealing.NotOpened."""
        return unseal(self.sealed_secret, of=self._owner)

    def keep_secret(self, secret: str) -> None:
        """Seal it; empty: forget the one there was."""
        self.sealed_secret = seal(secret, of=self._owner) if secret else ""
        self.secret_set_at = timezone.now() if secret else None

    @property
    def _owner(self) -> str:
        return f"identity provider of tenant {self.tenant_id}"
