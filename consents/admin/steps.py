"""The pages of what ends the sharing after a withdrawal: who sees to each step, by when, and what proves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from consents.admin.file import step_badge
from consents.admin.words import day
from consents.models import EndingStep
from consents.services import assign_step, complete_step
from tenants.access import signed_in
from tenants.models import Tenant, User
from tenants.pages.columns import column
from tenants.pages.deeds import DayField, Deed, DeedForm, OptionalReasonForm
from tenants.pages.moments import moment_of
from tenants.pages.parts import Panel, facts, link_to
from tenants.pages.past import PastModelAdmin, seen_at
from tenants.roles import ALLOWED, Permission

LABELS = {"Open": "warning", "Overdue": "danger", "Done": "success"}


class AssignForm(OptionalReasonForm):
    """Who sees to a step, and by when."""

    due_on = DayField(label="Due on", help_text="By when it has to be done.")
    field_order = ("owner", "due_on", "reason")

    def prepare(self) -> None:
        step: EndingStep = self.subject
        self.fields["owner"] = forms.ModelChoiceField(
            who_can_end(step.tenant), required=False, empty_label="Nobody yet", help_text="Who sees to it."
        )
        self.order_fields(self.field_order)
        self.initial = {"owner": step.owner_id, "due_on": step.due_on} | dict(self.initial)


class CompleteForm(DeedForm):
    proof = forms.CharField(
        widget=forms.Textarea,
        max_length=10_000,
        help_text="What shows that it was done: a reference, an address, what was seen and when. It stays as it is.",
    )


def who_can_end(tenant: Tenant) -> QuerySet[User]:
    """The people whose role in the tenant lets them work off a step."""
    roles = ALLOWED[Permission.END_SHARING]
    members = User.objects.filter(memberships__tenant=tenant, memberships__role__in=roles, is_active=True)
    return members.order_by("username")


def _is_open(step: EndingStep) -> bool:
    return step.status == EndingStep.Status.OPEN


def _what_completing_does(step: EndingStep) -> list[str]:
    return [step.instructions, "The step is closed with its proof, which becomes part of the record."]


ASSIGN = Deed(
    "assign",
    "Assign",
    Permission.END_SHARING,
    lambda request, step, data: assign_step(step=step, by=signed_in(request), **data),
    form=AssignForm,
    is_offered=_is_open,
    done="It is written down who sees to “{subject}”, and by when.",
    icon="person_add",
)
COMPLETE = Deed(
    "complete",
    "Complete",
    Permission.END_SHARING,
    lambda request, step, data: complete_step(step=step, by=signed_in(request), **data),
    form=CompleteForm,
    is_offered=_is_open,
    consequences=_what_completing_does,
    done="“{subject}” is done.",
    icon="task_alt",
    tone="primary",
)


class ProgressFilter(SimpleListFilter):
    title = "progress"
    parameter_name = "progress"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("overdue", "Overdue"), ("done", "Done"), ("mine", "Mine, open")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        moment = moment_of(request)
        rows = EndingStep.history.across_tenants().known_at(moment.asked) if moment.is_past else queryset
        is_open = rows.filter(status=EndingStep.Status.OPEN)
        found = {
            "open": is_open,
            "overdue": is_open.filter(due_on__lt=timezone.localdate(moment.at)),
            "done": rows.filter(status=EndingStep.Status.DONE),
            "mine": is_open.filter(owner=request.user.pk),
        }.get(self.value() or "")
        return queryset if found is None else queryset.filter(pk__in=found.values("id"))


@admin.register(EndingStep)
class EndingStepAdmin(PastModelAdmin):
    view_permission = Permission.VIEW_SHARING
    list_title = "Ending the sharing"
    intro = "A withdrawal forbids at once; these steps make it true at the third party. Each is closed with a proof."
    empty_text = "No consent was withdrawn, so nothing has to be ended. A withdrawal opens its steps here."
    related = ("owner", "consent__service__third_party")
    list_display = ("title", "consent_name", "tenant_name", "owner_name", "due", "progress")
    list_filter = (ProgressFilter,)
    search_fields = ("title", "consent__name", "owner__username")
    search_help_text = "Step, consent or person."
    ordering = ("status", "due_on", "id")
    deeds = (ASSIGN, COMPLETE)

    @column(description="Consent", ordering="consent__name")
    def consent_name(self, step: EndingStep) -> str:
        return step.consent.name

    @column(description="Who", ordering="owner__username", empty_value="nobody yet")
    def owner_name(self, step: EndingStep) -> str | None:
        return str(step.owner) if step.owner else None

    @column(description="Due", ordering="due_on")
    def due(self, step: EndingStep) -> str:
        return f"{step.due_on:%-d %b %Y}"

    @column(description="State", label=LABELS, ordering="status")
    def progress(self, step: EndingStep) -> str:
        if step.status == EndingStep.Status.DONE:
            return "Done"
        return "Overdue" if step.is_overdue(seen_at(step)) else "Open"

    def headline(self, request: HttpRequest, obj: EndingStep) -> Sequence[Any]:
        moment = moment_of(request)
        step = self.at_moment(obj, moment)
        return [] if step is None else [step_badge(step, moment)]

    def panels(self, request: HttpRequest, obj: EndingStep) -> list[Panel]:
        moment = moment_of(request)
        step = self.at_moment(obj, moment)
        if step is None:
            text = "The withdrawal that opened it came later."
            return [Panel("There was no such step yet", text=text, tone="warn")]
        about = facts(
            [
                ("Consent", link_to(step.consent)),
                ("Third party", link_to(step.consent.service.third_party)),
                ("What to do", step.instructions),
                ("According to", step.source),
                ("Who sees to it", str(step.owner) if step.owner else "nobody yet"),
                ("Due on", step.due_on),
                ("Proof", step.proof),
                ("Done", f"{day(step.done_at)}, by {step.done_by}" if step.done_at else None),
            ]
        )
        return [Panel("The step", about, tone="good" if step.done_at else "warn")]
