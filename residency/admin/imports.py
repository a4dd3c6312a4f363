"""The pages of imports of observed locations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from residency.admin.importing import IMPORT, problems_panels
from residency.models import LocationDrift, LocationImport
from residency.told import COUNTS
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.parts import Badge, Code, Link, Panel, Table, admin_url, facts
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute


@admin.register(LocationImport)
class LocationImportAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_RESIDENCY
    list_title = "Location imports"
    intro = "What was read of where the provider showed the data to be, and what could not be kept."
    empty_text = "No import yet. Import a file of what the provider's tenant status showed."
    list_display = ("name", "added", "elsewhere", "new", "gone", "not_kept", "tenant_name", "imported", "by")
    search_fields = ("name", "imported_by", "sha256")
    search_help_text = "File, person or SHA-256."
    ordering = ("-imported_at", "-id")
    adding = IMPORT

    @column(description="Elsewhere", ordering="differing")
    def elsewhere(self, made: LocationImport) -> int:
        return made.differing

    @column(description="New differences", ordering="opened")
    def new(self, made: LocationImport) -> int:
        return made.opened

    @column(description="No longer found", ordering="cleared")
    def gone(self, made: LocationImport) -> int:
        return made.cleared

    @column(description="Left out", ordering="left_out")
    def not_kept(self, made: LocationImport) -> int:
        return made.left_out

    @column(description="Imported", ordering="imported_at")
    def imported(self, made: LocationImport) -> str:
        return minute(made.imported_at)

    @column(description="By", ordering="imported_by")
    def by(self, made: LocationImport) -> str:
        return made.imported_by

    def headline(self, request: HttpRequest, obj: LocationImport) -> Sequence[Any]:
        if obj.left_out:
            return [Badge(f"{obj.left_out:,} left out", "warn")]
        return [Badge("Every row was kept", "good")]

    def panels(self, request: HttpRequest, obj: LocationImport) -> list[Panel]:
        about = [
            ("Imported", [obj.imported_at, f"by {obj.imported_by}"]),
            ("SHA-256 of what was read", Code(obj.sha256)),
            ("What waits", Link("Location differences", admin_url(LocationDrift, "changelist"))),
        ]
        counts = [[label, f"{getattr(obj, name):,}"] for name, label in COUNTS.items()]
        brought = Panel("What it brought", table=Table(("What", "Number"), counts))
        return [Panel("The import", facts(about)), brought, *problems_panels(obj)]
