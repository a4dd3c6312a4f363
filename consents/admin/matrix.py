"""The page “Consents at a glance”: every service and connection, how each tenant stands with it, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property

from consents.admin.words import standing_badges, standing_words
from consents.glance import Glance, Line, Standing, glance_at
from consents.models import Consent, EndingStep
from tenants.access import Principal, signed_in
from tenants.choice import tenants_allowing, visible_tenants
from tenants.models import Tenant
from tenants.pages.moments import Moment, moment_of
from tenants.pages.parts import admin_url
from tenants.roles import Permission

LINES = 40
TENANTS = 5


@dataclass(frozen=True)
class Action:
    """A button of a cell. aim: the consent or service, for whoever hears the button alone."""

    label: str
    url: str
    aim: str
    tone: str = ""


@dataclass(frozen=True)
class Cell:
    """How one tenant stands with one line, ready to be shown."""

    tenant: Tenant
    standing: Standing | None
    actions: Sequence[Action]

    @property
    def url(self) -> str:
        consent = self.standing.consent if self.standing else None
        return admin_url(consent, "change", consent.pk) if consent else ""

    @property
    def covers(self) -> bool:
        """Whether there are numbers to tell: what was declined covers nothing."""
        return self.standing is not None and self.standing.state != Consent.State.DECLINED

    @property
    def badges(self) -> Sequence[Any]:
        return standing_badges(self.standing) if self.standing else ()

    @property
    def words(self) -> str:
        return standing_words(self.standing) if self.standing else "Never asked for"


@dataclass(frozen=True)
class Row:
    """A line of the matrix, with its cells."""

    line: Line
    cells: Sequence[Cell]

    @property
    def name(self) -> str:
        return self.line.service.name


class Matrix:
    """What the page shows: built from the glance, and from what the reader may do where."""

    def __init__(self, person: Principal, tenants: Sequence[Tenant], moment: Moment, page: int) -> None:
        self.person, self.tenants, self.moment, self.number = person, tenants, moment, page

    @cached_property
    def glance(self) -> Glance:
        return glance_at(self.tenants, self.moment, start=(self.number - 1) * LINES, length=LINES)

    @property
    def rows(self) -> list[Row]:
        return [Row(line, self._cells(line)) for line in self.glance.lines]

    def _cells(self, line: Line) -> list[Cell]:
        pairs = zip(self.tenants, line.standings, strict=True)
        return [Cell(tenant, standing, self._actions(line, tenant, standing)) for tenant, standing in pairs]

    def _actions(self, line: Line, tenant: Tenant, standing: Standing | None) -> list[Action]:
        """What the state and the role allow; in the past, nothing."""
        if self.moment.is_past:
            return []
        if standing is None:  # Another tenant's connection: this one has those that it names itself.
            return [] if line.connection else self._requesting(line.service, "", tenant)
        return [
            *self._deciding(standing.consent),
            *(self._deciding(standing.awaited) if standing.awaited else ()),
            *self._ending(standing),
            *self._asking_again(line, standing),
        ]

    def _ending(self, standing: Standing) -> list[Action]:
        if not standing.open_steps or not self.person.may(Permission.END_SHARING, standing.tenant):
            return []
        steps = f"{admin_url(EndingStep, 'changelist')}?{urlencode({'progress': 'open', 'q': standing.consent.name})}"
        return [Action("See the steps", steps, str(standing.consent))]

    def _deciding(self, consent: Consent) -> list[Action]:
        offered = {
            Consent.State.REQUESTED: (
                ("grant", "Grant", "primary", Permission.GRANT_CONSENT),
                ("decline", "Decline", "", Permission.GRANT_CONSENT),
            ),
            Consent.State.GRANTED: (("withdraw", "Withdraw", "", Permission.WITHDRAW_CONSENT),),
        }.get(Consent.State(consent.state), ())
        return [
            Action(label, admin_url(consent, deed, consent.pk), str(consent), tone)
            for deed, label, tone, permission in offered
            if self.person.may(permission, consent.tenant)
        ]

    def _asking_again(self, line: Line, standing: Standing) -> list[Action]:
        """A renewal of what holds, a new request after what has ended."""
        if standing.awaited or standing.state == Consent.State.REQUESTED:
            return []
        if standing.state in (Consent.State.GRANTED, Consent.State.EXPIRED):
            consent = standing.consent
            may = self.person.may(Permission.REQUEST_CONSENT, consent.tenant) and consent.tenant.is_open
            return [Action("Renew", admin_url(consent, "renew", consent.pk), str(consent))] if may else []
        return self._requesting(line.service, line.connection, standing.tenant)

    def _requesting(self, service: Any, connection: str, tenant: Tenant) -> list[Action]:
        may = self.person.may(Permission.REQUEST_CONSENT, tenant) and tenant.is_open
        if not may or not (service.is_current and service.needs_consent):
            return []
        about = {"service": service.pk, "tenant": tenant.pk, "connection": connection}
        return [Action("Request", f"{admin_url(Consent, 'add')}?{urlencode(about)}", service.name)]

    @property
    def is_single(self) -> bool:
        return len(self.tenants) == 1

    @property
    def unused(self) -> list[tuple[Any, list[Action]]]:
        """Services nobody asked for, each with the way to ask; where there are several tenants, one is chosen there."""
        return [(service, self._first_request(service)) for service in self.glance.unused]

    def _first_request(self, service: Any) -> list[Action]:
        if self.moment.is_past:
            return []
        each = (self._requesting(service, "", tenant) for tenant in self.tenants)
        return next((actions for actions in each if actions), [])


def matrix_of(request: HttpRequest, permission: Permission) -> dict[str, Any]:
    """The context of the page: tenants and lines come by the page."""
    person = signed_in(request)
    allowed = tenants_allowing(person, permission, visible_tenants(request)).order_by("name", "id")
    tenants = Paginator(allowed, TENANTS).get_page(request.GET.get("tenants"))
    shown = list(tenants.object_list)
    moment = moment_of(request)
    if not shown:
        return {"moment": moment, "matrix": None}
    matrix = Matrix(person, shown, moment, _page_number(request))
    last = max(1, -(-matrix.glance.total // LINES))
    return {
        "moment": moment,
        "matrix": matrix,
        "tenant_pages": tenants,
        "number": matrix.number,
        "last": last,
    }


def _page_number(request: HttpRequest) -> int:
    asked = request.GET.get("p", "")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
