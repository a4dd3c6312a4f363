"""The sidebar: what the person at hand may open, in the order of their work; and the choice of the tenant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from tenants.choice import chosen_tenant

# A select with more names than this helps nobody; operators of larger platforms choose on the tenants' page.
SWITCH_LIMIT = 200


@dataclass(frozen=True)
class Page:
    """A model's list in the sidebar."""

    title: str
    icon: str
    model: str
    for_operators: bool = False

    def is_open_to(self, request: HttpRequest) -> bool:
        """As the model's own admin page answers; never where it has none."""
        if self.for_operators and not request.user.is_operator:  # type: ignore[union-attr]
            return False
        model = apps.get_model(self.model)
        return admin.site.is_registered(model) and admin.site.get_model_admin(model).has_view_permission(
            request
        )

    @property
    def link(self) -> str:
        return reverse(f"admin:{self.model.lower().replace('.', '_')}_changelist")


GROUPS: tuple[tuple[str, tuple[Page, ...]], ...] = (
    (
        "Catalog",
        (
            Page("Collected data", "dataset", "catalog.Element"),
            Page("Categories", "category", "catalog.Category"),
            Page("Flows", "swap_horiz", "catalog.Flow"),
            Page("Third parties", "domain", "catalog.ThirdParty"),
            Page("Services", "extension", "catalog.Service"),
            Page("Storage regions", "public", "catalog.Region"),
            Page("Datacentres", "dns", "catalog.Datacentre"),
            Page("Editions", "menu_book", "catalog.Edition"),
        ),
    ),
    ("Consents", (Page("Sharing consents", "handshake", "consents.Consent"),)),
    ("Audit trail", (Page("Timeline", "history", "audit.AuditEvent"),)),
    (
        "Tenant",
        (
            Page("Members", "group", "tenants.Membership"),
            Page("Access tokens", "key", "tenants.AccessToken"),
        ),
    ),
    (
        "Platform",
        (
            Page("Tenants", "corporate_fare", "tenants.Tenant", for_operators=True),
            Page("Accounts", "person", "tenants.User", for_operators=True),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the sidebar, in the theme's form, without the pages that would answer 403."""
    groups = [{"items": [{"title": "Today", "icon": "today", "link": reverse("admin:index")}]}]
    for title, pages in GROUPS:
        items = [
            {"title": page.title, "icon": page.icon, "link": page.link}
            for page in pages
            if page.is_open_to(request)
        ]
        if items:
            groups.append({"title": title, "items": items})  # type: ignore[dict-item]
    return groups


def tenant_switch(request: HttpRequest) -> dict[str, Any]:
    """`chosen_tenant` (None where the pages show them all) and `tenant_choices`, where there is anything to choose."""
    tenants = list(request.user.tenants().order_by("name", "id")[:SWITCH_LIMIT])  # type: ignore[union-attr]
    return {"chosen_tenant": chosen_tenant(request), "tenant_choices": tenants if len(tenants) > 1 else []}
