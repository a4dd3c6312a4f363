"""Where all employees stand with a policy, in one query each: the rule of `terms.standing`, said in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from tenants.models import Employee, Group, GroupMember
from terms.models import Acceptance, TermsPolicy, TermsTarget, TermsVersion
from terms.standing import Standing, version_asked


def asked_of(policy: TermsPolicy) -> Any:
    """The active employees whom the policy is for; being in an excluded group wins."""
    employees = Employee.objects.for_tenant(policy.tenant_id).filter(status=Employee.Status.ACTIVE)
    if not policy.for_everybody:
        employees = employees.filter(_in_groups(policy, excluded=False))
    return employees.exclude(_in_groups(policy, excluded=True))


def _in_groups(policy: TermsPolicy, *, excluded: bool) -> Exists:
    targets = TermsTarget.objects.for_tenant(policy.tenant_id).filter(policy=policy, excluded=excluded)
    memberships = GroupMember.objects.for_tenant(policy.tenant_id)
    return Exists(memberships.filter(employee=OuterRef("pk"), group__in=targets.values("group")))


def with_standing(employees: Any, policy: TermsPolicy, at: datetime | None = None) -> Any:
    """Adds `standing` (of `Standing`), which is that of `terms.standing.place_of` for each employee."""
    at = at or timezone.now()
    version = version_asked(policy, at)
    if version is None:
        return employees.annotate(standing=Value(Standing.NOTHING_ASKED.value))
    own = Acceptance.objects.for_tenant(policy.tenant_id).filter(employee=OuterRef("pk"), decided_at__lte=at)
    accepted = own.filter(policy=policy, decision=Acceptance.Decision.ACCEPTED)
    standing = Case(
        When(
            Exists(accepted.filter(_is_valid(at), version=version)),
            then=Value(Standing.ACCEPTED_LATEST.value),
        ),
        When(_has_declined(own, version), then=Value(Standing.DECLINED.value)),
        When(Exists(accepted), then=Value(Standing.ACCEPTED_OLDER.value)),
        default=Value(Standing.OUTSTANDING.value),
    )
    return employees.annotate(standing=standing)


def _is_valid(at: datetime) -> Q:
    return Q(valid_until__isnull=True) | Q(valid_until__gt=at)


def _has_declined(own: QuerySet[Acceptance], version: TermsVersion) -> Exists:
    """Declined the version, and decided nothing about it since."""
    of_version = own.filter(version=version)
    later = of_version.filter(decided_at__gt=OuterRef("decided_at"), employee=OuterRef("employee"))
    unscoped = later.filter(employee=OuterRef("employee"))
    declined = of_version.filter(decision=Acceptance.Decision.DECLINED)
    return Exists(declined.exclude(Exists(unscoped)))


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
