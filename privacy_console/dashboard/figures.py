"""Numbers to be seen from afar: to each role those of its own question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from privacy_console.dashboard.coverage import Coverage
from privacy_console.dashboard.reader import Reader, links
from privacy_console.dashboard.tasks import Waiting
from privacy_console.dashboard.trail import changes_since
from tenants.models import Membership, Tenant, User
from tenants.roles import Role
from work.worklist import Urgency


@dataclass(frozen=True)
class Figure:
    """A number to be seen from afar."""

    label: str
    value: Any
    note: str = ""
    url: str = ""
    warn: bool = False


def _consent_figures(reader: Reader, coverages: list[Coverage]) -> list[Figure]:
    """What is switched on and how much of it is personal data: of interest to everybody."""
    on = [row for row in coverages if row.connections]
    flows, personal = sum(row.flows for row in on), sum(row.personal for row in on)
    address = f"{links()['consents']}?state=granted"
    return [
        Figure("Consents in force", sum(row.connections for row in on), f"services: {len(on)}", address),
        Figure("Data agreed to flow", flows, f"{personal} of them personal data", address),
    ]


def _due_figure(tasks: Waiting) -> Figure:
    late, near = tasks.of(Urgency.LATE), tasks.of(Urgency.LATE, Urgency.WEEK)
    return Figure("Due this week", near, f"{late} of them late", links()["worklist"], warn=near > 0)


def officer_figures(reader: Reader, tasks: Waiting, coverages: list[Coverage]) -> list[Figure]:
    waiting, requested = sum(row.waiting for row in coverages), f"{links()['consents']}?state=requested"
    return [
        Figure("Waiting for a decision", waiting, "requested consents", requested, warn=waiting > 0),
        _due_figure(tasks),
        *_consent_figures(reader, coverages),
    ]


def admin_figures(reader: Reader, tasks: Waiting, coverages: list[Coverage]) -> list[Figure]:
    uncovered = sum(row.uncovered for row in coverages)
    return [
        *_consent_figures(reader, coverages),
        Figure("Flowing without consent", uncovered, "data added since the consent", warn=uncovered > 0),
        _due_figure(tasks),
    ]


def auditor_figures(reader: Reader, tasks: Waiting, coverages: list[Coverage]) -> list[Figure]:
    since = timezone.now() - timedelta(days=7)
    members = reader.own(Membership).count()
    return [
        Figure(
            "Recorded in 7 days",
            changes_since(reader, since),
            "changes, sign-ins and refusals",
            links()["events"],
        ),
        *_consent_figures(reader, coverages),
        Figure("Members", members, "people with a role", links()["members"]),
    ]


def operator_figures(reader: Reader, tasks: Waiting, coverages: list[Coverage]) -> list[Figure]:
    states = dict(reader.tenants.order_by().values_list("status").annotate(Count("pk")))
    people = User.objects.aggregate(all=Count("pk"), active=Count("pk", filter=Q(is_active=True)))
    active = states.pop(Tenant.Status.ACTIVE, 0)
    return [
        Figure("Active tenants", active, f"{sum(states.values())} closing or closed", links()["tenants"]),
        Figure(
            "Accounts",
            people["active"],
            f"{people['all'] - people['active']} may not sign in",
            links()["users"],
        ),
        *_consent_figures(reader, coverages),
    ]


FIGURES = {
    Role.PRIVACY_OFFICER: officer_figures,
    Role.TENANT_ADMIN: admin_figures,
    Role.AUDITOR: auditor_figures,
    Role.SERVICE: auditor_figures,
    "operator": operator_figures,
}
