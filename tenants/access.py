"""What people and access tokens have in common: they act, see some tenants and may do some things there."""

from __future__ import annotations

import getpass
import socket
from typing import TYPE_CHECKING, Protocol

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.context import ActorType, Context
from tenants.roles import Permission

if TYPE_CHECKING:
    from tenants.models import Tenant


class Principal(Protocol):
    """A person or an access token."""

    @property
    def is_authenticated(self) -> bool: ...

    @property
    def is_operator(self) -> bool: ...

    def tenants(self) -> QuerySet[Tenant]:
        """The tenants that exist for this principal."""

    def role_in(self, tenant: Tenant | None) -> str | None:
        """The role held in the tenant; None where there is none."""

    def may(self, permission: Permission, tenant: Tenant | None = None) -> bool:
        """Whether the roles' table allows it in the tenant (or, for platform matters, at all)."""

    def as_actor(self, tenant: Tenant | None = None) -> dict[str, str]:
        """How the audit trail names this principal: the actor fields of `audit.context.acting`."""


class NotAllowed(PermissionDenied):
    """The roles' table does not give the principal this permission; `str()` says so to the person."""

    def __init__(self, principal: Principal, permission: Permission, tenant: Tenant | None = None) -> None:
        super().__init__(f"Your role does not allow: {permission.label.lower()}.")
        self.principal, self.permission, self.tenant = principal, permission, tenant


def require(principal: Principal, permission: Permission, tenant: Tenant | None = None) -> None:
    """Raise NotAllowed unless the principal may."""
    if not principal.may(permission, tenant):
        raise NotAllowed(principal, permission, tenant)


def signed_in(request: HttpRequest) -> Principal:
    """Who sent the request. Before a page that asks to sign in, only `is_authenticated` can be asked."""
    return request.user  # type: ignore[return-value]


class Shell:
    """Whoever is at the command line of the server without saying so: may everything, and is recorded as the system."""

    is_authenticated = True
    is_operator = True

    def tenants(self) -> QuerySet[Tenant]:
        from tenants.models import Tenant

        return Tenant.objects.all()

    def role_in(self, tenant: Tenant | None) -> str | None:
        return None

    def may(self, permission: Permission, tenant: Tenant | None = None) -> bool:
        return True

    def as_actor(self, tenant: Tenant | None = None) -> dict[str, str]:
        name = f"{getpass.getuser()}@{socket.gethostname()}"
        return {
            "actor_type": ActorType.SYSTEM,
            "actor_id": "shell",
            "actor_name": name[: Context.NAME_LENGTH],
            "actor_role": "operator",
        }
