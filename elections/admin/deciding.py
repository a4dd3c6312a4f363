"""The decisions on a proposal: approving, rejecting, withdrawing."""

from __future__ import annotations

from django.utils import timezone

from elections.models import Election
from elections.services import approve_election, reject_election, withdraw_election
from elections.services.life import check_second_person
from privacy_console.errors import Refused
from tenants.access import Principal, signed_in
from tenants.pages.deeds import Deed, OptionalReasonForm
from tenants.roles import Permission

TEMPLATE = "admin/elections/decide.html"


def why_not(election: Election, person: Principal) -> str:
    """Why the person cannot approve the proposal, who may approve others; empty where they can."""
    try:
        check_second_person(election, person)
    except Refused as refusal:
        return refusal.detail
    return ""


def _is_proposed(election: Election) -> bool:
    return election.status == Election.Status.PROPOSED


def _is_withdrawable(election: Election) -> bool:
    is_approved = election.status == Election.Status.APPROVED
    return _is_proposed(election) or (is_approved and not election.has_begun(timezone.now()))


def _what_approving_does(election: Election) -> list[str]:
    begins = "as soon as you approve it" if election.effective_from is None else "from the instant below on"
    return [
        f"It holds {begins}, until another one follows.",
        "Where that instant has passed it holds from your approval on, unless it was proposed for the past.",
        "It cannot be changed afterwards, only followed by another election.",
    ]


def _what_rejecting_does(election: Election) -> list[str]:
    return ["Everything stays as it is. The proposal stays in the record; a new one can be made at any time."]


def _what_withdrawing_does(election: Election) -> list[str]:
    return [
        "It never begins: what holds now goes on holding.",
        "It stays in the record and cannot be taken up again; elect anew where it is wanted after all.",
    ]


APPROVE = Deed(
    "approve",
    "Approve",
    Permission.APPROVE_ELECTION,
    lambda request, election, data: approve_election(election=election, by=signed_in(request), **data),
    form=OptionalReasonForm,
    is_offered=_is_proposed,
    consequences=_what_approving_does,
    done="{subject} is approved.",
    icon="check",
    tone="primary",
    template=TEMPLATE,
)
REJECT = Deed(
    "reject",
    "Reject",
    Permission.APPROVE_ELECTION,
    lambda request, election, data: reject_election(election=election, by=signed_in(request), **data),
    is_offered=_is_proposed,
    consequences=_what_rejecting_does,
    done="{subject} is rejected. Everything stays as it is.",
    icon="close",
    template=TEMPLATE,
)
WITHDRAW = Deed(
    "withdraw",
    "Withdraw",
    Permission.PROPOSE_ELECTION,
    lambda request, election, data: withdraw_election(election=election, by=signed_in(request), **data),
    is_offered=_is_withdrawable,
    consequences=_what_withdrawing_does,
    done="{subject} is withdrawn. It never begins.",
    icon="block",
    tone="danger",
    template=TEMPLATE,
)
DECISIONS = (APPROVE, REJECT, WITHDRAW)
