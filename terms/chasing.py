"""Who owes a policy a decision, how often they were reminded of it, and when they are reminded next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from tenants.models import Employee
from terms.models import Acceptance, Reminder, TermsPolicy
from terms.progress import outstanding
from terms.standing import Place, Standing, place_of, version_asked

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
    at = at or timezone.now()
    version = version_asked(policy, at)
    about = {"policy": policy, "employee__in": people}
    known = Acceptance.objects.for_tenant(policy.tenant_id).filter(**about).select_related("version__policy")
    decisions = _by_employee(known.order_by("decided_at", "id"))
    sent = Reminder.objects.for_tenant(policy.tenant_id).filter(version=version, **about)
    reminders = _by_employee(sent.order_by("round", "number"))
    return [_debt(one, policy, version, decisions, reminders, at) for one in people]


def _debt(
    employee: Employee, policy: TermsPolicy, version: Any, decisions: Any, reminders: Any, at: datetime
) -> Debt:
    place = place_of(policy, version, decisions.get(employee.pk, []), at)
    own = [one for one in reminders.get(employee.pk, []) if one.round == place.round]
    return Debt(employee, place, own)


def _by_employee(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.employee_id, []).append(row)
    return found
