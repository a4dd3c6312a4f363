"""The consents at a glance: for every service, connection and tenant the one thing that holds, and what has to be done.

Few queries, whatever there is: the lines come by the page, and everything about a page of them at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import Count

from catalog.models import Service
from consents.catalog_at import flows_at, services_at
from consents.decisions import barriers
from consents.models import Consent, CoveredFlow, EndingStep
from consents.renewal import Difference, differences
from tenants.models import Tenant
from tenants.pages.moments import Moment, as_they_were

Connection: TypeAlias = tuple[int, str]
"""A service's id, and the name of the connection."""

State = Consent.State


@dataclass
class Standing:
    """How a tenant stands with one service and connection.

    consent: the one that says it (what is in force comes first); awaited: a request or a later beginning beside it.
    flows, personal: what it covers, or for a request would. lacking: flows of the catalog beyond what it covers.
    is_barred: it is in force, and yet nothing may go out, by the tenant's rule on recipients.
    """

    tenant: Tenant
    consent: Consent
    at: datetime
    awaited: Consent | None = None
    flows: int = 0
    personal: int = 0
    lacking: int = 0
    is_barred: bool = False
    open_steps: int = 0
    deeds: list[tuple[str, str]] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.consent.state_at(self.at)

    @property
    def is_in_force(self) -> bool:
        return self.consent.is_in_force(self.at)


@dataclass
class Line:
    """One service and connection, with how each tenant stands with it, in the tenants' order; None for never asked."""

    service: Service
    connection: str
    standings: list[Standing | None]


@dataclass
class Glance:
    """A page of lines. unused: services that none of the tenants has asked for; total: how many lines there are."""

    tenants: Sequence[Tenant]
    lines: list[Line]
    unused: list[Service]
    total: int


def glance_at(tenants: Sequence[Tenant], moment: Moment, *, start: int, length: int) -> Glance:
    """The lines from `start` on, as the moment shows them."""
    rows = moment.rows(Consent, tenants)
    services = {service.pk: service for service in services_at(moment.asked) if service.needs_consent}
    pairs = rows.order_by("service__third_party__name", "service__name", "service_id", "connection")
    pairs = pairs.values_list("service_id", "connection").distinct()
    page = list(pairs[start : start + length])
    used = set(rows.order_by().values_list("service_id", flat=True).distinct())
    standings = _standings(rows, page, tenants, moment)
    lines = [_line(pair, services, standings, tenants) for pair in page]
    unused = [service for pk, service in services.items() if pk not in used]
    return Glance(tenants, lines, unused, pairs.count())


def _line(
    pair: Connection,
    services: Mapping[int, Service],
    standings: Mapping[tuple[int, Connection], Standing],
    tenants: Sequence[Tenant],
) -> Line:
    found = [standings.get((tenant.pk, pair)) for tenant in tenants]
    service = services.get(pair[0])
    if service is None:  # it has left the catalog, or asks for no consent any more
        service = next(standing.consent.service for standing in found if standing)
    return Line(service, pair[1], found)


def _standings(
    rows: Any, page: Sequence[Connection], tenants: Sequence[Tenant], moment: Moment
) -> dict[tuple[int, Connection], Standing]:
    """By tenant and connection; what is counted is counted for all of them at once."""
    by_key = {tenant.pk: tenant for tenant in tenants}
    wanted = rows.filter(service_id__in={pair[0] for pair in page}, connection__in={pair[1] for pair in page})
    groups: dict[tuple[int, Connection], list[Consent]] = defaultdict(list)
    for consent in as_they_were(
        wanted.select_related("service__third_party", "edition").order_by("-requested_at", "-id")
    ):
        consent.tenant = by_key[consent.tenant_id]
        pair = (consent.service_id, consent.connection)
        if pair in page:
            groups[consent.tenant_id, pair].append(consent)
    found = {key: _standing(by_key[key[0]], group, moment.at) for key, group in groups.items()}
    _count_covered(found.values(), moment)
    _count_open_steps(groups, found, moment)
    _compare(found.values(), moment)
    _bar(found.values(), moment)
    return found


def _standing(tenant: Tenant, consents: Sequence[Consent], at: datetime) -> Standing:
    """The one that says how things stand: in force, then to begin, then requested, then the last that ended."""
    ordered = sorted(consents, key=lambda consent: _weight(consent, at), reverse=True)
    awaited = next((c for c in ordered[1:] if _weight(c, at) > 0), None)
    return Standing(tenant, ordered[0], at, awaited)


def _weight(consent: Consent, at: datetime) -> int:
    if consent.is_in_force(at):
        return 3
    state = consent.state_at(at)
    return {State.GRANTED: 2, State.REQUESTED: 1}.get(State(state), 0)


def _count_covered(standings: Iterable[Standing], moment: Moment) -> None:
    """What each consent covers and lacks; for a request, what it would cover."""
    of_consent: dict[int, dict[int, bool]] = defaultdict(dict)
    decided = [s.consent.pk for s in standings if s.consent.granted_at]
    tenants = {s.tenant.pk for s in standings}
    covered = CoveredFlow.objects.across_tenants().filter(tenant__in=tenants, consent__in=decided)
    for consent, flow, personal in covered.values_list("consent_id", "flow_id", "personal"):
        of_consent[consent][flow] = personal
    present = flows_at(moment.asked)
    for standing in standings:
        of_service = present[standing.consent.service_id]
        flows = of_consent[standing.consent.pk] if standing.consent.granted_at else of_service
        standing.flows, standing.personal = len(flows), sum(flows.values())


def _compare(standings: Iterable[Standing], moment: Moment) -> None:
    """What the service receives beyond what was agreed to."""
    by_consent = {standing.consent.pk: standing for standing in standings}
    found = differences([s.consent for s in by_consent.values()], moment.asked)
    for consent, difference in found.items():
        by_consent[consent].lacking = lacking(difference)


def _bar(standings: Iterable[Standing], moment: Moment) -> None:
    """A query or two for each tenant: a page has few."""
    of_tenant: dict[Tenant, list[Standing]] = defaultdict(list)
    for standing in standings:
        if standing.is_in_force:
            of_tenant[standing.tenant].append(standing)
    for tenant, in_force in of_tenant.items():
        barred = barriers(tenant, moment.at, moment.asked)
        for standing in in_force:
            consent = standing.consent
            standing.is_barred = bool(barred.against_service(consent.service.code, [consent.safeguard]))


def lacking(difference: Difference) -> int:
    """How many flows go beyond what was agreed to: more than none asks for a renewal."""
    return len(difference.added) + sum(flow.asks_for_more for flow in difference.changed)


def _count_open_steps(
    groups: Mapping[Any, Sequence[Consent]], found: Mapping[Any, Standing], moment: Moment
) -> None:
    """The steps still open after any withdrawal of the connection, also where a new consent has followed it."""
    withdrawn = {c.pk: key for key, group in groups.items() for c in group if c.withdrawn_at}
    tenants = {standing.tenant.pk for standing in found.values()}
    steps = moment.rows(EndingStep, tenants).filter(consent__in=withdrawn, status=EndingStep.Status.OPEN)
    for consent, number in steps.order_by().values_list("consent_id").annotate(Count("pk")):
        found[withdrawn[consent]].open_steps += number
