"""What flows because of a consent, or would: one panel for each direction, element by element; of optional elements,
whether the tenant has them collected.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.http import HttpRequest

from catalog.admin.panels import personal_badge
from catalog.models import Collection, Edition, Element, Flow, FlowElement, Service, ThirdParty, both_ways
from catalog.querysets import known
from consents.admin.words import day
from consents.models import Consent, CoveredFlow
from elections.collecting import ElementStanding, collected_at
from tenants.models import Tenant
from tenants.pages.moments import Moment
from tenants.pages.parts import Badge, Code, Link, Panel, Table, admin_url


@dataclass(frozen=True)
class Carried:
    """A collected element that a flow carries."""

    id: int
    name: str
    is_optional: bool


@dataclass(frozen=True)
class Described:
    """A flow as the catalog described it at some time. elements: what it is collected as."""

    id: int
    code: str
    name: str
    direction: str
    personal: bool
    purpose: str
    elements: Sequence[Carried]


def flows_of(service: Service, at: datetime | None = None) -> list[Described]:
    """What the catalog says of the service now, or said at a past instant."""
    rows = list(
        known(Flow, at).filter(service_id=service.pk, removed_in__isnull=True).order_by("message", "code")
    )
    pairs, elements = known(FlowElement, at), known(Element, at)
    return _described(rows, _elements([row.id for row in rows], pairs, elements))


def covered_by(consent: Consent) -> list[Described]:
    """What was agreed to, exactly as it was described then: flow by flow from the record that was agreed to."""
    covered = CoveredFlow.objects.for_tenant(consent.tenant_id).filter(consent=consent.pk)
    records = Flow.history.filter(history_id__in=covered.values("flow_record")).order_by("message", "code")
    rows = list(records)
    return _described(rows, _elements([row.id for row in rows], *_agreed_to(consent.edition)))


def _agreed_to(edition: Edition | None) -> tuple[Any, Any]:
    """The pairs of flow and element, and the elements, that the edition held."""
    elements = Element.history.up_to_event(edition.last_event) if edition else Element.objects.all()
    return FlowElement.in_edition(edition), elements


def _elements(flows: Sequence[int], pairs: Any, elements: Any) -> Mapping[int, list[Carried]]:
    links = list(pairs.filter(flow_id__in=flows).values_list("flow_id", "element_id"))
    wanted = elements.filter(id__in={element for _, element in links})
    known_as = {
        key: Carried(key, name, collection == Collection.OPTIONAL)
        for key, name, collection in wanted.values_list("id", "name", "collection")
    }
    found: dict[int, list[Carried]] = defaultdict(list)
    for flow, element in links:
        found[flow].append(known_as[element])
    return {flow: sorted(carried, key=lambda each: each.name) for flow, carried in found.items()}


def _described(rows: Iterable[Any], elements: Mapping[int, list[Carried]]) -> list[Described]:
    return [
        Described(r.id, r.code, r.name, r.direction, r.personal, r.purpose_text, elements.get(r.id, []))
        for r in rows
    ]


Standings: TypeAlias = Mapping[int, ElementStanding] | None
"""By element; None where it is not known yet whose elections count."""


def _flow_row(flow: Described, standings: Standings) -> list[Any]:
    return [
        Link(flow.name, admin_url(Flow, "change", flow.id)),
        [part for each in flow.elements for part in _element(each, standings)],
        personal_badge(flow.personal),
        flow.purpose,
        Code(flow.code),
    ]


def _element(carried: Carried, standings: Standings) -> list[Any]:
    link = Link(carried.name, admin_url(Element, "change", carried.id))
    return [link, _optional(carried, standings)] if carried.is_optional else [link]


def _optional(carried: Carried, standings: Standings) -> Badge:
    """Whether the tenant has the optional element collected: by which features and since when."""
    if standings is None:
        return Badge("Optional")
    standing = standings.get(carried.id)
    features = standing.features if standing else ()
    on = ", ".join(f"{each.feature} since {day(each.since)}" for each in features if each.since)
    return Badge(f"Collected: {on}", "info") if on else Badge("Optional, not collected")


def _standings(flows: Sequence[Described], tenant: Tenant, moment: Moment) -> dict[int, ElementStanding]:
    """By element, read only where one of them is optional."""
    if not any(each.is_optional for flow in flows for each in flow.elements):
        return {}
    collected = collected_at(tenant, moment.at, moment.asked)
    return {standing.element.pk: standing for standing in collected.elements}


FLOW_HEADINGS = ("What", "Collected as", "Personal data", "What for", "Code")


def flow_panels(
    flows: Sequence[Described],
    third_party: ThirdParty,
    tenant: Tenant | None,
    *,
    tense: str,
    moment: Moment | None = None,
) -> list[Panel]:
    """One panel for each direction. tenant: whose elections count; None where it is not known yet."""
    standings = _standings(flows, tenant, moment or Moment()) if tenant else None
    out, back = both_ways(flows)
    return [
        Panel(
            f"{tense} to {third_party} ({_counted(out)})",
            table=Table(
                FLOW_HEADINGS, [_flow_row(f, standings) for f in out], f"Nothing goes to {third_party}."
            ),
        ),
        Panel(
            f"{tense} from {third_party} ({_counted(back)})",
            table=Table(
                FLOW_HEADINGS, [_flow_row(f, standings) for f in back], f"Nothing comes from {third_party}."
            ),
        ),
    ]


def _counted(flows: Sequence[Described]) -> str:
    personal = sum(flow.personal for flow in flows)
    return f"{len(flows)}, of which {personal} personal" if flows else "none"


def amounts(service: Service) -> list[str]:
    """How much goes each way, in sentences."""
    party = service.third_party
    out, back = both_ways(flows_of(service))
    return [
        f"To {party}: {_counted(out)}. From {party}: {_counted(back)}. Everything is listed below.",
    ]


def what_flows(request: HttpRequest, consent: Consent, moment: Moment | None = None) -> list[Panel]:
    """What was agreed to; for what was never granted, what the catalog says of the service."""
    moment = moment or Moment()
    party = consent.service.third_party
    if consent.granted_at is None:
        is_open = consent.status == Consent.State.REQUESTED
        tense = "Would flow" if is_open else "Would have flowed"
        flows = flows_of(consent.service, moment.asked)
        return flow_panels(flows, party, consent.tenant, tense=tense, moment=moment)
    tense = "May flow" if consent.is_in_force(moment.at) else "Was agreed to flow"
    if consent.state_at(moment.at) == Consent.State.GRANTED and not consent.is_in_force(moment.at):
        tense = "Is agreed to flow"
    return flow_panels(covered_by(consent), party, consent.tenant, tense=tense, moment=moment)
