"""The pages of the directory's groups: read here, kept by imports."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest

from tenants.models import Employee, Group
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.parts import Badge, Code, Panel, Table, facts, link_to
from tenants.roles import Permission
from terms.models import TermsTarget

PEOPLE_SHOWN = 100


@admin.register(Group)
class GroupAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_DIRECTORY
    list_title = "Groups"
    intro = "The directory's groups, which terms can be assigned to. They come with the import of employees."
    empty_text = "No group yet. Import employees with their groups."
    list_display = ("name", "members", "tenant_name")
    search_fields = ("name", "directory_id")
    search_help_text = "Name or directory id."
    ordering = ("name", "id")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(number=Count("memberships"))

    @column(description="Members", ordering="number")
    def members(self, group: Any) -> int:
        return int(group.number)

    def panels(self, request: HttpRequest, obj: Group) -> list[Panel]:
        about = [("Name", obj.name), ("Directory id", Code(obj.directory_id))]
        return [Panel("The group", facts(about)), _terms(obj), _people(obj)]


def _terms(group: Group) -> Panel:
    targets = TermsTarget.objects.for_tenant(group.tenant_id).filter(group=group).select_related("policy")
    rows = [
        [link_to(target.policy), Badge("Left out", "warn") if target.excluded else Badge("Asked", "good")]
        for target in targets
    ]
    return Panel("Terms", table=Table(("Terms", "Its members are"), rows, "No terms name this group."))


def _people(group: Group) -> Panel:
    people = Employee.objects.for_tenant(group.tenant_id).filter(group_memberships__group=group)
    number = people.count()
    rows = [
        [link_to(one), one.user_principal_name, one.get_status_display()] for one in people[:PEOPLE_SHOWN]
    ]
    more = f", the first {PEOPLE_SHOWN} of them" if number > PEOPLE_SHOWN else ""
    table = Table(("Employee", "User name", "State"), rows, "Nobody is in it.")
    return Panel(f"Members: {number:,}{more}", table=table)
