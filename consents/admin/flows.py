"""What flows because of a consent, or would: one panel for each direction, element by element."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from catalog.admin.panels import personal_badge
from catalog.models import Edition, Element, Flow, FlowElement, Service, ThirdParty, both_ways
from catalog.querysets import known
from consents.models import Consent, CoveredFlow
from tenants.pages.moments import Moment
from tenants.pages.parts import Code, Link, Panel, Table, admin_url


@dataclass(frozen=True)
class Described:
    """A flow as the catalog described it at some time. elements: what it is collected as, by id and name."""

    id: int
    code: str
    name: str
    direction: str
    personal: bool
    purpose: str
    elements: Sequence[tuple[int, str]]


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


def _elements(flows: Sequence[int], pairs: Any, elements: Any) -> Mapping[int, list[tuple[int, str]]]:
    links = list(pairs.filter(flow_id__in=flows).values_list("flow_id", "element_id"))
    names = dict(elements.filter(id__in={element for _, element in links}).values_list("id", "name"))
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for flow, element in links:
        found[flow].append((element, names[element]))
    return {flow: sorted(carried, key=lambda each: each[1]) for flow, carried in found.items()}


def _described(rows: Iterable[Any], elements: Mapping[int, list[tuple[int, str]]]) -> list[Described]:
    return [
        Described(r.id, r.code, r.name, r.direction, r.personal, r.purpose_text, elements.get(r.id, []))
        for r in rows
    ]


def _flow_row(flow: Described) -> list[Any]:
    return [
        Link(flow.name, admin_url(Flow, "change", flow.id)),
        [Link(name, admin_url(Element, "change", key)) for key, name in flow.elements],
        personal_badge(flow.personal),
        flow.purpose,
        Code(flow.code),
    ]


FLOW_HEADINGS = ("What", "Collected as", "Personal data", "What for", "Code")


def flow_panels(flows: Sequence[Described], third_party: ThirdParty, *, tense: str) -> list[Panel]:
    """One panel for each direction."""
    out, back = both_ways(flows)
    return [
        Panel(
            f"{tense} to {third_party} ({_counted(out)})",
            table=Table(FLOW_HEADINGS, [_flow_row(f) for f in out], f"Nothing goes to {third_party}."),
        ),
        Panel(
            f"{tense} from {third_party} ({_counted(back)})",
            table=Table(FLOW_HEADINGS, [_flow_row(f) for f in back], f"Nothing comes from {third_party}."),
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
        return flow_panels(flows_of(consent.service, moment.asked), party, tense=tense)
    tense = "May flow" if consent.is_in_force(moment.at) else "Was agreed to flow"
    if consent.state_at(moment.at) == Consent.State.GRANTED and not consent.is_in_force(moment.at):
        tense = "Is agreed to flow"
    return flow_panels(covered_by(consent), party, tense=tense)
