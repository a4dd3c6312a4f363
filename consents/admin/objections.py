"""The pages of a tenant's objections to subcontractors of the processor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from consents.models import Objection, SubcontractorNotice
from consents.services.subcontractors import answer_objection, raise_objection, withdraw_objection
from tenants.access import signed_in
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, DeedForm, InTenantForm
from tenants.pages.parts import Badge, Panel, facts, link_to
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute

TONES = {"open": "warn", "answered": "good", "withdrawn": "plain"}
LABELS = {"Open": "warning", "Answered": "success", "Withdrawn": "info"}


class ObjectForm(InTenantForm):
    """An objection to what was announced."""

    reason = forms.CharField(
        widget=forms.Textarea,
        max_length=2000,
        help_text="Why you object. It becomes part of the record and cannot be changed.",
    )

    def prepare(self) -> None:
        super().prepare()
        self.fields["notice"] = forms.ModelChoiceField(
            SubcontractorNotice.objects.select_related("third_party"),
            label="Announcement",
            help_text="What you object to.",
        )
        self.order_fields(["tenant", "notice", "reason"])


class AnswerForm(DeedForm):
    """What the processor answered."""

    answer = forms.CharField(
        widget=forms.Textarea,
        max_length=10_000,
        help_text="What the processor answered, when, and where it can be found.",
    )


def _is_open(objection: Objection) -> bool:
    return objection.status == Objection.Status.OPEN


OBJECT = Deed(
    "add",
    "Object",
    Permission.OBJECT,
    lambda request, _, data: raise_objection(by=signed_in(request), **data),
    form=ObjectForm,
    consequences=lambda _: [
        "The objection is recorded with its day. Send it to the processor yourself: the console has no line to it.",
        "Raised after the change took effect, it is kept and marked late.",
    ],
    done="{subject} is recorded.",
    icon="gavel",
)
DEEDS = (
    Deed(
        "answer",
        "Record the answer",
        Permission.OBJECT,
        lambda request, objection, data: answer_objection(objection=objection, by=signed_in(request), **data),
        form=AnswerForm,
        is_offered=_is_open,
        consequences=lambda _: ["The objection is closed with this answer."],
        done="The answer is recorded.",
        icon="mark_chat_read",
        tone="primary",
    ),
    Deed(
        "withdraw",
        "Withdraw",
        Permission.OBJECT,
        lambda request, objection, data: withdraw_objection(
            objection=objection, by=signed_in(request), **data
        ),
        is_offered=_is_open,
        consequences=lambda _: ["The objection is closed; it stays in the record."],
        done="The objection is withdrawn.",
        icon="undo",
    ),
)


@admin.register(Objection)
class ObjectionAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_SHARING
    list_title = "Objections"
    intro = "What the tenant objected to of the processor's subcontractors (GDPR Art. 28(2)), and what came of it."
    empty_text = "No objection. A privacy officer can object to what is announced of a subcontractor."
    related = ("notice__third_party",)
    list_display = ("objection", "tenant_name", "state", "late", "raised")
    list_filter = ("status",)
    search_fields = ("notice__third_party__name", "reason", "answer")
    search_help_text = "Subcontractor, reason or answer."
    ordering = ("-raised_at", "-id")
    adding = OBJECT
    deeds = DEEDS

    @column(description="Objection to", ordering="notice__third_party__name")
    def objection(self, objection: Objection) -> str:
        return str(objection.notice)

    @column(description="State", label=LABELS, ordering="status")
    def state(self, objection: Objection) -> str:
        return objection.get_status_display()

    @column(description="In time")
    def late(self, objection: Objection) -> str:
        return "late" if objection.is_late else "in time"

    @column(description="Raised", ordering="raised_at")
    def raised(self, objection: Objection) -> str:
        return minute(objection.raised_at)

    def headline(self, request: HttpRequest, obj: Objection) -> Sequence[Any]:
        late = [Badge("Raised after it took effect", "warn")] if obj.is_late else []
        return [Badge(obj.get_status_display(), TONES[obj.status]), *late]

    def panels(self, request: HttpRequest, obj: Objection) -> list[Panel]:
        about = [
            ("Objection to", link_to(obj.notice)),
            ("Subcontractor", link_to(obj.notice.third_party)),
            ("Takes effect on", obj.notice.effective_on),
            ("Why", obj.reason),
            ("Raised", [obj.raised_at, f"by {obj.raised_by}"]),
            ("What the processor answered", obj.answer),
            ("Closed", [obj.closed_at, f"by {obj.closed_by}"] if obj.closed_at else None),
        ]
        return [Panel("The objection", facts(about), tone=TONES[obj.status])]
