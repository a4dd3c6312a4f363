"""By which provider a tenant's employees sign in: seen by everybody in it, set by its administrators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from portal.models import IdentityProvider, check_issuer
from portal.providers import LONGEST_SECRET, return_address, set_identity_provider
from tenants.access import signed_in
from tenants.models import Tenant
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, DeedForm, InTenantForm
from tenants.pages.moments import moment_of
from tenants.pages.parts import Fact, Panel
from tenants.pages.past import PastModelAdmin
from tenants.roles import Permission

FIELDS = ("issuer", "client_id", "scopes", "claim", "directory", "joins", "is_on")


def _help(name: str) -> str:
    return str(IdentityProvider._meta.get_field(name).help_text)  # type: ignore[union-attr]


class ProviderForm(DeedForm):
    """All of it as it stands, but the secret, which is only ever given."""

    issuer = forms.CharField(max_length=300, validators=[check_issuer], help_text=_help("issuer"))
    client_id = forms.CharField(label="Client id", max_length=200, help_text=_help("client_id"))
    client_secret = forms.CharField(
        max_length=LONGEST_SECRET,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="It is kept encrypted and shown to nobody again. Empty: the one that was given before stays, unless "
        "issuer or client id change.",
    )
    scopes = forms.CharField(max_length=200, help_text=_help("scopes"))
    claim = forms.ChoiceField(
        label="Who it is", choices=IdentityProvider.Claim.choices, help_text=_help("claim")
    )
    directory = forms.UUIDField(required=False, help_text=_help("directory"))
    joins = forms.BooleanField(label="Takes in newcomers", required=False, help_text=_help("joins"))
    is_on = forms.BooleanField(label="On", required=False, help_text=_help("is_on"))
    reason = forms.CharField(
        widget=forms.Textarea,
        max_length=2000,
        help_text="Why. It becomes part of the record and cannot be changed.",
    )

    def prepare(self) -> None:
        provider = self.subject or IdentityProvider()
        self.initial = {name: getattr(provider, name) for name in FIELDS} | dict(self.initial)


class FirstProviderForm(InTenantForm, ProviderForm):
    def prepare(self) -> None:
        InTenantForm.prepare(self)
        ProviderForm.prepare(self)


def _set(request: HttpRequest, provider: IdentityProvider | None, data: dict[str, Any]) -> IdentityProvider:
    tenant = data.pop("tenant", None) or provider.tenant  # type: ignore[union-attr]
    data["client_secret"] = data["client_secret"] or None
    data["directory"] = data["directory"] or ""
    return set_identity_provider(tenant=tenant, by=signed_in(request), **data)


def _what_it_does(subject: Any) -> list[str]:
    return [
        "Employees see a second way in on the portal's first page, as soon as it is on. Links by e-mail stay.",
        "The trail keeps what was changed, by whom and why; of the secret only that it was given.",
    ]


def _to_register(request: HttpRequest, subject: Any) -> list[Panel]:
    if not isinstance(subject, IdentityProvider):
        return []
    return [_registration(subject.tenant)]


def _registration(tenant: Tenant) -> Panel:
    about = [Fact("Redirect address", return_address(tenant), "Register it at the provider to the letter.")]
    return Panel("At the provider", about)


FIRST = Deed(
    "add",
    "Set the identity provider",
    Permission.SET_SIGN_IN,
    _set,
    form=FirstProviderForm,
    consequences=_what_it_does,
    done="{subject} is set.",
    icon="login",
)
CHANGE = Deed(
    "set",
    "Change the identity provider",
    Permission.SET_SIGN_IN,
    _set,
    form=ProviderForm,
    consequences=_what_it_does,
    panels=_to_register,
    done="{subject} is set.",
    icon="login",
    tone="primary",
)


@admin.register(IdentityProvider)
class IdentityProviderAdmin(PastModelAdmin):
    view_permission = Permission.VIEW_SIGN_IN
    list_title = "Identity providers"
    intro = "By which OpenID Connect provider employees sign in to the portal, beside links by e-mail."
    empty_text = "Employees sign in by a link sent to their address. An administrator sets a provider."
    list_display = ("tenant_name", "issuer", "claim", "state")
    ordering = ("tenant__name", "id")
    adding = FIRST
    deeds = (CHANGE,)

    @column(description="State", label={"On": "success"})
    def state(self, provider: IdentityProvider) -> str:
        return "On" if provider.is_on else "Off"

    def panels(self, request: HttpRequest, obj: IdentityProvider) -> list[Panel]:
        provider = self.at_moment(obj, moment_of(request))
        if provider is None:
            return [Panel("None was set", text="The tenant had no identity provider yet.")]
        about = [
            Fact("On", provider.is_on, _help("is_on")),
            Fact("Issuer", provider.issuer),
            Fact("Client id", provider.client_id),
            Fact("Client secret given", provider.secret_set_at),
            Fact("Scopes", provider.scopes),
            Fact("Who it is", provider.get_claim_display(), _help("claim")),
            Fact("Directory", provider.directory or "every one", _help("directory")),
            Fact("Takes in newcomers", provider.joins, _help("joins")),
        ]
        return [Panel("The provider", about), _registration(obj.tenant)]
