"""The roles' table, asked before every answer. What no viewset declares nobody may do."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants.access import require
from tenants.roles import Permission

# What the framework calls a method that the address does not have: 405 follows.
UNKNOWN_METHOD = (None, "metadata")


class MayDo(BasePermission):
    """Allows an action whose declared permission the principal's role has, in the tenant of the address."""

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises NotAllowed, and Http404 where the address names a tenant that does not exist for the principal."""
        principal: Any = request.user
        if principal is None or not principal.is_authenticated:
            return False
        tenant = getattr(view, "tenant", None)
        action = getattr(view, "action", None)
        if action in UNKNOWN_METHOD:
            return isinstance(getattr(view, "permissions_needed", None), dict)
        needed = view.permissions_needed.get(action)
        if needed is None:
            return False
        require(principal, Permission(needed), tenant)
        return True
