"""Where everybody stands with a policy, as it was known at an instant.

It is read from the history only, the directory's included, so it is a function of policy and instant: whoever asks
again gets the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from privacy_console.errors import Refused
from tenants.exports import tenant_as_known
from tenants.models import Employee, GroupMember
from terms.chasing import Debt, by_employee, debt_of
from terms.models import Acceptance, Reminder, TermsPolicy, TermsRevision, TermsTarget, TermsVersion
from terms.standing import Standing, in_force

CHUNK = 500
"""How many employees are in memory at a time."""
NOT_ASKED = "not_asked"


@dataclass(frozen=True)
class Line:
    """One employee: where they stand, and their last decision. is_asked: whether the policy was for them then."""

    debt: Debt
    is_asked: bool
    version: int | None
    revision: int | None

    @property
    def decision(self) -> Acceptance | None:
        return self.debt.place.last

    @property
    def standing(self) -> str:
        return self.debt.place.standing.value if self.is_asked else NOT_ASKED


class Report:
    """Everybody whom the policy is for, and everybody who ever decided about it, as known at `as_of`."""

    what, noun, stem, category = "acceptance report", "people", "acceptances", "terms"

    def __init__(self, policy: TermsPolicy, as_of: datetime) -> None:
        self.as_of = as_of
        self._tenant_id = policy.tenant_id
        self.tenant = tenant_as_known(policy.tenant, as_of)
        known = self._known(TermsPolicy).filter(id=policy.pk).as_instances().first()
        if known is None:
            raise Refused("not_known_then", f"Nothing was known of {policy} then.")
        self.policy: TermsPolicy = known

    def __len__(self) -> int:
        """Counted by keys alone, before anything is written."""
        active = self._known(Employee).filter(status=Employee.Status.ACTIVE)
        asked = {key for key in active.values_list("id", flat=True) if self._is_for(key)}
        decided = self._known(Acceptance).filter(policy_id=self.policy.pk)
        return len(asked.union(decided.values_list("employee_id", flat=True)))

    def __iter__(self) -> Iterator[Line]:
        """The lines in the order in which the employees became known, read in portions."""
        last = 0
        while portion := list(
            self._known(Employee).filter(id__gt=last).order_by("id").as_instances()[:CHUNK]
        ):
            yield from self._lines(portion)
            last = portion[-1].pk

    @cached_property
    def version(self) -> TermsVersion | None:
        """The version that was asked for."""
        return None if self.policy.is_retired else in_force(self._versions.values(), self.as_of)

    def _lines(self, people: Sequence[Employee]) -> Iterator[Line]:
        decisions = by_employee(self._parts(Acceptance, people).order_by("decided_at", "id").as_instances())
        reminders = by_employee(self._parts(Reminder, people).order_by("round", "number").as_instances())
        for one in people:
            is_asked = one.is_active and self._is_for(one.pk)
            if is_asked or decisions[one.pk]:
                yield self._line(one, decisions[one.pk], reminders[one.pk], is_asked)

    def _line(
        self, employee: Employee, decisions: list[Acceptance], reminders: list[Reminder], is_asked: bool
    ) -> Line:
        about_it = [one for one in reminders if self.version and one.version_id == self.version.pk]
        debt = debt_of(employee, self.policy, self.version, decisions, about_it, self.as_of)
        last = debt.place.last
        return Line(
            debt,
            is_asked,
            self._versions[last.version_id].number if last else None,
            self._revisions.get(last.revision_id) if last and last.revision_id else None,
        )

    def _is_for(self, employee: int) -> bool:
        """The rule of `terms.counting.asked_of`, on what was known then; for somebody who is active."""
        if self.policy.is_retired or employee in self._left_out:
            return False
        return self.policy.for_everybody or employee in self._included

    @cached_property
    def _included(self) -> frozenset[int]:
        return self._in_groups(excluded=False)

    @cached_property
    def _left_out(self) -> frozenset[int]:
        return self._in_groups(excluded=True)

    def _in_groups(self, *, excluded: bool) -> frozenset[int]:
        targets = self._known(TermsTarget).filter(policy_id=self.policy.pk, excluded=excluded)
        groups = list(targets.values_list("group_id", flat=True))
        members = self._known(GroupMember).filter(group_id__in=groups)
        return frozenset(members.values_list("employee_id", flat=True))

    @cached_property
    def _versions(self) -> dict[int, TermsVersion]:
        rows = self._known(TermsVersion).filter(policy_id=self.policy.pk)
        return {version.pk: version for version in rows.as_instances()}

    @cached_property
    def _revisions(self) -> dict[int, int]:
        rows = self._known(TermsRevision).filter(version_id__in=list(self._versions))
        return dict(rows.values_list("id", "number"))

    def _known(self, model: Any) -> Any:
        return model.history.for_tenant(self._tenant_id).known_at(self.as_of)

    def _parts(self, model: Any, people: Sequence[Employee]) -> Any:
        """What belongs to the people, as history rows; found through the rows of now, which are never deleted."""
        now = model.objects.for_tenant(self._tenant_id).filter(policy=self.policy.pk, employee__in=people)
        return self._known(model).filter(id__in=now.values("id"))


# --- What the files say of a line ---

COLUMNS = (
    "user_principal_name", "display_name", "directory_id", "employee_status", "standing", "outstanding_since",
    "grace_until", "decision", "version", "revision", "decided_at", "valid_until", "language", "surface",
    "text_sha256", "receipt_id", "imported_from", "reminders", "last_reminded_at", "reachable",
)  # fmt: skip


def as_row(line: Line) -> dict[str, Any]:
    """One employee as a line; the names are those of the API."""
    debt, decision = line.debt, line.decision
    employee = debt.employee
    owes = line.is_asked and line.standing not in (Standing.ACCEPTED_LATEST, Standing.NOTHING_ASKED)
    values = (
        employee.user_principal_name, employee.display_name, employee.directory_id, employee.status, line.standing,
        debt.place.since if owes else None, debt.place.due if owes else None, *_decided(line, decision),
        len(debt.reminders), debt.last_reminded_at, debt.is_reachable,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _decided(line: Line, decision: Acceptance | None) -> tuple[Any, ...]:
    """The last decision; a receipt has only what was signed here."""
    if decision is None:
        return ("", None, None, None, None, "", "", "", "", "")
    receipt = str(decision.receipt_id) if decision.signature else ""
    return (
        decision.decision, line.version, line.revision, decision.decided_at, decision.valid_until, decision.language,
        decision.surface, decision.text_sha256, receipt, decision.imported_from,
    )  # fmt: skip
