"""The admin pages of tenants, members, access tokens, accounts; and of the timeline, which lies below the tenants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.auth.models import Group
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from tenants import timeline_admin
from tenants.access import Principal
from tenants.accounts import change_account, create_account, set_password
from tenants.admin_base import PlatformModelAdmin, TenantModelAdmin
from tenants.admin_columns import column
from tenants.admin_deeds import Deed, DeedForm, InTenantForm, MomentField, OptionalReasonForm
from tenants.admin_pages import Badge, Code, Link, Panel, Table, admin_url, facts, link_to
from tenants.choice import tenants_allowing
from tenants.models import AccessToken, Membership, Tenant, User
from tenants.roles import Permission, Role
from tenants.services import (
    add_member,
    change_role,
    change_tenant,
    create_tenant,
    create_token,
    remove_member,
    revoke_token,
)
from tenants.templatetags.console_pages import minute

__all__ = ["timeline_admin"]

MEMBERS_SHOWN = 20
REASON = forms.CharField(
    widget=forms.Textarea,
    max_length=2000,
    required=False,
    help_text="Why, for whoever reads the trail later.",
)


def _by(request: HttpRequest) -> Principal:
    return request.user  # type: ignore[return-value]


# Roles are fixed (tenants/roles.py): Django's groups would promise what nobody reads.
if admin.site.is_registered(Group):
    admin.site.unregister(Group)


# --- Tenants ------------------------------------------------------------------------------------------------

TENANT_TONES = {"active": "good", "closing": "warn", "closed": "bad"}


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


class ChangeTenantForm(OptionalReasonForm):
    name = forms.CharField(max_length=200)
    country = forms.CharField(max_length=2, help_text="Two letters (ISO 3166-1), for example DE.")
    status = forms.ChoiceField(
        choices=Tenant.Status.choices,
        help_text="A closing tenant can only wind down; a closed one can only be read.",
    )
    field_order = ("name", "country", "status", "reason")

    def prepare(self) -> None:
        for name in ("name", "country", "status"):
            self.fields[name].initial = getattr(self.subject, name)

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()


@admin.register(Tenant)
class TenantAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_TENANT
    history_permission = Permission.VIEW_EVENTS
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
        lambda request, _, data: create_tenant(by=_by(request), **data),
        form=NewTenantForm,
        done="{subject} exists now. Add its first member, a tenant admin.",
        icon="add",
    )
    deeds = (
        Deed(
            "amend",
            "Change",
            Permission.MANAGE_TENANT,
            lambda request, tenant, data: change_tenant(tenant=tenant, by=_by(request), **data),
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
        mine = tenants_allowing(_by(request), self.view_permission, _by(request).tenants())
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
            ("Since", obj.created_at),
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


# --- Members ------------------------------------------------------------------------------------------------


class NewMemberForm(InTenantForm):
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
    reason = REASON


class ChangeRoleForm(OptionalReasonForm):
    role = forms.ChoiceField(choices=Role.choices)
    field_order = ("role", "reason")

    def prepare(self) -> None:
        self.fields["role"].initial = self.subject.role


def _what_removal_does(membership: Membership) -> list[str]:
    return [
        f"{membership.user} no longer sees anything of {membership.tenant}, from the next page on.",
        "The account itself stays, with its memberships of other tenants.",
        "Everything they did stays in the timeline under their name.",
    ]


@admin.register(Membership)
class MembershipAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_MEMBERS
    names_events = True
    history_permission = Permission.VIEW_EVENTS
    intro = "Who acts for the tenant, and in which role."
    empty_text = "There is no member yet."
    list_display = ("person", "username", "role_name", "tenant_name", "since")
    list_filter = ("role",)
    search_fields = ("user__username", "user__display_name")
    ordering = ("tenant__name", "user__username", "id")
    adding = Deed(
        "add",
        "Add member",
        Permission.MANAGE_MEMBERS,
        lambda request, _, data: add_member(by=_by(request), **data),
        form=NewMemberForm,
        done="{subject} is a member now.",
        icon="person_add",
    )
    deeds = (
        Deed(
            "role",
            "Change role",
            Permission.MANAGE_MEMBERS,
            lambda request, member, data: change_role(membership=member, by=_by(request), **data),
            form=ChangeRoleForm,
            done="Changed: {subject}.",
            icon="manage_accounts",
        ),
        Deed(
            "remove",
            "Remove",
            Permission.MANAGE_MEMBERS,
            lambda request, member, data: remove_member(membership=member, by=_by(request), **data),
            form=OptionalReasonForm,
            consequences=_what_removal_does,
            done="{subject}: no longer a member.",
            icon="person_remove",
            tone="danger",
        ),
    )

    def scope(self, tenants: QuerySet[Tenant]) -> QuerySet[Membership]:
        rows: QuerySet[Membership] = super().scope(tenants).select_related("user", "tenant")
        return rows

    @column(description="Person", ordering="user__display_name")
    def person(self, membership: Membership) -> str:
        return str(membership.user)

    @column(description="User name", ordering="user__username")
    def username(self, membership: Membership) -> str:
        return membership.user.username

    @column(description="Role", label=True, ordering="role")
    def role_name(self, membership: Membership) -> str:
        return membership.get_role_display()

    @column(description="Tenant", ordering="tenant__name")
    def tenant_name(self, membership: Membership) -> str:
        return membership.tenant.name

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
            ("May", [p.label for p in Permission if obj.user.may(p, obj.tenant)]),
            ("May sign in", obj.user.is_active),
            ("Member since", obj.created_at),
        ]
        return [Panel("The member", facts(about))]


# --- Access tokens ------------------------------------------------------------------------------------------

TOKEN_TONES = {"active": "good", "expired": "warn", "revoked": "bad"}


class NewTokenForm(InTenantForm):
    name = forms.CharField(max_length=100, help_text="What will use it, so that it can be found and revoked.")
    role = forms.ChoiceField(
        choices=Role.choices,
        initial=Role.SERVICE,
        help_text="Service: ask for decisions, read catalog and consents.",
    )
    expires_at = MomentField(label="Expires", help_text="When it stops working, at most a year ahead.")
    reason = REASON

    def prepare(self) -> None:
        super().prepare()
        lifetime: timedelta = AccessToken.DEFAULT_LIFETIME
        self.fields["expires_at"].initial = timezone.localtime(timezone.now() + lifetime)
        self.fields["expires_at"].help_text = f"{NewTokenForm.base_fields['expires_at'].help_text} {_zone()}"


def _zone() -> str:
    return f"Time zone: {timezone.localtime().tzname()}."


class TokenStateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), ("expired", "Expired"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        states = {
            "active": Q(revoked_at__isnull=True, expires_at__gt=now),
            "expired": Q(revoked_at__isnull=True, expires_at__lte=now),
            "revoked": Q(revoked_at__isnull=False),
        }
        return queryset.filter(states.get(self.value() or "", Q()))


def _what_revoking_does(token: AccessToken) -> list[str]:
    return [
        "Whatever uses the token is refused from its next request on (401).",
        "It cannot be undone: make another token where one is still needed.",
    ]


@admin.register(AccessToken)
class AccessTokenAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_TOKENS
    history_permission = Permission.VIEW_EVENTS
    intro = "The keys of machines. A token opens one tenant in one role, and is shown once: only its digest is kept."
    empty_text = "No machine has access yet. Make a token for each system that asks for decisions."
    list_display = ("name", "state_badge", "role_name", "tenant_name", "expires", "last_used", "maker")
    list_filter = (TokenStateFilter, "role")
    search_fields = ("name", "prefix")
    ordering = ("-created_at", "-id")
    adding = Deed(
        "add",
        "Make token",
        Permission.MANAGE_OWN_TOKENS,
        lambda request, _, data: create_token(by=_by(request), **data),
        form=NewTokenForm,
        icon="key",
    )
    deeds = (
        Deed(
            "revoke",
            "Revoke",
            Permission.MANAGE_OWN_TOKENS,
            lambda request, token, data: revoke_token(token=token, by=_by(request), **data),
            form=OptionalReasonForm,
            is_offered=lambda token: token.revoked_at is None,
            consequences=_what_revoking_does,
            done="{subject} is revoked.",
            icon="key_off",
            tone="danger",
        ),
    )

    def scope(self, tenants: QuerySet[Tenant]) -> QuerySet[AccessToken]:
        rows: QuerySet[AccessToken] = super().scope(tenants).select_related("tenant", "created_by")
        return rows

    def offered(self, request: HttpRequest, obj: AccessToken) -> list[dict[str, Any]]:
        is_own = obj.created_by_id == request.user.pk
        if is_own or self.may(request, Permission.MANAGE_TOKENS, obj):
            return super().offered(request, obj)
        return []

    def after(self, request: HttpRequest, deed: Deed, obj: Any, result: Any) -> HttpResponse:
        """The new token's secret stands on the answer itself, and nowhere else: no address leads back to it."""
        if deed is not self.adding:
            return super().after(request, deed, obj, result)
        token, secret = result
        context = self.context(request, token, title=f"Token made: {token}", secret=secret)
        answer = TemplateResponse(request, "admin/tenants/token_made.html", context)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @column(
        description="State",
        label={"Active": "success", "Expired": "warning", "Revoked": "danger"},
        ordering="revoked_at",
    )
    def state_badge(self, token: AccessToken) -> str:
        return token.state.capitalize()

    @column(description="Role", ordering="role")
    def role_name(self, token: AccessToken) -> str:
        return token.get_role_display()

    @column(description="Tenant", ordering="tenant__name")
    def tenant_name(self, token: AccessToken) -> str:
        return token.tenant.name

    @column(description="Expires", ordering="expires_at")
    def expires(self, token: AccessToken) -> str:
        return minute(token.expires_at)

    @column(description="Last used", ordering="last_used_at", empty_value="never")
    def last_used(self, token: AccessToken) -> str | None:
        return minute(token.last_used_at) if token.last_used_at else None

    @column(description="Made by", empty_value="command line")
    def maker(self, token: AccessToken) -> str | None:
        return str(token.created_by) if token.created_by else None

    def headline(self, request: HttpRequest, obj: AccessToken) -> Sequence[Any]:
        return [Badge(obj.state.capitalize(), TOKEN_TONES[obj.state]), Badge(obj.get_role_display(), "info")]

    def panels(self, request: HttpRequest, obj: AccessToken) -> list[Panel]:
        about = [
            ("Name", obj.name),
            ("Begins with", Code(f"{AccessToken.PREFIX}_{obj.prefix}_…")),
            ("Role", obj.get_role_display()),
            ("Made", obj.created_at),
            ("Made by", str(obj.created_by) if obj.created_by else "command line"),
            ("Expires", obj.expires_at),
            ("Last used", obj.last_used_at or "never"),
            ("Revoked", obj.revoked_at),
        ]
        return [Panel("The token", facts(about))]


