"""Where an employee stands with a policy, at any instant: the one rule that portal, reports and reminders share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import models
from django.utils import timezone

from tenants.models import Employee
from terms.models import Acceptance, TermsPolicy, TermsVersion
from terms.models.version import Publication


class Standing(models.TextChoices):
    ACCEPTED_LATEST = "accepted_latest", "Accepted the latest"
    ACCEPTED_OLDER = "accepted_older", "Accepted an older version"
    DECLINED = "declined", "Declined"
    OUTSTANDING = "outstanding", "Not decided yet"
    NOTHING_ASKED = "nothing_asked", "Nothing to decide"


@dataclass(frozen=True)
class Place:
    """What one employee owes one policy, and since when; `version` is the one that is asked for."""

    policy: TermsPolicy
    standing: Standing
    version: TermsVersion | None
    last: Acceptance | None
    since: datetime | None
    due: datetime | None
    round: int

    @property
    def is_outstanding(self) -> bool:
        """Whether something is to be decided now; within the grace period too."""
        return self.version is not None and self.standing != Standing.ACCEPTED_LATEST


def version_asked(policy: TermsPolicy, at: datetime) -> TermsVersion | None:
    """The version that holds at the instant: the newest that has begun, unless it has expired."""
    published = TermsVersion.objects.for_tenant(policy.tenant_id).filter(
        policy=policy, status=Publication.PUBLISHED, effective_from__lte=at
    )
    return in_force(published.order_by("-number")[:1], at)


def versions_asked(policies: Iterable[TermsPolicy], at: datetime) -> dict[int, TermsVersion]:
    """The same of several policies, by their keys, in one query; without those that ask for nothing."""
    begun = TermsVersion.objects.across_tenants().filter(
        policy__in=[policy.pk for policy in policies],
        status=Publication.PUBLISHED,
        effective_from__lte=at,
    )
    newest = {version.policy_id: version for version in begun.order_by("number")}
    return {key: version for key, version in newest.items() if in_force([version], at)}


def in_force(versions: Iterable[TermsVersion], at: datetime) -> TermsVersion | None:
    """Of the versions of one policy the one that holds at the instant."""
    begun = [v for v in versions if v.status == Publication.PUBLISHED and _has_begun(v, at)]
    newest = max(begun, key=lambda version: version.number, default=None)
    return newest if newest and (newest.expires_at is None or newest.expires_at > at) else None


def _has_begun(version: TermsVersion, at: datetime) -> bool:
    return version.effective_from is not None and version.effective_from <= at


def places_of(employee: Employee, at: datetime | None = None) -> list[Place]:
    """Where the employee stands with each policy that is for them."""
    policies = TermsPolicy.objects.for_tenant(employee.tenant_id).asked_of(employee)
    known = decided_by(Acceptance.objects.for_tenant(employee.tenant_id), at).filter(employee=employee)
    decisions = list(known.select_related("version").order_by("decided_at", "id"))
    at = at or timezone.now()
    return [place_of(policy, version_asked(policy, at), decisions, at) for policy in policies]


def decided_by(decisions: Any, at: datetime | None) -> Any:
    """Those made until the instant; for now all there are, as a clock that was set back must not lose any."""
    return decisions if at is None else decisions.filter(decided_at__lte=at)


def place_of(
    policy: TermsPolicy, version: TermsVersion | None, decisions: Sequence[Acceptance], at: datetime
) -> Place:
    """The place, from one employee's decisions in their order (those about other policies do not matter)."""
    own = [decision for decision in decisions if decision.policy_id == policy.pk]
    last = own[-1] if own else None
    if version is None:
        return Place(policy, Standing.NOTHING_ASKED, None, last, None, None, 1)
    accepted, valid = _accepted(version, own), _valid(version, own, at)
    if valid:
        until = valid[-1].valid_until
        return Place(policy, Standing.ACCEPTED_LATEST, version, valid[-1], None, until, len(accepted))
    since = max((d.valid_until for d in accepted if d.valid_until), default=version.effective_from)
    return Place(
        policy, _undecided(version, own), version, last, since, version.asked_until, len(accepted) + 1
    )


def standing_of(version: TermsVersion | None, own: Sequence[Any], at: Any) -> Standing:
    """The standing at an instant, from one employee's decisions about one policy, in their order.

    at: anything that `valid_until` of the decisions can be compared with.
    """
    if version is None:
        return Standing.NOTHING_ASKED
    if _valid(version, own, at):
        return Standing.ACCEPTED_LATEST
    return _undecided(version, own)


def _accepted(version: TermsVersion, own: Iterable[Any]) -> list[Any]:
    return [d for d in own if d.version_id == version.pk and d.decision == Acceptance.Decision.ACCEPTED]


def _valid(version: TermsVersion, own: Iterable[Any], at: Any) -> list[Any]:
    return [d for d in _accepted(version, own) if d.valid_until is None or d.valid_until > at]


def valid_until(policy: TermsPolicy, decided_at: datetime) -> datetime | None:
    """When an acceptance given then has to be repeated, by the policy as it is; None: never."""
    if policy.reaccept_months is None:
        return None
    until: datetime = decided_at + relativedelta(months=policy.reaccept_months)
    return until


def _undecided(version: TermsVersion, own: Sequence[Any]) -> Standing:
    of_version = [decision for decision in own if decision.version_id == version.pk]
    if of_version and of_version[-1].decision == Acceptance.Decision.DECLINED:
        return Standing.DECLINED
    was_accepted = any(decision.decision == Acceptance.Decision.ACCEPTED for decision in own)
    return Standing.ACCEPTED_OLDER if was_accepted else Standing.OUTSTANDING
