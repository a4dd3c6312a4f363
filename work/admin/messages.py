"""The pages of the outbox: what the console wrote to whom, and whether it went out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from tenants.access import signed_in
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, OptionalReasonForm
from tenants.pages.parts import Badge, Code, Panel, facts
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute
from work.models import Message
from work.services import send_again

TONES = {"waiting": "info", "sent": "good", "failed": "bad"}


@admin.register(Message)
class MessageAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_MESSAGES
    list_title = "E-mails"
    intro = "What the console wrote to people: reminders and the digest of what waits for them."
    empty_text = "Nothing was written yet. Reminders come before something ends."
    list_display = ("subject", "to", "state_badge", "tenant_name", "written", "sent", "error")
    list_filter = ("state",)
    search_fields = ("subject", "to")
    ordering = ("-created_at", "-id")
    deeds = (
        Deed(
            "send_again",
            "Try again",
            Permission.SEND_MESSAGES,
            lambda request, message, data: send_again(message=message, by=signed_in(request), **data),
            form=OptionalReasonForm,
            is_offered=lambda message: message.state == Message.State.FAILED,
            consequences=lambda message: [f"It waits to be sent to {message.to} again, as it was written."],
            done="“{subject}” waits to be sent.",
            icon="replay",
        ),
    )

    @column(
        description="State",
        label={"Waiting": "info", "Sent": "success", "Failed": "danger"},
        ordering="state",
    )
    def state_badge(self, message: Message) -> str:
        return message.get_state_display()

    @column(description="Written", ordering="created_at")
    def written(self, message: Message) -> SafeString:
        return minute(message.created_at)

    @column(description="Sent", ordering="sent_at", empty_value="–")
    def sent(self, message: Message) -> SafeString | None:
        return minute(message.sent_at) if message.sent_at else None

    def headline(self, request: HttpRequest, obj: Message) -> Sequence[Any]:
        return [Badge(obj.get_state_display(), TONES[obj.state])]

    def panels(self, request: HttpRequest, obj: Message) -> list[Panel]:
        about = [
            ("To", obj.to),
            ("Subject", obj.subject),
            ("Written", obj.created_at),
            ("Sent", obj.sent_at),
            ("Attempts", obj.attempts),
            ("Why not", obj.error),
            ("Next attempt", obj.next_try_at if obj.state == Message.State.WAITING else None),
            ("Message-ID begins with", Code(str(obj.reference))),
        ]
        return [Panel("The e-mail", facts(about)), Panel("Text", text=obj.shown_body)]
