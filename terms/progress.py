"""Where all employees stand with a policy, in a few queries: the rule of `terms.standing`, said in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.lookups import Exact, IsNull
from django.utils import timezone

from tenants.models import Employee, Group, GroupMember
from terms.models import Acceptance, TermsPolicy, TermsTarget, TermsVersion
from terms.standing import Standing, decided_by, version_asked

ACCEPTED = Acceptance.Decision.ACCEPTED


def asked_of(policy: TermsPolicy) -> Any:
    """The active employees whom the policy is for; being in an excluded group wins. A retired one is for nobody."""
    employees = Employee.objects.for_tenant(policy.tenant_id).filter(status=Employee.Status.ACTIVE)
    if policy.is_retired:
        return employees.none()
    if not policy.for_everybody:
        employees = employees.filter(_in_groups(policy, excluded=False))
    return employees.exclude(_in_groups(policy, excluded=True))


def _in_groups(policy: TermsPolicy, *, excluded: bool) -> Exists:
    targets = TermsTarget.objects.for_tenant(policy.tenant_id).filter(policy=policy, excluded=excluded)
    memberships = GroupMember.objects.for_tenant(policy.tenant_id)
    return Exists(memberships.filter(employee=OuterRef("pk"), group__in=targets.values("group")))


def with_standing(employees: Any, policy: TermsPolicy, at: datetime | None = None) -> Any:
    """Adds `standing` (of `Standing`), which is that of `terms.standing.place_of` for each employee."""
    version = version_asked(policy, at or timezone.now())
    return employees.annotate(standing=_standing(policy, version, at))


def _standing(policy: TermsPolicy, version: TermsVersion | None, at: datetime | None) -> Any:
    """The rule. A row costs three steps into an index, however many decisions there are: an EXISTS inside a CASE would
    have PostgreSQL read all of them first.
    """
    if version is None:
        return Value(Standing.NOTHING_ASKED.value)
    own, instant = _own_decisions(policy, at), at or timezone.now()
    return Case(
        When(_is_there(_holding(own, version, instant)), then=Value(Standing.ACCEPTED_LATEST.value)),
        When(_last_is_declined(own.filter(version=version)), then=Value(Standing.DECLINED.value)),
        When(_is_there(own.filter(decision=ACCEPTED)), then=Value(Standing.ACCEPTED_OLDER.value)),
        default=Value(Standing.OUTSTANDING.value),
    )


def _own_decisions(policy: TermsPolicy, at: datetime | None) -> Any:
    """Those of the employee of the outer query about the policy."""
    known = decided_by(Acceptance.objects.for_tenant(policy.tenant_id), at)
    return known.filter(policy=policy, employee=OuterRef("pk"))


def _holding(own: Any, version: TermsVersion, at: datetime) -> Any:
    """The acceptances of the version that hold at the instant."""
    is_valid = Q(valid_until__isnull=True) | Q(valid_until__gt=at)
    return own.filter(is_valid, version=version, decision=ACCEPTED)


def _is_there(decisions: Any) -> Any:
    """Whether there is one, found by looking for the first."""
    return IsNull(Subquery(decisions.order_by().values("decision")[:1]), False)


def _last_is_declined(decisions: Any) -> Any:
    last = Subquery(decisions.order_by("-decided_at", "-pk").values("decision")[:1])
    return Exact(last, Value(Acceptance.Decision.DECLINED.value))


@dataclass(frozen=True)
class Progress:
    """How many employees a policy is for, and how many of them stand where."""

    asked: int
    accepted_latest: int
    accepted_older: int
    declined: int
    outstanding: int

    @property
    def percent(self) -> float:
        return round(100 * self.accepted_latest / self.asked, 1) if self.asked else 0.0


def progress(policy: TermsPolicy, at: datetime | None = None, group: Group | None = None) -> Progress:
    """The numbers of a policy at an instant, of all or of one group; the directory is that of now."""
    employees = asked_of(policy)
    if group is not None:
        employees = employees.filter(group_memberships__group=group)
    version, asked = version_asked(policy, at or timezone.now()), employees.count()
    owing = _owing(employees, policy, version, at).order_by()
    counted = (
        owing.annotate(standing=_standing(policy, version, at)).values("standing").annotate(n=Count("pk"))
    )
    numbers = dict(counted.values_list("standing", "n"))
    return Progress(
        asked=asked,
        accepted_latest=asked - sum(numbers.values()),
        accepted_older=numbers.get(Standing.ACCEPTED_OLDER, 0),
        declined=numbers.get(Standing.DECLINED, 0),
        outstanding=numbers.get(Standing.OUTSTANDING, 0),
    )


def _owing(employees: Any, policy: TermsPolicy, version: TermsVersion | None, at: datetime | None) -> Any:
    """Those whose acceptance of the version does not hold; nobody's does where no version is asked for."""
    if version is None:
        return employees
    holding = _holding(_own_decisions(policy, at), version, at or timezone.now())
    return employees.exclude(Exists(holding))


def outstanding(policy: TermsPolicy, at: datetime | None = None) -> Any:
    """The employees who owe the policy a decision, or have declined it; with their `standing`."""
    version, asked = version_asked(policy, at or timezone.now()), asked_of(policy)
    owing = asked.none() if version is None else _owing(asked, policy, version, at)
    return owing.annotate(standing=_standing(policy, version, at))
