"""The two bases of all admin pages.

- `PlatformModelAdmin`: what all tenants share, such as the catalog.
- `TenantModelAdmin`: what belongs to tenants. Lists, objects, choices, filters and history show the person's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern

from audit.models import AuditEvent
from tenants.access import signed_in
from tenants.choice import chosen_tenant, tenants_allowing, visible_tenants
from tenants.models import Tenant
from tenants.pages.columns import column
from tenants.pages.doing import Doing
from tenants.pages.lists import Listing
from tenants.pages.telling import Telling
from tenants.roles import Permission


class ConsoleModelAdmin(Listing, Doing, Telling):
    """What both bases share. Do not register it directly."""

    class Media:
        css = {"all": ("console/pages.css",)}

    def get_urls(self) -> list[URLPattern]:
        own = [self.page(address, view, name) for address, view, name in self.pages()]
        steps = [
            self.page(f"<path:object_id>/{deed.name}/", self._view_of(deed), f"{self._prefix}_{deed.name}")
            for deed in self.deeds
        ]
        return [*own, *steps, *super().get_urls()]


class PlatformModelAdmin(ConsoleModelAdmin):
    """Pages of what every tenant shares."""

    def required_object(self, request: HttpRequest, object_id: str) -> Any:
        """Whoever may see none is refused before it is looked for, and so learns of none which there are."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().required_object(request, object_id)


class TenantModelAdmin(ConsoleModelAdmin):
    """Pages of what belongs to tenants: nothing of another tenant exists here, in any list, choice or message.

    related: foreign keys to fetch along, beside the tenant.
    """

    history_permission = Permission.VIEW_EVENTS
    related: ClassVar[Sequence[str]] = ()

    def scope(self, tenants: QuerySet[Tenant]) -> QuerySet[Any]:
        """The rows of these tenants."""
        rows = self.model.objects.across_tenants().filter(tenant__in=tenants)
        return rows.select_related("tenant", *self.related)  # type: ignore[no-any-return]

    @column(description="Tenant", ordering="tenant__name")
    def tenant_name(self, obj: Any) -> str:
        return str(obj.tenant.name)

    def tenant_of(self, obj: Any) -> Tenant | None:
        tenant: Tenant = obj.tenant
        return tenant

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What lists show: the tenants in view, where the person's role may see it."""
        person = signed_in(request)
        rows = self.scope(tenants_allowing(person, self.view_permission, visible_tenants(request)))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def reachable(self, request: HttpRequest) -> QuerySet[Any]:
        """A page's address works in every tenant of the person, whichever the switcher shows."""
        person = signed_in(request)
        return self.scope(person.tenants())

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        person = signed_in(request)
        if self.adding is None or not person.is_authenticated:
            return False
        return person.may(self.adding.permission, chosen_tenant(request))

    def events_of(self, obj: Any) -> QuerySet[AuditEvent]:
        return super().events_of(obj).filter(tenant=self.tenant_of(obj))
