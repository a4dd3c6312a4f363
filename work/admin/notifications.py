"""“My notifications”: what a member wants to be told by e-mail, for each of their tenants."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from privacy_console.errors import Refused
from tenants.access import signed_in
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, DeedForm, InTenantForm
from tenants.pages.parts import Panel, facts
from tenants.roles import Permission
from work.models import MailPreference
from work.notifications import choose_mail


class WishForm(DeedForm):
    digest = forms.ChoiceField(
        label="Summary of what waits",
        choices=MailPreference.Digest.choices,
        initial=MailPreference.Digest.DAILY,
        help_text="None is sent where nothing waits.",
    )
    reminders = forms.BooleanField(
        required=False,
        initial=True,
        label="Remind me",
        help_text="One e-mail when the end of a consent, contract or certificate comes near.",
    )

    def prepare(self) -> None:
        super().prepare()
        if self.subject is not None:
            self.initial = {"digest": self.subject.digest, "reminders": self.subject.reminders}


class NewWishForm(InTenantForm, WishForm):
    field_order = ("tenant", "digest", "reminders")


def _change(request: HttpRequest, wish: MailPreference, data: dict[str, Any]) -> MailPreference:
    if wish.user_id != request.user.pk:
        raise Refused("not_yours", "Everybody chooses for themselves.")
    return choose_mail(tenant=wish.tenant, by=signed_in(request), **data)


@admin.register(MailPreference)
class MailPreferenceAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_WORKLIST
    history_permission = Permission.VIEW_WORKLIST
    list_title = "My notifications"
    intro = "What you are told by e-mail. Everybody chooses for themselves, for each tenant."
    empty_text = (
        "You have chosen nothing yet: each morning on which something waits you get a summary, and officers and admins "
        "are reminded before consents, contracts and certificates end. E-mail needs an address in your account."
    )
    related = ("user",)
    list_display = ("tenant_name", "summary", "is_reminded", "whose")
    list_display_links = ("tenant_name",)
    ordering = ("tenant__name", "user__username")
    adding = Deed(
        "add",
        "Choose",
        Permission.VIEW_WORKLIST,
        lambda request, _, data: choose_mail(by=signed_in(request), **data),
        form=NewWishForm,
        done="Chosen.",
        icon="notifications",
    )
    deeds = (
        Deed(
            "choose",
            "Change",
            Permission.VIEW_WORKLIST,
            _change,
            form=WishForm,
            done="Changed.",
            icon="notifications",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[MailPreference]:
        return super().get_queryset(request).filter(user=request.user.pk)

    def reachable(self, request: HttpRequest) -> QuerySet[MailPreference]:
        """One's own; an operator can look up why somebody is not told."""
        rows = super().reachable(request)
        return rows if signed_in(request).is_operator else rows.filter(user=request.user.pk)

    def offered(self, request: HttpRequest, obj: MailPreference) -> list[dict[str, Any]]:
        return super().offered(request, obj) if obj.user_id == request.user.pk else []

    @column(description="Summary", ordering="digest")
    def summary(self, wish: MailPreference) -> str:
        return wish.get_digest_display()

    @column(description="Reminders")
    def is_reminded(self, wish: MailPreference) -> str:
        return "Yes" if wish.reminders else "No"

    @column(description="Sent to", empty_value="the account has no e-mail address")
    def whose(self, wish: MailPreference) -> str | None:
        return wish.user.email or None

    def panels(self, request: HttpRequest, obj: MailPreference) -> list[Panel]:
        about: list[tuple[str, Any]] = [
            ("Tenant", obj.tenant.name),
            ("Whose", str(obj.user)),
            ("Summary of what waits", obj.get_digest_display()),
            ("Reminders", obj.reminders),
            ("Sent to", obj.user.email or "The account has no e-mail address: an operator can enter one."),
        ]
        return [Panel("By e-mail", facts(about))]
