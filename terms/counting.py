"""Counting where employees stand with a policy, in a few queries: the rule of `terms.standing`, said in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from datetime import datetime
from operator import add
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.lookups import Exact, IsNull
from django.utils import timezone

from tenants.models import Employee, Group, GroupMember
from terms.models import Acceptance, TermsPolicy, TermsTarget, TermsVersion
from terms.standing import Standing, decided_by, version_asked

ACCEPTED = Acceptance.Decision.ACCEPTED
ASKED = "asked"


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


def members_of(employees: Any, group: Group | None) -> Any:
    """Those in the group; all of them where it is None."""
    return employees if group is None else employees.filter(group_memberships__group=group)


@dataclass(frozen=True)
class Question:
    """What a policy asks for at an instant, by the decisions made until then; `known_at` None: by all there are."""

    policy: TermsPolicy
    version: TermsVersion | None
    instant: datetime
    known_at: datetime | None = None

    @classmethod
    def of(cls, policy: TermsPolicy, at: datetime | None = None) -> Question:
        instant = at or timezone.now()
        return cls(policy, version_asked(policy, instant), instant, at)

    def standing(self) -> Any:
        """The rule. A row costs three steps into an index, however many decisions there are: an EXISTS inside a CASE
        would have PostgreSQL read all of them first.
        """
        if self.version is None:
            return Value(Standing.NOTHING_ASKED.value)
        own = self._own_decisions()
        return Case(
            When(_is_there(self._holding(own)), then=Value(Standing.ACCEPTED_LATEST.value)),
            When(_last_is_declined(own.filter(version=self.version)), then=Value(Standing.DECLINED.value)),
            When(_is_there(own.filter(decision=ACCEPTED)), then=Value(Standing.ACCEPTED_OLDER.value)),
            default=Value(Standing.OUTSTANDING.value),
        )

    def owing(self, employees: Any) -> Any:
        """Those whose acceptance of the version does not hold; nobody's does where no version is asked for."""
        if self.version is None:
            return employees
        return employees.exclude(Exists(self._holding(self._own_decisions())))

    def _own_decisions(self) -> Any:
        """Those of the employee of the outer query about the policy."""
        known = decided_by(Acceptance.objects.for_tenant(self.policy.tenant_id), self.known_at)
        return known.filter(policy=self.policy, employee=OuterRef("pk"))

    def _holding(self, own: Any) -> Any:
        """The acceptances of the version that hold at the instant."""
        is_valid = Q(valid_until__isnull=True) | Q(valid_until__gt=self.instant)
        return own.filter(is_valid, version=self.version, decision=ACCEPTED)


def _is_there(decisions: Any) -> Any:
    """Whether there is one, found by looking for the first."""
    return IsNull(Subquery(decisions.order_by().values("decision")[:1]), False)


def _last_is_declined(decisions: Any) -> Any:
    last = Subquery(decisions.order_by("-decided_at", "-pk").values("decision")[:1])
    return Exact(last, Value(Acceptance.Decision.DECLINED.value))


@dataclass(frozen=True)
class Progress:
    """How many employees a policy is for, and how many of them stand where."""

    asked: int = 0
    accepted_latest: int = 0
    accepted_older: int = 0
    declined: int = 0
    outstanding: int = 0

    @property
    def percent(self) -> float:
        return round(100 * self.accepted_latest / self.asked, 1) if self.asked else 0.0

    def __add__(self, other: Progress) -> Progress:
        return Progress(*map(add, astuple(self), astuple(other)))


def counted(asked: Iterable[tuple[Question, Any]], *by: str) -> dict[tuple[Any, ...], Progress]:
    """The numbers of employees, by the key of the policy and the columns `by`.

    asked: questions, each with the employees whom its policy is for, or some of them. It is one statement, so that the
    numbers are those of one moment; none where there is nobody.
    """
    counts = [count for question, employees in asked for count in _counts(question, employees, by)]
    found: dict[tuple[Any, ...], dict[str, int]] = defaultdict(dict)
    if counts:
        for *key, standing, number in counts[0].union(*counts[1:], all=True):
            found[tuple(key)][standing] = number
    return {key: _progress_of(numbers) for key, numbers in found.items()}


def _counts(question: Question, employees: Any, by: Collection[str]) -> Iterable[Any]:
    """How many there are, and how many of those who owe something stand where: quicker than asking it of everybody."""
    owing = question.owing(employees).annotate(standing=question.standing())
    for each in (employees.annotate(standing=Value(ASKED)), owing):
        columns = ("about", *by, "standing")
        grouped = each.order_by().annotate(about=Value(question.policy.pk)).values(*columns)
        yield grouped.annotate(number=Count("pk")).values_list(*columns, "number")


def _progress_of(numbers: dict[str, int]) -> Progress:
    asked = numbers.pop(ASKED, 0)
    return Progress(
        asked=asked,
        accepted_latest=asked - sum(numbers.values()),
        accepted_older=numbers.get(Standing.ACCEPTED_OLDER, 0),
        declined=numbers.get(Standing.DECLINED, 0),
        outstanding=numbers.get(Standing.OUTSTANDING, 0),
    )
