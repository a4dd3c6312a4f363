"""Who may: every answer comes from the roles' table."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest
from unfold.admin import ModelAdmin

from tenants.access import signed_in
from tenants.models import Tenant
from tenants.pages.deeds import Deed
from tenants.roles import Permission


class Permitted(ModelAdmin):
    """view_permission: who sees list and pages. history_permission: who sees history (the same, where not given)."""

    view_permission: ClassVar[Permission]
    history_permission: ClassVar[Permission | None] = None
    adding: ClassVar[Deed | None] = None

    def tenant_of(self, obj: Any) -> Tenant | None:
        """The tenant that the object belongs to; None for what the platform shares."""
        return None

    def may(self, request: HttpRequest, permission: Permission, obj: Any = None) -> bool:
        """Nobody who is not signed in may anything: Django asks this on pages that anybody sees, too."""
        person = signed_in(request)
        return person.is_authenticated and person.may(
            permission, None if obj is None else self.tenant_of(obj)
        )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.view_permission, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.adding is not None and self.may(request, self.adding.permission)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_history_permission(self, request: HttpRequest, obj: Any) -> bool:
        return self.may(request, self.history_permission or self.view_permission, obj)
