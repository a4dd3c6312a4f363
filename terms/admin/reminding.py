"""Reminding people by hand: all who owe a decision, or some of them by name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from tenants.access import signed_in
from tenants.models import Employee
from tenants.pages.deeds import Deed, OptionalReasonForm
from tenants.roles import Permission
from terms.chasing import owing, without_address
from terms.models import TermsPolicy
from terms.services.reminders import Reminded, remind
from terms.standing import version_asked

MOST_CHOSEN = 500


class RemindForm(OptionalReasonForm):
    """Whom to remind; the list of outstanding people fills in those who were chosen there."""

    people = forms.CharField(
        label="Only these people",
        widget=forms.Textarea(attrs={"data-rows": 6}),
        required=False,
        help_text="One user name in a line. Empty: everybody who owes a decision.",
    )
    field_order = ("people", "reason")

    def prepare(self) -> None:
        chosen = [key for key in self.request.GET.getlist("employee")[:MOST_CHOSEN] if key.isdecimal()]
        known = self._employees().filter(pk__in=[int(key) for key in chosen if len(key) < 19])
        names = known.order_by("user_principal_name").values_list("user_principal_name", flat=True)
        self.initial = {"people": "\n".join(names)}

    def _employees(self) -> Any:
        return Employee.objects.for_tenant(self.subject.tenant_id)

    def clean_people(self) -> list[int] | None:
        """The keys of the named; None for everybody. Raises ValidationError that names who is not known."""
        names = [line.strip() for line in self.cleaned_data["people"].splitlines() if line.strip()]
        if len(names) > MOST_CHOSEN:
            raise ValidationError(f"Name {MOST_CHOSEN} people at most, or nobody to remind everybody.")
        found = dict(
            self._employees().filter(user_principal_name__in=names).values_list("user_principal_name", "pk")
        )
        unknown = [name for name in names if name not in found]
        if unknown:
            raise ValidationError(f"Nobody has this user name: {unknown[0]}.")
        return list(found.values()) if names else None


def _what_reminding_does(policy: TermsPolicy) -> list[str]:
    people = owing(policy)
    waiting, unreachable = people.count(), people.filter(without_address()).count()
    without = (
        [f"Without an e-mail address, and so without a reminder: {unreachable:,}."] if unreachable else []
    )
    return [
        f"Employees who owe a decision: {waiting:,}. Each gets an e-mail now, unless you name some.",
        *without,
        "Whoever declined has decided, and is not reminded; whoever was reminded within a day is not again.",
    ]


def _remind(request: HttpRequest, policy: TermsPolicy, data: dict[str, Any]) -> Reminded:
    return remind(policy=policy, by=signed_in(request), employees=data["people"], reason=data["reason"])


def _asks(policy: TermsPolicy) -> bool:
    return not policy.is_retired and version_asked(policy, timezone.now()) is not None


REMIND = Deed(
    "remind",
    "Remind",
    Permission.CHASE_TERMS,
    _remind,
    form=RemindForm,
    is_offered=_asks,
    consequences=_what_reminding_does,
    icon="forward_to_inbox",
)
