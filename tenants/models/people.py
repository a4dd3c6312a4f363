"""People, and the roles that they have in tenants."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from audit.context import Action, ActorType
from audit.history import AuditedRecords
from tenants.models.owned import TenantOwned, TenantRecords
from tenants.models.tenant import Tenant
from tenants.roles import Permission, Role, is_allowed


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