# --- Accounts -----------------------------------------------------------------------------------------------


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
    intro = "Everybody who has an account. What they may do comes from their memberships."
    list_display = ("username", "display_name", "standing", "memberships_count", "last_seen")
    list_filter = ("is_superuser", "is_active")
    search_fields = ("username", "display_name", "email")
    ordering = ("username",)
    adding = Deed(
        "add",
        "Create account",
        Permission.MANAGE_TENANT,
        lambda request, _, data: create_account(by=_by(request), **data),
        form=NewAccountForm,
        done="The account of {subject} is made. Set a password, so that they can sign in.",
        icon="person_add",
    )
    deeds = (
        Deed(
            "amend",
            "Change",
            Permission.MANAGE_TENANT,
            lambda request, user, data: change_account(user=user, by=_by(request), **data),
            form=ChangeAccountForm,
            done="The account of {subject} is changed.",
            icon="edit",
        ),
        Deed(
            "password",
            "Set password",
            Permission.MANAGE_TENANT,
            lambda request, user, data: set_password(user=user, by=_by(request), **data),
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
            for m in members[:MEMBERS_SHOWN]
        ]
        return Panel("Memberships", table=Table(("Tenant", "Role", "Since"), rows, "A member of no tenant."))


def _standing(user: User) -> str:
    if not user.is_active:
        return "Closed"
    return "Operator" if user.is_superuser else "Member"
