"""The pages of members: who acts for a tenant, and in which role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from tenants.access import signed_in
from tenants.models import AccessToken, Membership
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, InTenantForm, OptionalReasonForm
from tenants.pages.parts import Badge, Panel, facts
from tenants.roles import Permission, Role, is_allowed
from tenants.services import (
    add_member,
    change_role,
    remove_member,
)
from tenants.templatetags.console_pages import minute

TOKENS_NAMED = 10


class NewMemberForm(InTenantForm, OptionalReasonForm):
    username = forms.CharField(
        label="User name",
        max_length=254,
        help_text="The name to sign in with, usually the e-mail address. Whoever has no account gets one.",
    )
    role = forms.ChoiceField(
        choices=Role.choices,
        help_text="Privacy officers decide, tenant admins switch things on, auditors only read.",
    )
    display_name = forms.CharField(
        max_length=200, required=False, help_text="For a new account: how the person is called."
    )
    field_order = ("username", "role", "display_name", "reason")


class ChangeRoleForm(OptionalReasonForm):
    role = forms.ChoiceField(choices=Role.choices)
    field_order = ("role", "reason")

    def prepare(self) -> None:
        self.fields["role"].initial = self.subject.role


def _tokens_left(membership: Membership) -> list[str]:
    """The tokens that may stop working with the role of whoever made them."""
    now = timezone.now()
    tokens = AccessToken.objects.for_tenant(membership.tenant_id).filter(created_by=membership.user_id)
    names = [t.name for t in tokens.filter(revoked_at__isnull=True, expires_at__gt=now)[: TOKENS_NAMED + 1]]
    if not names:
        return []
    more = " and others" if len(names) > TOKENS_NAMED else ""
    named = f"{', '.join(names[:TOKENS_NAMED])}{more}"
    return [
        f"A token works only while the role of whoever made it could make it. {membership.user} made: {named}.",
        "Have somebody else make new ones for the programs that go on needing them.",
    ]


def _what_removal_does(membership: Membership) -> list[str]:
    return [
        *_tokens_left(membership),
        f"{membership.user} no longer sees anything of {membership.tenant}, from the next page on.",
        "The account itself stays, with its memberships of other tenants.",
        "Everything they did stays in the timeline under their name.",
    ]


@admin.register(Membership)
class MembershipAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_MEMBERS
    list_title = "Members"
    intro = "Who acts for the tenant, and in which role."
    empty_text = "There is no member yet."
    related = ("user",)
    list_display = ("person", "username", "role_name", "tenant_name", "since")
    list_filter = ("role",)
    search_fields = ("user__username", "user__display_name")
    ordering = ("tenant__name", "user__username", "id")
    adding = Deed(
        "add",
        "Add member",
        Permission.MANAGE_MEMBERS,
        lambda request, _, data: add_member(by=signed_in(request), **data),
        form=NewMemberForm,
        done="{subject} is a member now.",
        icon="person_add",
    )
    deeds = (
        Deed(
            "role",
            "Change role",
            Permission.MANAGE_MEMBERS,
            lambda request, member, data: change_role(membership=member, by=signed_in(request), **data),
            form=ChangeRoleForm,
            consequences=_tokens_left,
            done="Changed: {subject}.",
            icon="manage_accounts",
        ),
        Deed(
            "remove",
            "Remove",
            Permission.MANAGE_MEMBERS,
            lambda request, member, data: remove_member(membership=member, by=signed_in(request), **data),
            form=OptionalReasonForm,
            consequences=_what_removal_does,
            done="{subject}: no longer a member.",
            icon="person_remove",
            tone="danger",
        ),
    )

    @column(description="Person", ordering="user__display_name")
    def person(self, membership: Membership) -> str:
        return str(membership.user)

    @column(description="User name", ordering="user__username")
    def username(self, membership: Membership) -> str:
        return membership.user.username

    @column(description="Role", label=True, ordering="role")
    def role_name(self, membership: Membership) -> str:
        return membership.get_role_display()

    @column(description="Since", ordering="created_at")
    def since(self, membership: Membership) -> str:
        return minute(membership.created_at)

    def headline(self, request: HttpRequest, obj: Membership) -> Sequence[Any]:
        return [Badge(obj.get_role_display(), "info")]

    def panels(self, request: HttpRequest, obj: Membership) -> list[Panel]:
        about = [
            ("Person", str(obj.user)),
            ("User name", obj.user.username),
            ("Role", obj.get_role_display()),
            ("May", [p.label for p in Permission if obj.user.is_active and is_allowed(obj.role, p)]),
            ("May sign in", obj.user.is_active),
            ("Member since", obj.created_at),
        ]
        return [Panel("The member", facts(about))]
