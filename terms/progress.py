"""Where all employees stand with a policy, in one query each: the rule of `terms.standing`, said in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, Value, When
from django.utils import timezone

from tenants.models import Employee, Group, GroupMember
from terms.models import Acceptance, TermsPolicy, TermsTarget
from terms.standing import Standing, decided_by, version_asked


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
    instant = at or timezone.now()
    version = version_asked(policy, instant)
    if version is None:
        return employees.annotate(standing=Value(Standing.NOTHING_ASKED.value))
    known = decided_by(Acceptance.objects.for_tenant(policy.tenant_id), at)
    own = known.filter(policy=policy, employee=OuterRef("pk"))
    accepted = own.filter(decision=Acceptance.Decision.ACCEPTED)
    last = own.filter(version=version).order_by("-decided_at", "-pk").values("decision")[:1]
    employees = employees.annotate(last_decision=Subquery(last))
    standing = Case(
        When(
            Exists(accepted.filter(_is_valid(instant), version=version)),
            then=Value(Standing.ACCEPTED_LATEST.value),
        ),
        When(last_decision=Acceptance.Decision.DECLINED, then=Value(Standing.DECLINED.value)),
        When(Exists(accepted), then=Value(Standing.ACCEPTED_OLDER.value)),
        default=Value(Standing.OUTSTANDING.value),
    )
    return employees.annotate(standing=standing)


def _is_valid(at: datetime) -> Q:
    return Q(valid_until__isnull=True) | Q(valid_until__gt=at)


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
    counted = with_standing(employees, policy, at).order_by().values("standing").annotate(n=Count("pk"))
    numbers = dict(counted.values_list("standing", "n"))
    return Progress(
        asked=sum(numbers.values()),
        accepted_latest=numbers.get(Standing.ACCEPTED_LATEST, 0),
        accepted_older=numbers.get(Standing.ACCEPTED_OLDER, 0),
        declined=numbers.get(Standing.DECLINED, 0),
        outstanding=numbers.get(Standing.OUTSTANDING, 0),
    )


def outstanding(policy: TermsPolicy, at: datetime | None = None) -> Any:
    """The employees who owe the policy a decision, or have declined it; with their `standing`."""
    asked = with_standing(asked_of(policy), policy, at)
    return asked.exclude(standing__in=[Standing.ACCEPTED_LATEST.value, Standing.NOTHING_ASKED.value])
