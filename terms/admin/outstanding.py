"""Who still owes a policy an answer, or has declined it: each with their standing, since when and until when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from privacy_console.rest.pagination import LARGEST_ID
from tenants.models import Employee
from tenants.pages.parts import Badge, Table, link_to
from tenants.roles import Permission
from terms.models import Acceptance, TermsPolicy
from terms.progress import outstanding
from terms.standing import Place, Standing, place_of, version_asked

AT_ONCE = 50
HEADINGS = ("Employee", "User name", "Standing", "Since", "Grace until", "Last decision")
TONES = {Standing.ACCEPTED_OLDER: "info", Standing.DECLINED: "bad", Standing.OUTSTANDING: "warn"}
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
    context = page.context(
        request,
        policy,
        title=f"Outstanding: {policy}",
        is_first=last is None,
        after=shown[AT_ONCE - 1].pk if len(shown) > AT_ONCE else None,
        chosen=chosen,
        choices=[(standing.value, standing.label) for standing in TONES],
        table=Table(HEADINGS, _rows(policy, shown[:AT_ONCE]), NOBODY),
    )
    return TemplateResponse(request, "admin/terms/outstanding.html", context)


def _named(policy: TermsPolicy, key: str) -> Employee | None:
    """The employee with this key, whom a page of the list ended with."""
    if not (key.isascii() and key.isdecimal() and int(key) <= LARGEST_ID):
        return None
    found: Employee | None = Employee.objects.for_tenant(policy.tenant_id).filter(pk=key).first()
    return found


def _following(people: Any, last: Employee | None) -> Any:
    """In their order, those after the last one. Neither counted nor skipped over: both would look at everybody."""
    if last is not None:
        name = last.user_principal_name
        people = people.filter(user_principal_name__gte=name).exclude(
            user_principal_name=name, pk__lte=last.pk
        )
    return people.order_by("user_principal_name", "pk")


def _rows(policy: TermsPolicy, people: Sequence[Employee]) -> list[list[Any]]:
    return [_row(employee, place) for employee, place in _places(policy, people)]


def _places(policy: TermsPolicy, people: Sequence[Employee]) -> list[tuple[Employee, Place]]:
    """By the one rule, with one query for the decisions of all of them."""
    now = timezone.now()
    version = version_asked(policy, now)
    decisions: dict[int, list[Acceptance]] = {}
    known = Acceptance.objects.for_tenant(policy.tenant_id).filter(policy=policy, employee__in=people)
    for decision in known.select_related("version__policy").order_by("decided_at", "id"):
        decisions.setdefault(decision.employee_id, []).append(decision)
    return [(one, place_of(policy, version, decisions.get(one.pk, []), now)) for one in people]


def _row(employee: Employee, place: Place) -> list[Any]:
    last = place.last
    decided = f"{last.get_decision_display()} version {last.version.number}" if last else ""
    return [
        link_to(employee),
        employee.user_principal_name,
        Badge(place.standing.label, TONES.get(place.standing, "plain")),
        place.since,
        place.due,
        link_to(last, decided),
    ]
