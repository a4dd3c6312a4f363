"""Tenants, the people who act in them with a role, and the access tokens of machines."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Length, Lower
from django.utils import timezone

from audit.context import Action, ActorType
from audit.history import AuditedRecords
from tenants.roles import Permission, Role, is_allowed
from tenants.scoping import TenantHistoryManager, TenantManager, validating

models.CharField.register_lookup(Length)

country_code = RegexValidator(r"^[A-Z]{2}\Z", "Use the two capital letters of ISO 3166-1, for example DE.")


class Tenant(models.Model):
    """An organisation whose devices are managed, and that answers for the personal data in it."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        CLOSING = "closing", "Closing"
        CLOSED = "closed", "Closed"

    slug = models.SlugField(
        max_length=50,
        unique=True,
        help_text="Short name in addresses, for example contoso. It cannot change later.",
    )
    name = models.CharField(max_length=200, help_text="The organisation's name, as people know it.")
    directory_id = models.UUIDField(
        unique=True, help_text="The tenant's id in its directory (Microsoft Entra ID), a GUID."
    )
    country = models.CharField(
        max_length=2,
        validators=[country_code],
        help_text="Country of the directory, ISO 3166-1 alpha-2. The storage geography follows it.",
    )
    since = models.DateField(
        null=True,
        blank=True,
        help_text="Since when the tenant exists in its directory. Empty: since it was entered here.",
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    history = AuditedRecords(category="tenants", tenant="id", label="name")

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(country__length=2),
                name="tenant_country_is_two_letters",
                violation_error_message="Use the two letters of ISO 3166-1 for the country, for example DE.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["active", "closing", "closed"]),
                name="tenant_status_is_known",
                violation_error_message="A tenant is active, closing or closed.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def exists_since(self) -> datetime:
        """The first instant from which anything can hold for the tenant."""
        if self.since is None:
            return self.created_at
        return min(self.created_at, timezone.make_aware(datetime.combine(self.since, time.min)))

    @property
    def is_open(self) -> bool:
        """Whether new decisions can be made: a closing tenant can only wind down."""
        return self.status == self.Status.ACTIVE


class TenantRecords(AuditedRecords):
    """`history = TenantRecords(category=…)`: audited, in its tenant's timeline, and read in its tenant only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(tenant="tenant_id", history_manager=TenantHistoryManager, **options)


class TenantOwned(models.Model):
    """A row that belongs to one tenant for ever and refers to rows of no other: the database sees to both."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="%(class)ss", editable=False)

    objects: ClassVar[TenantManager] = TenantManager()

    class Meta:
        abstract = True

    def validate_unique(self, exclude: Any = None) -> None:
        with validating():
            super().validate_unique(exclude)

    def validate_constraints(self, exclude: Any = None) -> None:
        """Check the named constraints; the tenant is always known, and part of most of them."""
        with validating():
            super().validate_constraints({name for name in exclude or () if name != "tenant"})


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """A person who can sign in; without a password they cannot until one is set."""
        user = self.model(username=username.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        """An operator of the platform."""
        return self.create_user(username, password, is_superuser=True, **fields)


class User(AbstractBaseUser):
    """A person. What they may do comes from their memberships; an operator runs the platform itself."""

    username = models.CharField(
        "user name",
        max_length=254,
        unique=True,
        help_text="The name to sign in with, usually the e-mail address.",
    )
    email = models.EmailField("e-mail address", blank=True)
    display_name = models.CharField(max_length=200, blank=True)
    is_superuser = models.BooleanField(
        "operator",
        default=False,
        help_text="Runs the platform: every tenant, the shared catalog, the settings.",
    )
    is_active = models.BooleanField(
        "may sign in",
        default=True,
        help_text="Switch off instead of deleting: the trail keeps pointing to somebody.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    history = AuditedRecords(category="people", label="username", excluded_fields=("password", "last_login"))

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("username",)
        constraints = (
            models.UniqueConstraint(
                Lower("username"),
                name="user_name_is_unique",
                violation_error_message="Somebody already signs in with this name.",
            ),
        )

    def __str__(self) -> str:
        return self.display_name or self.username

    @transaction.atomic
    def save(self, **options: Any) -> None:
        """Keep the account; with a new password, the record of it (`tenants.signals`) in the same act."""
        super().save(**options)

    @property
    def is_operator(self) -> bool:
        return self.is_active and self.is_superuser

    @property
    def is_staff(self) -> bool:
        """Whether the admin pages are open at all: to operators and to members of some tenant."""
        return self.is_operator or (self.is_active and bool(self._roles))

    @property
    def _roles(self) -> dict[int, str]:
        """Role by tenant id, read once for each user at hand: a request asks many times."""
        cached: dict[int, str] | None = self.__dict__.get("_roles_cache")
        if cached is None:
            memberships = Membership.objects.across_tenants().filter(user=self.pk)
            cached = dict(memberships.values_list("tenant_id", "role"))
            self.__dict__["_roles_cache"] = cached
        return cached

    def tenants(self) -> models.QuerySet[Tenant]:
        everything = Tenant.objects.all()
        return (
            everything
            if self.is_operator
            else everything.filter(pk__in=self._roles if self.is_active else ())
        )

    def role_in(self, tenant: Tenant | None) -> str | None:
        return self._roles.get(tenant.pk) if tenant is not None and self.is_active else None

    def may(self, permission: Permission, tenant: Tenant | None = None) -> bool:
        if self.is_operator:
            return True
        if tenant is not None:
            return is_allowed(self.role_in(tenant), permission)
        return self.is_active and any(is_allowed(role, permission) for role in self._roles.values())

    def as_actor(self, tenant: Tenant | None = None) -> dict[str, str]:
        role = "operator" if self.is_operator else self.role_in(tenant) or ""
        return {
            "actor_type": ActorType.USER,
            "actor_id": f"user:{self.pk}",
            "actor_name": self.username,
            "actor_role": role,
        }

    # Django's admin asks these two; the console's own admin classes answer by role (tenants/pages).
    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_operator

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class Membership(TenantOwned):
    """A person's role in a tenant."""

    user = models.ForeignKey(
        User, models.PROTECT, related_name="memberships", help_text="Who joins the tenant."
    )
    role = models.CharField(
        max_length=32,
        choices=Role,
        help_text="Privacy officers decide, tenant admins switch things on, auditors only read.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    history = TenantRecords(
        category="members",
        label="user__username",
        actions={"+": Action.ASSIGN, "~": Action.ASSIGN, "-": Action.ASSIGN},
    )

    class Meta:
        ordering = ("tenant", "user__username")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "user"),
                name="member_has_one_role",
                violation_error_message="This person is a member already. Change their role instead.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["privacy_officer", "tenant_admin", "auditor", "service"]),
                name="member_role_is_known",
                violation_error_message="The role is privacy officer, tenant admin, auditor or service.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} as {self.get_role_display().lower()}"


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
