"""Who still owes a policy an answer, or has declined it: since when, how often reminded; and who is reminded now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html

from privacy_console.keys import key_of
from tenants.models import Employee
from tenants.pages.parts import Badge, Several, Table, admin_url, link_to
from tenants.roles import Permission
from terms.admin.reminding import REMIND
from terms.chasing import Debt, debts_of
from terms.models import TermsPolicy
from terms.progress import outstanding
from terms.standing import Standing, version_asked

AT_ONCE = 50
HEADINGS = ("Employee", "User name", "Standing", "Since", "Last decision", "Reminded")
TONES = {Standing.ACCEPTED_OLDER: "info", Standing.DECLINED: "bad", Standing.OUTSTANDING: "warn"}
BOX = '<input type="checkbox" class="pc-check" name="employee" value="{}" aria-label="Remind {}">'
NOBODY = "Nobody: everybody whom it is for has accepted, or nothing is asked at present."


def outstanding_view(page: Any, request: HttpRequest, policy: TermsPolicy) -> HttpResponse:
    """A page of the list, narrowed to one standing with `?standing=`."""
    if not page.may(request, Permission.VIEW_DIRECTORY, policy):
        raise PermissionDenied
    chosen = request.GET.get("standing", "")
    people = outstanding(policy)
    if chosen in TONES:
        people = people.filter(standing=chosen)
    last = _named(policy, request.GET.get("after", ""))
    shown = list(_following(people, last)[: AT_ONCE + 1])
    may_remind = REMIND.is_offered(policy) and page.may(request, REMIND.permission, policy)
    context = page.context(
        request,
        policy,
        title=f"Outstanding: {policy}",
        is_first=last is None,
        after=shown[AT_ONCE - 1].pk if len(shown) > AT_ONCE else None,
        chosen=chosen,
        choices=[(standing.value, standing.label) for standing in TONES],
        table=_table(policy, shown[:AT_ONCE], may_remind=may_remind),
        grace_until=_grace(policy),
        remind_url=admin_url(policy, REMIND.name, policy.pk) if may_remind else "",
    )
    return TemplateResponse(request, "admin/terms/outstanding.html", context)


def _named(policy: TermsPolicy, key: str) -> Employee | None:
    """The employee with this key, whom a page of the list ended with."""
    found: Employee | None = Employee.objects.for_tenant(policy.tenant_id).filter(pk=key_of(key)).first()
    return found


def _following(people: Any, last: Employee | None) -> Any:
    """In their order, those after the last one. Neither counted nor skipped over: both would look at everybody."""
    if last is not None:
        name = last.user_principal_name
        people = people.filter(user_principal_name__gte=name).exclude(
            user_principal_name=name, pk__lte=last.pk
        )
    return people.order_by("user_principal_name", "pk")


def _grace(policy: TermsPolicy) -> date | None:
    """Until when what was accepted before counts; None without any days of grace."""
    version = version_asked(policy, timezone.now())
    return _day(version.asked_until) if version and version.grace_days else None


def _table(policy: TermsPolicy, people: Sequence[Employee], *, may_remind: bool) -> Table:
    """A line for each; with a box to choose those who can be reminded, for whoever may."""
    debts = debts_of(policy, people)
    if not may_remind:
        return Table(HEADINGS, [_row(debt) for debt in debts], NOBODY)
    return Table(("Remind", *HEADINGS), [[_box(debt), *_row(debt)] for debt in debts], NOBODY)


def _box(debt: Debt) -> Any:
    if not (debt.is_owed and debt.is_reachable):
        return None
    return format_html(BOX, debt.employee.pk, debt.employee.user_principal_name)


def _row(debt: Debt) -> list[Any]:
    employee, place, last = debt.employee, debt.place, debt.place.last
    decided = f"{last.get_decision_display()} version {last.version.number}" if last else ""
    return [
        link_to(employee),
        employee.user_principal_name,
        Badge(place.standing.label, TONES.get(place.standing, "plain")),
        _day(place.since),
        link_to(last, decided),
        _reminded(debt),
    ]


def _reminded(debt: Debt) -> Any:
    """How often and when last; or that no e-mail reaches them."""
    if not debt.is_reachable:
        return Badge("No e-mail address", "bad")
    if not debt.reminders:
        return "not yet"
    number = len(debt.reminders)
    return ["once" if number == 1 else f"{number} times", Several(["last", _day(debt.last_reminded_at)])]


def _day(at: datetime | None) -> date | None:
    return timezone.localdate(at) if at else None
