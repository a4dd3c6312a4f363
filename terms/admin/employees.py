"""The pages of employees: as the directory knows them, with where each stands with the terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from tenants.directory import Imported
from tenants.models import Employee, Group
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed
from tenants.pages.parts import Badge, Code, Panel, Table, admin_url, facts, link_to
from tenants.roles import Permission
from terms.admin.importing import IMPORT, sentence_of
from terms.models import Acceptance
from terms.standing import Place, Standing, places_of

DECISIONS_SHOWN = 50
LABELS = {"Active": "success", "Left": "info"}
TONES = {
    Standing.ACCEPTED_LATEST: "good",
    Standing.ACCEPTED_OLDER: "info",
    Standing.DECLINED: "bad",
    Standing.OUTSTANDING: "warn",
    Standing.NOTHING_ASKED: "plain",
}


@admin.register(Employee)
class EmployeeAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_DIRECTORY
    list_title = "Employees"
    intro = "The people whose devices are managed, as the directory knows them. They use the portal, not these pages."
    empty_text = "Nobody is known yet. Import the employees from your directory."
    list_display = ("name", "user_name", "state", "language", "tenant_name")
    list_filter = ("status",)
    search_fields = ("user_principal_name", "display_name", "mail", "directory_id")
    search_help_text = "Name, user name, e-mail address or directory id."
    ordering = ("user_principal_name", "id")
    adding = IMPORT

    def after(self, request: HttpRequest, deed: Deed, obj: Any, result: Any) -> HttpResponse:
        """An import leads to the list, with what it came to."""
        if not isinstance(result, Imported):
            return super().after(request, deed, obj, result)
        messages.success(request, f"Imported: {sentence_of(result)}")
        return HttpResponseRedirect(admin_url(Employee, "changelist"))

    @column(description="Name", ordering="display_name")
    def name(self, employee: Employee) -> str:
        return str(employee)

    @column(description="User name", ordering="user_principal_name")
    def user_name(self, employee: Employee) -> str:
        return employee.user_principal_name

    @column(description="State", label=LABELS, ordering="status")
    def state(self, employee: Employee) -> str:
        return employee.get_status_display()

    def headline(self, request: HttpRequest, obj: Employee) -> Sequence[Any]:
        return [Badge(obj.get_status_display(), "good" if obj.is_active else "plain")]

    def panels(self, request: HttpRequest, obj: Employee) -> list[Panel]:
        about = [
            ("Name", obj.display_name),
            ("User name", obj.user_principal_name),
            ("E-mail address", obj.mail),
            ("Language", obj.language),
            ("Directory id", Code(obj.directory_id)),
            (
                "Groups",
                [link_to(group) for group in Group.objects.for_tenant(obj.tenant_id).filter(employees=obj)],
            ),
            ("Known since", obj.first_seen_at),
            ("Left", obj.left_at),
        ]
        if not self.may(request, Permission.VIEW_TERMS, obj):
            return [Panel("The employee", facts(about))]
        return [Panel("The employee", facts(about)), _standings(obj), _decisions(obj)]


def _standings(employee: Employee) -> Panel:
    places = places_of(employee) if employee.is_active else []
    table = Table(
        ("Terms", "Standing", "Since", "Until"),
        [_standing(place) for place in places],
        "No terms are for this employee." if employee.is_active else "Whoever has left is asked nothing.",
    )
    return Panel("Where they stand", table=table)


def _standing(place: Place) -> list[Any]:
    return [
        link_to(place.policy),
        Badge(place.standing.label, TONES[place.standing]),
        place.since,
        place.due,
    ]


def _decisions(employee: Employee) -> Panel:
    decisions = Acceptance.objects.for_tenant(employee.tenant_id).filter(employee=employee)
    rows = [
        [
            link_to(one, str(one.version)),
            one.get_decision_display(),
            one.decided_at,
            one.get_surface_display(),
        ]
        for one in decisions.select_related("version__policy")[:DECISIONS_SHOWN]
    ]
    table = Table(("Version", "Decision", "Decided", "Through"), rows, "They have decided nothing yet.")
    return Panel("What they decided", table=table)
