"""Who owes a policy a decision, how often they were reminded of it, and when they are reminded next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from tenants.models import Employee
from terms.models import Acceptance, Reminder, TermsPolicy, TermsVersion
from terms.progress import outstanding
from terms.standing import Place, Standing, decided_by, place_of, version_asked

OWING = (Standing.ACCEPTED_OLDER, Standing.OUTSTANDING)
"""Whoever declined has decided: nobody reminds them."""
PORTION = 500
REST = timedelta(days=1)
"""Nobody is reminded of the same terms twice within it."""


@dataclass(frozen=True)
class Debt:
    """Where an employee stands with a policy, and the reminders of the present asking."""

    employee: Employee
    place: Place
    reminders: Sequence[Reminder] = ()

    @property
    def is_owed(self) -> bool:
        return self.place.standing in OWING

    @property
    def is_reachable(self) -> bool:
        return bool(self.employee.address)

    @property
    def last_reminded_at(self) -> datetime | None:
        return self.reminders[-1].reminded_at if self.reminders else None

    def was_reminded_lately(self, at: datetime) -> bool:
        return self.last_reminded_at is not None and self.last_reminded_at > at - REST

    @property
    def reminded_next_at(self) -> datetime | None:
        """When the console reminds them by itself; None where it does not, or no more."""
        policy = self.place.policy
        may_go_on = is_chased(policy) and len(self.reminders) < policy.remind_at_most
        if not (may_go_on and self.is_owed and self.is_reachable) or self.place.since is None:
            return None
        # Whoever joined later was asked later.
        since = self.last_reminded_at or max(self.place.since, self.employee.first_seen_at)
        return since + timedelta(days=policy.remind_days or 0)

    def is_due(self, at: datetime) -> bool:
        return self.reminded_next_at is not None and self.reminded_next_at <= at


def is_chased(policy: TermsPolicy) -> bool:
    """Whether the console sends reminders by itself."""
    return not policy.is_retired and not policy.remind_paused and bool(policy.remind_days)


def owing(policy: TermsPolicy) -> Any:
    """The employees who owe the policy a decision at present."""
    return outstanding(policy).filter(standing__in=[standing.value for standing in OWING])


def without_address() -> Q:
    """Of employees: that no e-mail can reach them, as far as the database can tell."""
    return Q(mail="") & ~Q(user_principal_name__contains="@")


def next_debts(policy: TermsPolicy, after: int, among: Collection[int] | None = None) -> list[Debt]:
    """A portion of what is owed, by employees in the order of their keys; among: of these employees alone."""
    people = owing(policy).filter(pk__gt=after)
    if among is not None:
        people = people.filter(pk__in=among)
    return debts_of(policy, list(people.order_by("pk")[:PORTION]))


def debts_of(policy: TermsPolicy, people: Sequence[Employee], at: datetime | None = None) -> list[Debt]:
    """What each owes, by the one rule, with one query for the decisions of all of them and one for the reminders."""
    instant = at or timezone.now()
    version = version_asked(policy, instant)
    about = {"policy": policy, "employee__in": people}
    known = decided_by(Acceptance.objects.for_tenant(policy.tenant_id), at).filter(policy=policy)
    telling = _telling(policy, version, known, people).select_related("version__policy")
    decisions = by_employee(telling.order_by("decided_at", "id"))
    sent = Reminder.objects.for_tenant(policy.tenant_id).filter(version=version, **about)
    until = {} if at is None else {"reminded_at__lte": at}
    reminders = by_employee(sent.filter(**until).order_by("round", "number"))
    return [debt_of(one, policy, version, decisions[one.pk], reminders[one.pk], instant) for one in people]


def _telling(
    policy: TermsPolicy, version: TermsVersion | None, known: Any, people: Sequence[Employee]
) -> Any:
    """Of decisions those that say where these people stand: about the version asked for, the last, the last accepting.

    The others only grow in number, with every version that there ever was.
    """
    latest = known.filter(employee=OuterRef("pk")).order_by("-decided_at", "-id").values("pk")
    accepting = latest.filter(decision=Acceptance.Decision.ACCEPTED)
    keys = [person.pk for person in people]
    each = Employee.objects.for_tenant(policy.tenant_id).filter(pk__in=keys)
    about_it = known.filter(employee__in=keys)
    return about_it.filter(
        Q(version=version)
        | Q(pk__in=each.values_list(Subquery(latest[:1])))
        | Q(pk__in=each.values_list(Subquery(accepting[:1])))
    )


def debt_of(
    employee: Employee,
    policy: TermsPolicy,
    version: TermsVersion | None,
    decisions: Sequence[Acceptance],
    reminders: Sequence[Reminder],
    at: datetime,
) -> Debt:
    """What one employee owes, from their decisions and their reminders about the version, each in order."""
    place = place_of(policy, version, decisions, at)
    return Debt(employee, place, [one for one in reminders if one.round == place.round])


def by_employee(rows: Iterable[Any]) -> dict[int, list[Any]]:
    """The rows of each employee, in their order; an empty list for whoever has none."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.employee_id].append(row)
    return found
