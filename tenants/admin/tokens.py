"""The pages of access tokens: the keys of machines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from tenants.access import signed_in
from tenants.models import AccessToken
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, InTenantForm, MomentField, OptionalReasonForm
from tenants.pages.parts import Badge, Code, Panel, facts
from tenants.roles import Permission, Role
from tenants.services import (
    create_token,
    revoke_token,
)
from tenants.templatetags.console_pages import minute

# Its history says which of the two it was.
NO_PERSON = "the command line"
TOKEN_TONES = {"active": "good", "expired": "warn", "revoked": "bad"}


class NewTokenForm(InTenantForm, OptionalReasonForm):
    name = forms.CharField(max_length=100, help_text="What will use it, so that it can be found and revoked.")
    role = forms.ChoiceField(
        choices=Role.choices,
        initial=Role.SERVICE,
        help_text="Service: ask for decisions, read catalog and consents.",
    )
    expires_at = MomentField(label="Expires", help_text="When it stops working, at most a year ahead.")
    field_order = ("name", "role", "expires_at", "reason")

    def prepare(self) -> None:
        super().prepare()
        lifetime: timedelta = AccessToken.DEFAULT_LIFETIME
        self.fields["expires_at"].initial = timezone.localtime(timezone.now() + lifetime)


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
    list_title = "Access tokens"
    intro = "The keys of machines. A token opens one tenant in one role, and is shown once: only its digest is kept."
    empty_text = "No machine has access yet. Make a token for each system that asks for decisions."
    related = ("created_by",)
    list_display = ("name", "state_badge", "role_name", "tenant_name", "expires", "last_used", "maker")
    list_filter = (TokenStateFilter, "role")
    search_fields = ("name", "prefix")
    ordering = ("-created_at", "-id")
    adding = Deed(
        "add",
        "Make token",
        Permission.MANAGE_OWN_TOKENS,
        lambda request, _, data: create_token(by=signed_in(request), **data),
        form=NewTokenForm,
        icon="key",
    )
    deeds = (
        Deed(
            "revoke",
            "Revoke",
            Permission.MANAGE_OWN_TOKENS,
            lambda request, token, data: revoke_token(token=token, by=signed_in(request), **data),
            form=OptionalReasonForm,
            is_offered=lambda token: token.revoked_at is None,
            consequences=_what_revoking_does,
            done="{subject} is revoked.",
            icon="key_off",
            tone="danger",
        ),
    )

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

    @column(description="Expires", ordering="expires_at")
    def expires(self, token: AccessToken) -> str:
        return minute(token.expires_at)

    @column(description="Last used", ordering="last_used_at", empty_value="never")
    def last_used(self, token: AccessToken) -> str | None:
        return minute(token.last_used_at) if token.last_used_at else None

    @column(description="Made by", empty_value=NO_PERSON)
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
            ("Made by", str(obj.created_by) if obj.created_by else NO_PERSON),
            ("Expires", obj.expires_at),
            ("Last used", obj.last_used_at or "never"),
            ("Revoked", obj.revoked_at),
        ]
        return [Panel("The token", facts(about))]
