"""The pages of accounts: who can sign in at all. Operators only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from tenants.access import signed_in
from tenants.accounts import change_account, create_account, set_password
from tenants.models import Membership, User
from tenants.pages.bases import PlatformModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, OptionalReasonForm
from tenants.pages.parts import Badge, Panel, Table, facts, link_to
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute

MEMBERSHIPS_SHOWN = 20


class NewAccountForm(OptionalReasonForm):
    username = forms.CharField(label="User name", max_length=254, help_text="Usually the e-mail address.")
    display_name = forms.CharField(max_length=200, required=False)
    email = forms.EmailField(label="E-mail address", required=False)
    is_operator = forms.BooleanField(
        label="Operator", required=False, help_text="Runs the platform: every tenant, the shared catalog."
    )
    field_order = ("username", "display_name", "email", "is_operator", "reason")


class ChangeAccountForm(OptionalReasonForm):
    display_name = forms.CharField(max_length=200, required=False)
    email = forms.EmailField(label="E-mail address", required=False)
    is_operator = forms.BooleanField(label="Operator", required=False)
    may_sign_in = forms.BooleanField(
        required=False, help_text="Switch off instead of deleting: the trail keeps pointing to somebody."
    )
    field_order = ("display_name", "email", "is_operator", "may_sign_in", "reason")

    def prepare(self) -> None:
        user: User = self.subject
        self.fields["display_name"].initial, self.fields["email"].initial = user.display_name, user.email
        self.fields["is_operator"].initial, self.fields["may_sign_in"].initial = (
            user.is_superuser,
            user.is_active,
        )


class PasswordForm(OptionalReasonForm):
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text="At least eight characters, not a common word. Tell the person on another way than by e-mail.",
    )
    again = forms.CharField(
        label="The same again",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )
    field_order = ("password", "again", "reason")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("password") != data.pop("again", None):
            self.add_error("password", "The two passwords differ.") if "password" in data else None
        return data


@admin.register(User)
class UserAdmin(PlatformModelAdmin):
    view_permission = Permission.MANAGE_TENANT
    list_title = "Accounts"
    intro = "Everybody who has an account. What they may do comes from their memberships."
    list_display = ("username", "display_name", "standing", "memberships_count", "last_seen")
    list_filter = ("is_superuser", "is_active")
    search_fields = ("username", "display_name", "email")
    ordering = ("username",)
    adding = Deed(
        "add",
        "Create account",
        Permission.MANAGE_TENANT,
        lambda request, _, data: create_account(by=signed_in(request), **data),
        form=NewAccountForm,
        done="The account of {subject} is made. Set a password, so that they can sign in.",
        icon="person_add",
    )
    deeds = (
        Deed(
            "amend",
            "Change",
            Permission.MANAGE_TENANT,
            lambda request, user, data: change_account(user=user, by=signed_in(request), **data),
            form=ChangeAccountForm,
            done="The account of {subject} is changed.",
            icon="edit",
        ),
        Deed(
            "password",
            "Set password",
            Permission.MANAGE_TENANT,
            lambda request, user, data: set_password(user=user, by=signed_in(request), **data),
            form=PasswordForm,
            consequences=lambda user: [
                f"{user} is signed out everywhere and signs in with the new password."
            ],
            done="The password of {subject} is set.",
            icon="password",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return User.objects.annotate(memberships_total=Count("memberships")).order_by(*self.ordering)

    @column(description="Standing", label={"Operator": "info", "Member": "success", "Closed": "danger"})
    def standing(self, user: User) -> str:
        return _standing(user)

    @column(description="Memberships", ordering="memberships_total")
    def memberships_count(self, user: Any) -> int:
        return int(user.memberships_total)

    @column(description="Last signed in", ordering="last_login", empty_value="never")
    def last_seen(self, user: User) -> str | None:
        return minute(user.last_login) if user.last_login else None

    def headline(self, request: HttpRequest, obj: User) -> Sequence[Any]:
        return [Badge(_standing(obj), "good" if obj.is_active else "bad")]

    def panels(self, request: HttpRequest, obj: User) -> list[Panel]:
        about = [
            ("User name", obj.username),
            ("Called", obj.display_name),
            ("E-mail address", obj.email),
            ("Operator", obj.is_superuser),
            ("May sign in", obj.is_active),
            ("Has a password", obj.has_usable_password()),
            ("Last signed in", obj.last_login or "never"),
            ("Account since", obj.created_at),
        ]
        return [Panel("The account", facts(about)), self._memberships(obj)]

    @staticmethod
    def _memberships(user: User) -> Panel:
        members = Membership.objects.across_tenants().filter(user=user).select_related("tenant", "user")
        rows = [
            [link_to(m.tenant), link_to(m, m.get_role_display()), m.created_at]
            for m in members[:MEMBERSHIPS_SHOWN]
        ]
        return Panel("Memberships", table=Table(("Tenant", "Role", "Since"), rows, "A member of no tenant."))


def _standing(user: User) -> str:
    if not user.is_active:
        return "Closed"
    return "Operator" if user.is_superuser else "Member"
