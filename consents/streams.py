"""Where a tenant's data flows, and whether it may: what the page's table says, and what its picture is drawn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import TextChoices

from catalog.models import Flow, Service, ThirdParty
from consents.catalog_at import Datum, data_at, services_at
from consents.decisions import Code, barriers
from consents.models import Consent, CoveredFlow
from consents.querysets import holding
from tenants.models import Tenant
from tenants.pages.moments import Moment

OUT, BACK = Flow.Direction.TO_THIRD_PARTY, Flow.Direction.FROM_THIRD_PARTY


class Standing(TextChoices):
    """Whether a flow may happen."""

    ALLOWED = "allowed", "Allowed"
    NOT_NEEDED = "not_needed", "Allowed, needs no consent"
    LACKING = "lacking", "Not covered by the consent"
    NOT_COLLECTED = "not_collected", "Not collected"
    ELSEWHERE = "elsewhere", "Not allowed into this country"
    OFF = "off", "Not allowed, no consent in force"


@dataclass(frozen=True)
class Stream:
    """Flows that share their way: a line of the table, and part of the bands of the picture."""

    category: str
    category_id: int | None
    service: Service
    standing: Standing
    flows: int
    personal: int

    @property
    def party(self) -> ThirdParty:
        return self.service.third_party

    @property
    def country(self) -> str:
        return self.party.country or "Country not known"


def streams_of(tenant: Tenant, moment: Moment, only: Consent | None = None) -> dict[str, list[Stream]]:
    """By direction, what goes that way for the tenant, at the moment and as known then.

    only: a consent, for the flows of its service alone and whether this consent allows them.
    """
    wanted = None if only is None else {only.service_id}
    by_id = {service.pk: service for service in services_at(moment.asked)}
    verdict = _Verdicts(tenant, moment, only)
    sums: dict[tuple[str, int, str, Standing], list[Datum]] = defaultdict(list)
    for datum in data_at(moment.asked, wanted):
        if datum.service in by_id:
            standing = verdict.on(datum, by_id[datum.service])
            sums[datum.direction, datum.service, datum.category, standing].append(datum)
    found: dict[str, list[Stream]] = {str(OUT): [], str(BACK): []}
    for (direction, service, _, standing), data in sums.items():
        found[direction].append(_stream(by_id[service], standing, data))
    return {direction: sorted(streams, key=_place) for direction, streams in found.items()}


def _place(stream: Stream) -> tuple[str, str, int, str, str]:
    return stream.party.name, stream.service.name, -stream.flows, stream.category, stream.standing


def _stream(service: Service, standing: Standing, data: Sequence[Datum]) -> Stream:
    personal = sum(datum.personal for datum in data)
    return Stream(data[0].category, data[0].category_id, service, standing, len(data), personal)


BARRED = {
    Code.NOT_ELECTED: Standing.NOT_COLLECTED,
    Code.NEVER_COLLECTED: Standing.NOT_COLLECTED,
    Code.REGION_NOT_ALLOWED: Standing.ELSEWHERE,
}


class _Verdicts:
    """Whether a flow may happen, by the tenant's elections and its consents in force; where connections differ, the
    strictest."""

    def __init__(self, tenant: Tenant, moment: Moment, only: Consent | None) -> None:
        in_force = moment.rows(Consent, [tenant]).filter(holding(moment.at)).order_by()
        if only is not None:
            in_force = in_force.filter(id=only.pk)
        self.consents: dict[int, list[int]] = defaultdict(list)
        self.safeguards: dict[int, set[str]] = defaultdict(set)
        for service, consent, safeguard in in_force.values_list("service_id", "id", "safeguard"):
            self.consents[service].append(consent)
            self.safeguards[service].add(safeguard)
        covered = CoveredFlow.objects.for_tenant(tenant).filter(consent__in=in_force.values("id"))
        self.covered = set(covered.values_list("consent_id", "flow_id"))
        self.barriers = barriers(tenant, moment.at, moment.asked)

    def on(self, datum: Datum, service: Service) -> Standing:
        barred = self.barriers.against(datum.code, self.safeguards[datum.service])
        if barred in BARRED:
            return BARRED[Code(barred)]
        return self._by_consent(datum, service)

    def _by_consent(self, datum: Datum, service: Service) -> Standing:
        if not service.needs_consent:
            return Standing.NOT_NEEDED
        consents = self.consents[datum.service]
        if not consents:
            return Standing.OFF
        is_covered = all((consent, datum.id) in self.covered for consent in consents)
        return Standing.ALLOWED if is_covered else Standing.LACKING


def totals(streams: Iterable[Stream]) -> Mapping[Standing, tuple[int, int]]:
    """By standing, the flows and how many of them are personal data."""
    found: dict[Standing, tuple[int, int]] = {}
    for stream in streams:
        flows, personal = found.get(stream.standing, (0, 0))
        found[stream.standing] = (flows + stream.flows, personal + stream.personal)
    return {standing: found[standing] for standing in Standing if standing in found}


def sentence_of(streams: Sequence[Stream], *, outgoing: bool) -> str:
    """What the picture says, for whoever does not see it."""
    parties = ", ".join(dict.fromkeys(stream.party.name for stream in streams))
    counted = "; ".join(
        f"{str(standing.label).lower()}: {flows}, {personal} personal"
        for standing, (flows, personal) in totals(streams).items()
    )
    return f"{'To' if outgoing else 'From'} {parties}. {counted[:1].upper()}{counted[1:]}."
