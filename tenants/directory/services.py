"""The deed of bringing people in: who is new, changed, back or gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from audit.services import record
from privacy_console.errors import Refused, first_of
from tenants.access import Principal, require
from tenants.deeds import held
from tenants.directory.reading import PersonRecord, Reading, read
from tenants.models import Employee, Group, GroupMember, Tenant
from tenants.roles import Permission

COPIED = ("user_principal_name", "display_name", "mail", "language")
AT_ONCE = 500
SHOWN_PROBLEMS = 20


@dataclass
class Imported:
    """What an import did, in numbers; problems: what was left out, and why."""

    added: int = 0
    changed: int = 0
    returned: int = 0
    left: int = 0
    unchanged: int = 0
    joined_groups: int = 0
    left_groups: int = 0
    problems: list[str] = field(default_factory=list)


@transaction.atomic
def import_people(
    *,
    tenant: Tenant,
    content: bytes,
    by: Principal,
    source: str,
    is_complete: bool = False,
    skip_problems: bool = False,
    reason: str = "",
) -> Imported:
    """Take over the people of a file: CSV, or what Graph answers for `users`.

    source: the file's name, for the trail. is_complete: it is the whole directory, so whoever is not in it has left.
    skip_problems: leave out what cannot be read, instead of refusing the file. Raises PermissionDenied, Refused.
    """
    require(by, Permission.KEEP_DIRECTORY, tenant)
    # One at a time: two imports at once would both find somebody new.
    held(tenant)
    reading = read(content)
    # Whoever stands in a line that cannot be read has not left.
    if reading.problems and (is_complete or not skip_problems):
        shown = first_of(reading.problems, SHOWN_PROBLEMS, of=len(reading.problems))
        raise Refused("problems", f"The file was not taken: {shown}.")
    if is_complete and not reading.people:
        raise Refused("nobody", "The file names nobody; as the whole directory it would let everybody go.")
    outcome = Imported(problems=reading.problems)
    known = {person.directory_id: person for person in Employee.objects.for_tenant(tenant)}
    with deed("directory.imported", on=Employee, action=Action.UPDATE, reason=reason):
        _take_over(tenant, reading.people.values(), known, outcome)
        if is_complete:
            _let_go(tenant, known, reading.people.keys(), outcome)
    _regroup(tenant, reading.people.values(), outcome)
    counts = {name: value for name, value in vars(outcome).items() if name != "problems"}
    record(
        "directory.imported",
        category="directory",
        tenant=tenant,
        resource_name=source,
        details=counts | {"problems": len(outcome.problems)},
    )
    return outcome


@transaction.atomic
def join_by_sign_in(*, tenant: Tenant, **values: str) -> Employee | None:
    """Take in somebody whom the tenant's identity provider vouches for, or whoever came in just before under the id.

    values: directory_id and what else a `PersonRecord` has. None where they are no person's, or the user name is
    somebody's already: two people of one name could be taken for each other.
    """
    reading = Reading()
    reading.take("sign-in", {"display_name": "", "mail": "", "language": ""} | values, None)
    if reading.problems:
        return None
    # One at a time, as with imports.
    held(tenant)
    (person,) = reading.people.values()
    employees = Employee.objects.for_tenant(tenant)
    known: Employee | None = employees.filter(directory_id=person.directory_id).first()
    if known is not None:
        return known
    if employees.filter(user_principal_name__iexact=person.user_principal_name).exists():
        return None
    employee = _new(tenant, person, timezone.now())
    with deed("directory.joined", on=Employee, action=Action.CREATE):
        employee.save()
    return employee


def _take_over(
    tenant: Tenant, people: Iterable[PersonRecord], known: Mapping[str, Employee], outcome: Imported
) -> None:
    now = timezone.now()
    new, changed = [], []
    for person in people:
        employee = known.get(person.directory_id)
        if employee is None:
            new.append(_new(tenant, person, now))
        elif _update(employee, person, now, outcome):
            changed.append(employee)
    outcome.added = len(new)
    outcome.changed = len(changed) - outcome.left - outcome.returned
    employees = Employee.objects.for_tenant(tenant)
    employees.bulk_create(new, batch_size=AT_ONCE)
    employees.bulk_update(changed, [*COPIED, "status", "left_at"], batch_size=AT_ONCE)


def _new(tenant: Tenant, person: PersonRecord, now: Any) -> Employee:
    status = Employee.Status.ACTIVE if person.active else Employee.Status.LEFT
    copied = {name: getattr(person, name) for name in COPIED}
    return Employee(
        tenant=tenant,
        directory_id=person.directory_id,
        status=status,
        left_at=None if person.active else now,
        **copied,
    )


def _update(employee: Employee, person: PersonRecord, now: Any, outcome: Imported) -> bool:
    """Make the employee what the file says; returns whether that changes anything."""
    differs = any(getattr(employee, name) != getattr(person, name) for name in COPIED)
    for name in COPIED:
        setattr(employee, name, getattr(person, name))
    if employee.is_active != person.active:
        differs = True
        outcome.returned += person.active
        outcome.left += not person.active
        employee.status = Employee.Status.ACTIVE if person.active else Employee.Status.LEFT
        employee.left_at = None if person.active else now
    outcome.unchanged += not differs
    return differs


def _let_go(tenant: Tenant, known: Mapping[str, Employee], present: Iterable[str], outcome: Imported) -> None:
    here = set(present)
    gone = [p.pk for p in known.values() if p.is_active and p.directory_id not in here]
    now = timezone.now()
    for start in range(0, len(gone), AT_ONCE):
        some = Employee.objects.for_tenant(tenant).filter(pk__in=gone[start : start + AT_ONCE])
        outcome.left += some.update(status=Employee.Status.LEFT, left_at=now)


def _regroup(tenant: Tenant, people: Iterable[PersonRecord], outcome: Imported) -> None:
    """Make the memberships of those whose groups the file names what it says."""
    telling = {person.directory_id: person.groups for person in people if person.groups is not None}
    if not telling:
        return
    groups = _groups(tenant, telling.values())
    ids = dict(Employee.objects.for_tenant(tenant).values_list("directory_id", "pk"))
    wanted = {(groups[group], ids[person]) for person, named in telling.items() for group in named}
    told = {ids[person] for person in telling}
    memberships = GroupMember.objects.for_tenant(tenant)
    present = {
        (group, employee): pk
        for pk, group, employee in memberships.values_list("pk", "group", "employee")
        if employee in told
    }
    new = [
        GroupMember(tenant=tenant, group_id=group, employee_id=employee)
        for group, employee in sorted(wanted - present.keys())
    ]
    old = [pk for pair, pk in present.items() if pair not in wanted]
    memberships.bulk_create(new, batch_size=AT_ONCE)
    for start in range(0, len(old), AT_ONCE):
        memberships.filter(pk__in=old[start : start + AT_ONCE]).delete()
    outcome.joined_groups, outcome.left_groups = len(new), len(old)


def _groups(tenant: Tenant, named: Iterable[Mapping[str, str] | None]) -> dict[str, int]:
    """The keys of all groups that are named, those made now included, and each under its present name."""
    names = {group: name for groups in named for group, name in (groups or {}).items()}
    groups = Group.objects.for_tenant(tenant)
    known = {group.directory_id: group for group in groups}
    new = [Group(tenant=tenant, directory_id=g, name=name) for g, name in names.items() if g not in known]
    groups.bulk_create(new, batch_size=AT_ONCE)
    for directory_id, group in known.items():
        if names.get(directory_id, group.name) != group.name:
            group.name = names[directory_id]
            group.save(update_fields=["name"])
    return dict(groups.values_list("directory_id", "pk"))
