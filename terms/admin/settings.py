"""Making a policy, changing it, saying whom it is for, retiring it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest

from tenants.access import signed_in
from tenants.models import Group
from tenants.pages.deeds import Deed, DeedForm, InTenantForm, OptionalReasonForm
from tenants.roles import Permission
from terms.admin.acceptance_imports import IMPORT
from terms.admin.reminding import REMIND
from terms.counting import asked_of
from terms.models import TermsPolicy, TermsTarget
from terms.services import assign_policy, change_policy, create_policy, draft_version, retire_policy

NUMBERS = {"reaccept_months": (1, 120), "remind_days": (1, 90), "remind_at_most": (0, 50)}
SETTINGS = (
    "name", "description", "default_language", "four_eyes", "reaccept_months", "remind_days", "remind_at_most",
    "remind_paused",
)  # fmt: skip


def help_of(name: str) -> str:
    return str(TermsPolicy._meta.get_field(name).help_text)  # type: ignore[union-attr]


def _number(name: str, label: str, *, required: bool = False) -> forms.IntegerField:
    least, most = NUMBERS[name]
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, required=required, help_text=help_of(name)
    )


class SettingsForm(DeedForm):
    """Everything that can be set of a policy, as it stands."""

    name = forms.CharField(max_length=200, help_text=help_of("name"))
    description = forms.CharField(
        widget=forms.Textarea, max_length=10_000, required=False, help_text=help_of("description")
    )
    default_language = forms.CharField(
        max_length=16, help_text=f"{help_of('default_language')} As BCP 47 has it: de, pt-BR."
    )
    four_eyes = forms.BooleanField(label="Four eyes", required=False, help_text=help_of("four_eyes"))
    reaccept_months = _number("reaccept_months", "Asked for again after months")
    remind_days = _number("remind_days", "Reminders every so many days")
    remind_at_most = _number("remind_at_most", "Reminders at most", required=True)
    remind_paused = forms.BooleanField(
        label="Reminders paused", required=False, help_text=help_of("remind_paused")
    )

    def prepare(self) -> None:
        policy = self.subject or TermsPolicy()
        self.initial = {name: getattr(policy, name) for name in SETTINGS} | dict(self.initial)


class NewPolicyForm(InTenantForm, SettingsForm):
    def prepare(self) -> None:
        InTenantForm.prepare(self)
        SettingsForm.prepare(self)


class ChangePolicyForm(SettingsForm, OptionalReasonForm):
    field_order = (*SETTINGS, "reason")


class AssignForm(OptionalReasonForm):
    """Whom a policy is for; the groups are the tenant's own."""

    everybody = forms.BooleanField(
        label="Every employee",
        required=False,
        help_text="Otherwise only the members of the groups chosen next.",
    )
    field_order = ("everybody", "groups", "excluded", "reason")

    def prepare(self) -> None:
        groups = Group.objects.for_tenant(self.subject.tenant_id)
        self.fields["groups"] = _groups(groups, "For these groups", "Leave empty where it is for everybody.")
        self.fields["excluded"] = _groups(groups, "Without these groups", "Being left out wins.")
        self.order_fields(self.field_order)
        targets = TermsTarget.objects.for_tenant(self.subject.tenant_id).filter(policy=self.subject)
        chosen = list(targets.values_list("group", "excluded"))
        self.initial = {
            "everybody": self.subject.for_everybody,
            "groups": [group for group, is_excluded in chosen if not is_excluded],
            "excluded": [group for group, is_excluded in chosen if is_excluded],
        }


def _groups(offered: Any, label: str, help_text: str) -> forms.Field:
    return forms.ModelMultipleChoiceField(offered, label=label, required=False, help_text=help_text)


def in_use(policy: TermsPolicy) -> bool:
    return not policy.is_retired


def _what_retiring_does(policy: TermsPolicy) -> list[str]:
    asked = asked_of(policy).count()
    return [
        f"Nobody is asked any more; now it is for {asked:,} {'employee' if asked == 1 else 'employees'}.",
        "Every text and every acceptance stays, and can be looked at and proved as before.",
        "It cannot be taken back. A draft that is not published stays one.",
    ]


def _assign(request: HttpRequest, policy: TermsPolicy, data: dict[str, Any]) -> TermsPolicy:
    return assign_policy(policy=policy, by=signed_in(request), **data)


CREATE = Deed(
    "add",
    "Create terms",
    Permission.DRAFT_TERMS,
    lambda request, _, data: create_policy(by=signed_in(request), **data),
    form=NewPolicyForm,
    consequences=lambda _: [
        "Nobody is asked yet: draft a version, write its texts, publish it.",
        "It is for every employee until it is assigned to groups.",
    ],
    done="{subject} is made. Draft its first version next.",
    icon="contract",
)
DRAFT_VERSION = Deed(
    "draft",
    "Draft a version",
    Permission.DRAFT_TERMS,
    lambda request, policy, _: draft_version(policy=policy, by=signed_in(request)),
    form=DeedForm,
    is_offered=in_use,
    consequences=lambda _: [
        "The draft starts from the words of the version before it. Nobody sees it until it is published.",
        "Publishing it will ask everybody whom the policy is for.",
        "For a small correction that need not be accepted again, draft a revision of the version instead.",
    ],
    done="{subject} is drafted. Write its words.",
    icon="edit_document",
    tone="primary",
)
DEEDS = (
    DRAFT_VERSION,
    Deed(
        "settings",
        "Change",
        Permission.DRAFT_TERMS,
        lambda request, policy, data: change_policy(policy=policy, by=signed_in(request), **data),
        form=ChangePolicyForm,
        is_offered=in_use,
        consequences=lambda _: ["It holds from now on: what was accepted before keeps the end it was given."],
        done="{subject} is changed.",
        icon="edit",
    ),
    Deed(
        "assign",
        "Assign",
        Permission.DRAFT_TERMS,
        _assign,
        form=AssignForm,
        is_offered=in_use,
        consequences=lambda _: [
            "Whoever is in a chosen group is asked from now on, unless they are in an excluded group too.",
            "What was accepted or declined stays, also of those who are no longer asked.",
        ],
        done="{subject} is assigned anew.",
        icon="group_add",
    ),
    IMPORT,
    REMIND,
    Deed(
        "retire",
        "Retire",
        Permission.PUBLISH_TERMS,
        lambda request, policy, data: retire_policy(policy=policy, by=signed_in(request), **data),
        is_offered=in_use,
        consequences=_what_retiring_does,
        done="{subject} is retired.",
        icon="archive",
        tone="danger",
    ),
)
