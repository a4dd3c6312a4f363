"""How a tenant wants its consents handled: read by everybody in it, decided by its privacy officer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from consents.models import ConsentPolicy
from consents.models.policy import check_reminder_days
from consents.services import set_consent_policy
from tenants.access import signed_in
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, DeedForm, InTenantForm
from tenants.pages.moments import moment_of
from tenants.pages.parts import Fact, Panel
from tenants.pages.past import PastModelAdmin
from tenants.roles import Permission

FIELDS = ("four_eyes", "safeguard_required", "log_decisions", "reminder_days")


def _help(name: str) -> str:
    return str(ConsentPolicy._meta.get_field(name).help_text)  # type: ignore[union-attr]


class DaysField(forms.CharField):
    """Numbers of days, with commas between them."""

    def to_python(self, value: Any) -> Any:
        words = str(super().to_python(value)).replace(";", ",").split(",")
        try:
            days = [int(word) for word in words if word.strip()]
        except ValueError:
            raise ValidationError("Give whole numbers with commas between them, such as 60, 30, 7.") from None
        check_reminder_days(days)
        return days

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value


class PolicyForm(DeedForm):
    """All of the policy, as it stands; what is changed here holds from now on."""

    four_eyes = forms.BooleanField(label="Four eyes", required=False, help_text=_help("four_eyes"))
    safeguard_required = forms.BooleanField(
        label="Transfer safeguard required", required=False, help_text=_help("safeguard_required")
    )
    log_decisions = forms.ChoiceField(
        label="Decisions in the audit trail",
        choices=ConsentPolicy.DecisionLog.choices,
        help_text=_help("log_decisions"),
    )
    reminder_days = DaysField(label="Reminders, in days before an end", help_text=_help("reminder_days"))
    reason = forms.CharField(
        widget=forms.Textarea,
        max_length=2000,
        help_text="Why. It becomes part of the record and cannot be changed.",
    )

    def prepare(self) -> None:
        policy = self.subject or ConsentPolicy()
        self.initial = {name: getattr(policy, name) for name in FIELDS} | dict(self.initial)


class FirstPolicyForm(InTenantForm, PolicyForm):
    """The first change in a tenant: it starts from the defaults."""

    def prepare(self) -> None:
        InTenantForm.prepare(self)
        PolicyForm.prepare(self)


def _set(request: HttpRequest, policy: ConsentPolicy | None, data: dict[str, Any]) -> ConsentPolicy:
    tenant = data.pop("tenant", None) or policy.tenant  # type: ignore[union-attr]
    return set_consent_policy(tenant=tenant, by=signed_in(request), **data)


def _what_it_does(subject: Any) -> list[str]:
    return [
        "It holds from now on: what was granted before stays granted.",
        "The change is recorded with its reason, like every other.",
    ]


FIRST = Deed(
    "add",
    "Set the policy",
    Permission.SET_CONSENT_POLICY,
    _set,
    form=FirstPolicyForm,
    consequences=_what_it_does,
    done="The {subject} holds from now on.",
    icon="rule",
)
CHANGE = Deed(
    "set",
    "Change the policy",
    Permission.SET_CONSENT_POLICY,
    _set,
    form=PolicyForm,
    consequences=_what_it_does,
    done="The {subject} holds from now on.",
    icon="rule",
    tone="primary",
)


@admin.register(ConsentPolicy)
class ConsentPolicyAdmin(PastModelAdmin):
    view_permission = Permission.VIEW_SHARING
    list_title = "Consent policy"
    intro = "Who may grant, what a grant needs, which answers are recorded, and when reminders are sent."
    empty_text = (
        "The defaults hold: whoever requests may grant, a transfer safeguard is recommended, answers to “may this "
        "flow?” are not recorded, reminders come 60, 30, 14, 7 and 1 days before an end. A privacy officer sets "
        "another policy."
    )
    list_display = ("tenant_name", "eyes", "safeguard", "log", "reminders")
    ordering = ("tenant__name", "id")
    adding = FIRST
    deeds = (CHANGE,)

    @column(description="Four eyes", label={"Yes": "success"})
    def eyes(self, policy: ConsentPolicy) -> str:
        return "Yes" if policy.four_eyes else "No"

    @column(description="Transfer safeguard", label={"Required": "success"})
    def safeguard(self, policy: ConsentPolicy) -> str:
        return "Required" if policy.safeguard_required else "Recommended"

    @column(description="Decisions recorded", ordering="log_decisions")
    def log(self, policy: ConsentPolicy) -> str:
        return policy.get_log_decisions_display()

    @column(description="Reminders before an end")
    def reminders(self, policy: ConsentPolicy) -> str:
        return _days(policy)

    def panels(self, request: HttpRequest, obj: ConsentPolicy) -> list[Panel]:
        moment = moment_of(request)
        policy = self.at_moment(obj, moment)
        if policy is None:
            return [Panel("The defaults held", text="The tenant had set no policy of its own yet.")]
        safeguard = "required for a grant" if policy.safeguard_required else "recommended"
        about = [
            Fact("Four eyes", policy.four_eyes, _help("four_eyes")),
            Fact("Transfer safeguard", safeguard, _help("safeguard_required")),
            Fact("Decisions recorded", policy.get_log_decisions_display(), _help("log_decisions")),
            Fact("Reminders", _days(policy), _help("reminder_days")),
        ]
        return [Panel("How consents are handled", about)]


def _days(policy: ConsentPolicy) -> str:
    return f"{', '.join(map(str, policy.reminder_days))} days before" if policy.reminder_days else "none"
