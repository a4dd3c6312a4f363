"""The pages of tenants: the organisations whose devices are managed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from tenants.access import signed_in
from tenants.choice import tenants_allowing
from tenants.models import Membership, Tenant
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import DayField, Deed, DeedForm, OptionalReasonForm
from tenants.pages.parts import Badge, Code, Link, Panel, Table, admin_url, facts, link_to
from tenants.roles import Permission
from tenants.services import (
    change_tenant,
    create_tenant,
)
from tenants.templatetags.console_pages import minute

TENANT_TONES = {"active": "good", "closing": "warn", "closed": "bad"}
MEMBERS_SHOWN = 20
SINCE = "Since when its directory exists. Nothing can be recorded that held before. Empty: since it was entered here."


class NewTenantForm(DeedForm):
    slug = forms.SlugField(
        label="Short name",
        max_length=50,
        help_text="Used in addresses, for example contoso. It cannot change later.",
    )
    name = forms.CharField(max_length=200, help_text="The organisation's name, as people know it.")
    directory_id = forms.UUIDField(
        label="Directory id", help_text="The GUID of its directory (Microsoft Entra ID)."
    )
    country = forms.CharField(
        max_length=2,
        help_text="Country of the directory, two letters (ISO 3166-1). The storage geography follows it.",
    )
    since = DayField(required=False, label="Exists since", help_text=SINCE)


class ChangeTenantForm(OptionalReasonForm):
    name = forms.CharField(max_length=200)
    country = forms.CharField(max_length=2, help_text="Two letters (ISO 3166-1), for example DE.")
    status = forms.ChoiceField(
        choices=Tenant.Status.choices,
        help_text="A closing tenant can only wind down; a closed one can only be read.",
    )
    since = DayField(required=False, label="Exists since", help_text=SINCE)
    field_order = ("name", "country", "since", "status", "reason")

    def prepare(self) -> None:
        for name in ("name", "country", "since", "status"):
            self.fields[name].initial = getattr(self.subject, name)

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()


@admin.register(Tenant)
class TenantAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_TENANT
    list_title = "Tenants"
    intro = "The organisations whose devices are managed. Each answers for its own data and sees nothing of the others."
    empty_text = "You are a member of no tenant yet. A tenant's administrator can add you."
    list_display = ("name", "slug", "country", "status_badge", "members_count", "created")
    list_filter = ("status",)
    search_fields = ("name", "slug")
    ordering = ("name", "id")
    adding = Deed(
        "add",
        "Create tenant",
        Permission.MANAGE_TENANT,
        lambda request, _, data: create_tenant(by=signed_in(request), **data),
        form=NewTenantForm,
        done="{subject} exists now. Add its first member, a tenant admin.",
        icon="add",
    )
    deeds = (
        Deed(
            "amend",
            "Change",
            Permission.MANAGE_TENANT,
            lambda request, tenant, data: change_tenant(tenant=tenant, by=signed_in(request), **data),
            form=ChangeTenantForm,
            done="{subject} is changed.",
            icon="edit",
        ),
    )

    def tenant_of(self, obj: Tenant) -> Tenant:
        return obj

    def scope(self, tenants: QuerySet[Tenant]) -> QuerySet[Tenant]:
        return tenants

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        mine = tenants_allowing(signed_in(request), self.view_permission, signed_in(request).tenants())
        return mine.annotate(members_total=Count("memberships")).order_by(*self.ordering)

    @column(
        description="Status",
        label={"Active": "success", "Closing": "warning", "Closed": "danger"},
        ordering="status",
    )
    def status_badge(self, tenant: Tenant) -> str:
        return tenant.get_status_display()

    @column(description="Members", ordering="members_total")
    def members_count(self, tenant: Any) -> int:
        return int(tenant.members_total)

    @column(description="Since", ordering="created_at")
    def created(self, tenant: Tenant) -> str:
        return minute(tenant.created_at)

    def headline(self, request: HttpRequest, obj: Tenant) -> Sequence[Any]:
        return [Badge(obj.get_status_display(), TENANT_TONES[obj.status])]

    def panels(self, request: HttpRequest, obj: Tenant) -> list[Panel]:
        about = [
            ("Name", obj.name),
            ("Short name", Code(obj.slug)),
            ("Directory id", Code(str(obj.directory_id))),
            ("Country", obj.country),
            ("Exists since", obj.exists_since),
            ("In the console since", obj.created_at),
        ]
        panels = [Panel("The tenant", facts(about))]
        if self.may(request, Permission.VIEW_MEMBERS, obj):
            panels.append(self._members(obj))
        return panels

    @staticmethod
    def _members(tenant: Tenant) -> Panel:
        members = Membership.objects.for_tenant(tenant).select_related("user").order_by("user__username")
        rows = [
            [link_to(m, m.user), m.user.username, m.get_role_display(), m.created_at]
            for m in members[:MEMBERS_SHOWN]
        ]
        table = Table(("Member", "User name", "Role", "Since"), rows, "Nobody yet. Add a tenant admin first.")
        return Panel("Members", table=table, link=Link("All members", admin_url(Membership, "changelist")))
