"""The life of an election: proposed, then approved, rejected or withdrawn; once approved, withdrawn until it begins."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.context import Action, deed
from audit.refusals import refusal_of
from elections.consequences import Switched, leaves_boundary
from elections.models import CollectionElection, Election, ElectionPolicy, StorageElection
from elections.rules import check_assessed, check_features, check_region
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import held, locked, name_of, person_behind, require_open, require_reason
from tenants.models import Tenant
from tenants.roles import Permission

Kind = TypeVar("Kind", bound=Election)


def require_no_proposal(kind: type[Election], tenant: Tenant) -> None:
    """Raise Refused where an election of the kind waits for a decision already."""
    if kind.objects.for_tenant(tenant).awaiting_decision().exists():
        raise Refused(
            "proposal_waits",
            "A proposal waits already: approve, reject or withdraw it before you elect anew.",
        )


def sign(election: Election, by: Principal) -> None:
    """Write down who proposes it."""
    election.proposed_at = timezone.now()
    election.proposed_by = name_of(by, election.tenant)
    election.proposed_by_id = person_behind(by)
    election.proposed_role = by.as_actor(election.tenant)["actor_role"]


def needs_second_person(tenant: Tenant) -> bool:
    return ElectionPolicy.of(tenant).four_eyes


@transaction.atomic
def approve_election(*, election: Kind, by: Principal, reason: str = "") -> Kind:
    """Decide that it holds: from the instant that was proposed, or from now on where none was, or where it has passed.

    What was proposed for the past begins there all the same. Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, Permission.APPROVE_ELECTION, election.tenant)
    election = locked(election)
    require_open(held(election.tenant))
    _require_proposed(election, "approved")
    check_second_person(election, by)
    return approve(election, by, reason)


def approve(election: Kind, by: Principal, reason: str = "") -> Kind:
    """The same for whoever may: the tenant is held, and the election was proposed."""
    now = timezone.now()
    election.effective_from = _beginning(election, now)
    _check(election, election.effective_from, now)
    election.status = Election.Status.APPROVED
    _decide(election, by, now, reason.strip())
    _keep(election, "election.approved", reason)
    return election


def _beginning(election: Election, now: datetime) -> datetime:
    begins = election.effective_from
    if begins is None:
        return now
    return begins if election.is_past_dated else max(begins, now)


def _check(election: Election, begins: datetime, now: datetime) -> None:
    """Raise as the rules do, for what changed since it was proposed."""
    if isinstance(election, StorageElection):
        check_region(election.tenant, election.region, begins, now)
        if leaves_boundary(election.tenant, election.region):
            check_assessed(election.region, election.transfer_assessment)
    elif isinstance(election, CollectionElection):
        parts = election.parts.select_related("feature")
        check_features(election.tenant, [Switched(part.feature, part.is_on) for part in parts], begins, now)


@transaction.atomic
def reject_election(*, election: Kind, by: Principal, reason: str) -> Kind:
    """Decide that a proposal does not hold. Raises ValidationError, PermissionDenied, Refused."""
    require(by, Permission.APPROVE_ELECTION, election.tenant)
    reason = require_reason(reason)
    election = locked(election)
    _require_proposed(election, "rejected")
    election.status = Election.Status.REJECTED
    _decide(election, by, timezone.now(), reason)
    _keep(election, "election.rejected", reason)
    return election


@transaction.atomic
def withdraw_election(*, election: Kind, by: Principal, reason: str) -> Kind:
    """Take back a proposal, or an approved election that has not begun. Works in a closing tenant too.

    Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, Permission.PROPOSE_ELECTION, election.tenant)
    reason = require_reason(reason)
    election = locked(election)
    now = timezone.now()
    _require_withdrawable(election, now)
    election.status = Election.Status.WITHDRAWN
    election.withdrawn_at, election.withdraw_reason = now, reason
    election.withdrawn_by, election.withdrawn_by_id = name_of(by, election.tenant), person_behind(by)
    _keep(election, "election.withdrawn", reason)
    return election


def _require_proposed(election: Election, done: str) -> None:
    if election.status != Election.Status.PROPOSED:
        now = Election.Status(election.status).label.lower()
        raise Refused("not_proposed", f"Only a proposal can be {done}; this one is {now} already.")


def _require_withdrawable(election: Election, now: datetime) -> None:
    if election.has_begun(now):
        raise Refused(
            "has_begun",
            f"{election} has begun to hold and is not withdrawn: elect anew, and that follows it.",
        )
    if election.status not in (Election.Status.PROPOSED, Election.Status.APPROVED):
        is_already = Election.Status(election.status).label.lower()
        raise Refused(
            "not_withdrawable", f"Only what waits or is still to begin is withdrawn; this is {is_already}."
        )


def check_second_person(election: Election, by: Principal) -> None:
    """Raise Refused for whoever proposed the election, where the tenant's policy wants somebody else to approve it."""
    if needs_second_person(election.tenant) and election.proposed_by_id == person_behind(by):
        raise Refused(
            "four_eyes",
            f"{election.proposed_by} proposed this election; by the tenant's policy somebody else decides.",
        )


def _decide(election: Election, by: Principal, now: datetime, reason: str) -> None:
    election.decided_at, election.decision_reason = now, reason
    election.decided_by, election.decided_by_id = name_of(by, election.tenant), person_behind(by)


def _keep(election: Election, activity: str, reason: str) -> None:
    with deed(activity, on=type(election), action=Action.MANAGE, reason=reason):
        election.save()


def keep_proposal(election: Election, activity: str) -> None:
    """Write a new election. Raises ValidationError, and Refused where somebody else was faster."""
    election.full_clean()
    try:
        with (
            transaction.atomic(),
            deed(activity, on=type(election), action=Action.ASSIGN, reason=election.reason),
        ):
            election.save()
    except IntegrityError as error:
        broken = refusal_of(error)
        if broken is None:
            raise
        raise broken from error
