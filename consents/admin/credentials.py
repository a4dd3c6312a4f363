"""The pages of certificates and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from catalog.models import Service
from consents.credential_kinds import credential_kinds
from consents.models import Credential
from consents.services.credentials import add_credential, change_credential, retire_credential
from tenants.access import signed_in
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, InTenantForm, MomentField, OptionalReasonForm
from tenants.pages.moments import Moment, moment_of
from tenants.pages.parts import Badge, Code, Panel, facts, link_to
from tenants.pages.past import PastModelAdmin, filtered_then, seen_at
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute

TONES = {"Valid": "good", "Ends soon": "warn", "Expired": "bad", "Retired": "plain"}
LABELS = {"Valid": "success", "Ends soon": "warning", "Expired": "danger", "Retired": "info"}
SOON = timedelta(days=30)
FIELDS = ("connection", "name", "account", "serial_number", "expires_at", "grace_days")


def state_of(credential: Credential, at: datetime) -> str:
    """Its state at the instant, in a word or two."""
    if credential.retired_at is not None:
        return "Retired"
    if credential.expires_at <= at:
        return "Expired"
    return "Ends soon" if credential.expires_at <= at + SOON else "Valid"


class WhatItIs(OptionalReasonForm):
    """What people know of a certificate or token."""

    name = forms.CharField(max_length=200, help_text="How people call it.")
    connection = forms.CharField(
        max_length=100, required=False, help_text="Which connection uses it, where there are several."
    )
    expires_at = MomentField(label="Ends", help_text="When it stops working.")
    account = forms.CharField(
        max_length=254, required=False, help_text="The account that made it, which is needed to renew it."
    )
    serial_number = forms.CharField(max_length=100, required=False)
    grace_days = forms.IntegerField(
        label="Days of grace",
        min_value=0,
        max_value=3650,
        required=False,
        help_text="For how many days after its end it can be renewed as the same; by its kind, where left empty.",
    )


class NewCredentialForm(InTenantForm, WhatItIs):
    kind = forms.ChoiceField(choices=Credential.Kind.choices, help_text="What it is.")
    field_order = ("kind", *FIELDS, "reason")


class ChangeForm(WhatItIs):
    def prepare(self) -> None:
        for name in FIELDS:
            self.fields[name].initial = getattr(self.subject, name)
        self.fields["expires_at"].initial = timezone.localtime(self.subject.expires_at)


def _is_by_hand(credential: Credential) -> bool:
    return credential.retired_at is None and credential.source == Credential.Source.HAND


DEEDS = (
    Deed(
        "correct",
        "Change",
        Permission.KEEP_CREDENTIALS,
        lambda request, credential, data: change_credential(
            credential=credential, by=signed_in(request), **data
        ),
        form=ChangeForm,
        is_offered=_is_by_hand,
        done="{subject} is changed.",
        icon="edit",
        tone="primary",
    ),
    Deed(
        "retire",
        "Retire",
        Permission.KEEP_CREDENTIALS,
        lambda request, credential, data: retire_credential(
            credential=credential, by=signed_in(request), **data
        ),
        is_offered=lambda credential: credential.retired_at is None,
        consequences=lambda _: [
            "Nobody is reminded of its end any more. It stays in the list of those that are retired.",
            "An import takes it up again only when its end has changed.",
        ],
        done="{subject} is retired.",
        icon="inventory_2",
    ),
)


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("valid", "Valid"), ("soon", "Ends soon"), ("expired", "Expired"), ("retired", "Retired")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now, used = moment_of(request).at, Q(retired_at__isnull=True)
        states = {
            "valid": used & Q(expires_at__gt=now + SOON),
            "soon": used & Q(expires_at__gt=now, expires_at__lte=now + SOON),
            "expired": used & Q(expires_at__lte=now),
            "retired": ~used,
        }
        condition = states.get(self.value() or "")
        return queryset if condition is None else filtered_then(request, queryset, condition)


@admin.register(Credential)
class CredentialAdmin(PastModelAdmin):
    view_permission = Permission.VIEW_SHARING
    list_title = "Certificates and tokens"
    intro = "What connections to third parties live by. When one ends, devices are no longer managed or apps assigned."
    empty_text = "Nothing is known yet. Import what Microsoft Graph answers, or enter a certificate or token."
    related = ("service",)
    list_display = (
        "called",
        "kind_name",
        "connection",
        "state_badge",
        "ends",
        "account",
        "tenant_name",
        "source_name",
    )
    list_filter = (StateFilter, "kind", "source", "service")
    search_fields = ("name", "connection", "account", "serial_number", "external_id")
    search_help_text = "Name, connection, account, serial number or id."
    ordering = ("expires_at", "id")
    adding = Deed(
        "add",
        "Enter certificate or token",
        Permission.KEEP_CREDENTIALS,
        lambda request, _, data: add_credential(by=signed_in(request), **data),
        form=NewCredentialForm,
        consequences=lambda _: ["Reminders go out before its end, at the lead times of the tenant."],
        done="{subject} is entered.",
        icon="add",
    )
    deeds = DEEDS

    def related_queryset(self, model: Any, request: HttpRequest) -> QuerySet[Any]:
        if model is Service:
            return Service.objects.filter(code__in=[kind.service for kind in credential_kinds().values()])
        return super().related_queryset(model, request)

    @column(description="Name", ordering="name")
    def called(self, credential: Credential) -> str:
        return credential.name

    @column(description="Kind", ordering="kind")
    def kind_name(self, credential: Credential) -> str:
        return credential.get_kind_display()

    @column(description="State", label=LABELS, ordering="expires_at")
    def state_badge(self, credential: Credential) -> str:
        return state_of(credential, seen_at(credential))

    @column(description="Ends", ordering="expires_at")
    def ends(self, credential: Credential) -> str:
        return minute(credential.expires_at)

    @column(description="Source", ordering="source")
    def source_name(self, credential: Credential) -> str:
        return credential.get_source_display()

    def headline(self, request: HttpRequest, obj: Credential) -> Sequence[Any]:
        moment = moment_of(request)
        credential, kind = self.at_moment(obj, moment), Badge(obj.get_kind_display(), "info")
        if credential is None:
            return [kind]
        state = state_of(credential, moment.at)
        return [Badge(state, TONES[state]), kind]

    def panels(self, request: HttpRequest, obj: Credential) -> list[Panel]:
        moment = moment_of(request)
        credential = self.at_moment(obj, moment)
        if credential is None:
            return [Panel("Not known yet", text="It was entered or imported later.", tone="warn")]
        return [_what_is_known(credential, moment)]


def _what_is_known(credential: Credential, moment: Moment) -> Panel:
    days = credential.grace_days
    grace = f"{credential.last_day_to_renew:%Y-%m-%d}, {days} days after its end" if days else None
    about = [
        ("Service", link_to(credential.service)),
        ("Connection", credential.connection),
        ("Ends", credential.expires_at),
        ("Can be renewed until", grace),
        ("Account that renews it", credential.account),
        ("Serial number", Code(credential.serial_number) if credential.serial_number else None),
        ("Id at the source", Code(credential.external_id)),
        ("Source", credential.get_source_display()),
        ("Entered or last changed", credential.seen_at),
        ("Retired", credential.retired_at),
    ]
    return Panel("The certificate or token", facts(about), tone=TONES[state_of(credential, moment.at)])
