"""How a tenant wants its elections handled: read by everybody in it, decided by its privacy officer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from elections.models import ElectionPolicy
from elections.services import set_election_policy
from tenants.access import signed_in
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, DeedForm, InTenantForm
from tenants.pages.moments import moment_of
from tenants.pages.parts import Fact, Panel, Table
from tenants.pages.past import PastModelAdmin
from tenants.roles import Permission

FIELDS = ("four_eyes", "recipients")
Recipients = ElectionPolicy.Recipients
WHAT_IT_ASKS = {
    Recipients.ANYWHERE: "Anywhere. Whether a transfer takes a safeguard, the consent policy says.",
    Recipients.SAFEGUARDED: "Freely in the EEA and to countries that the European Commission finds adequate; elsewhere "
    "only under a safeguard that the consent names (GDPR Art. 45 to 49).",
    Recipients.BOUNDARY: "To countries of the boundary (EU and EFTA) only, whatever the safeguard elsewhere.",
    Recipients.GEOGRAPHY: "To countries of the geography that holds at that instant only.",
}


def _help(name: str) -> str:
    return str(ElectionPolicy._meta.get_field(name).help_text)  # type: ignore[union-attr]


class PolicyForm(DeedForm):
    """All of the policy, as it stands; what is changed here holds from now on."""

    four_eyes = forms.BooleanField(label="Four eyes", required=False, help_text=_help("four_eyes"))
    recipients = forms.ChoiceField(
        label="Recipients may be", choices=Recipients.choices, help_text=_help("recipients")
    )
    reason = forms.CharField(
        widget=forms.Textarea,
        max_length=2000,
        help_text="Why. It becomes part of the record and cannot be changed.",
    )

    def prepare(self) -> None:
        policy = self.subject or ElectionPolicy()
        self.initial = {name: getattr(policy, name) for name in FIELDS} | dict(self.initial)


class FirstPolicyForm(InTenantForm, PolicyForm):
    """The first change in a tenant: it starts from the defaults."""

    def prepare(self) -> None:
        InTenantForm.prepare(self)
        PolicyForm.prepare(self)


def _set(request: HttpRequest, policy: ElectionPolicy | None, data: dict[str, Any]) -> ElectionPolicy:
    tenant = data.pop("tenant", None) or policy.tenant  # type: ignore[union-attr]
    return set_election_policy(tenant=tenant, by=signed_in(request), **data)


def _what_it_does(subject: Any) -> list[str]:
    return [
        "It holds from now on: what is elected stays elected, and a proposal that waits is decided by the new rule.",
        "Systems that ask whether data may flow are answered by the rule for recipients from now on.",
    ]


def recipients_panel(*_: Any) -> Panel:
    """What each rule for recipients asks."""
    rows = [[choice.label, WHAT_IT_ASKS[choice]] for choice in Recipients]
    return Panel(
        "What each rule for recipients asks", table=Table(("Recipients may be", "So data may go"), rows)
    )


FIRST = Deed(
    "add",
    "Set the policy",
    Permission.SET_ELECTION_POLICY,
    _set,
    form=FirstPolicyForm,
    consequences=_what_it_does,
    panels=lambda request, subject: [recipients_panel()],
    done="The {subject} holds from now on.",
    icon="rule",
)
CHANGE = Deed(
    "set",
    "Change the policy",
    Permission.SET_ELECTION_POLICY,
    _set,
    form=PolicyForm,
    consequences=_what_it_does,
    panels=lambda request, subject: [recipients_panel()],
    done="The {subject} holds from now on.",
    icon="rule",
    tone="primary",
)


@admin.register(ElectionPolicy)
class ElectionPolicyAdmin(PastModelAdmin):
    view_permission = Permission.VIEW_ELECTIONS
    list_title = "Election policy"
    intro = "Who may approve an election, and where those may be that data is shared with."
    empty_text = (
        "The defaults hold: an election is approved as it is made, and recipients may be anywhere. A privacy officer "
        "sets another policy."
    )
    list_display = ("tenant_name", "eyes", "where")
    ordering = ("tenant__name", "id")
    adding = FIRST
    deeds = (CHANGE,)

    @column(description="Four eyes", label={"Yes": "success"})
    def eyes(self, policy: ElectionPolicy) -> str:
        return "Yes" if policy.four_eyes else "No"

    @column(description="Recipients may be", ordering="recipients")
    def where(self, policy: ElectionPolicy) -> str:
        return policy.get_recipients_display()

    def panels(self, request: HttpRequest, obj: ElectionPolicy) -> list[Panel]:
        policy = self.at_moment(obj, moment_of(request))
        if policy is None:
            return [Panel("The defaults held", text="The tenant had set no policy of its own yet.")]
        about = [
            Fact("Four eyes", policy.four_eyes, _help("four_eyes")),
            Fact("Recipients may be", policy.get_recipients_display(), _help("recipients")),
        ]
        return [Panel("How elections are handled", about), recipients_panel()]
