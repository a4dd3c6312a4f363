"""What flows because of a consent, or would: one panel for each direction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest

from catalog.admin.panels import personal_badge
from catalog.models import Element, Flow, Service, ThirdParty, both_ways
from consents.models import Consent, CoveredFlow
from tenants.pages.parts import Code, Link, Panel, Table, admin_url, link_to


def flows_of(service: Service) -> list[Flow]:
    """What the catalog says now of the service."""
    return list(
        Flow.objects.current()
        .filter(service=service)
        .prefetch_related("elements")
        .order_by("message", "code")
    )


def covered_by(consent: Consent) -> list[CoveredFlow]:
    """What was agreed to, as it was described then."""
    rows = CoveredFlow.objects.for_tenant(consent.tenant_id).filter(consent=consent)
    elements = Prefetch("flow__elements", Element.objects.order_by("code"))
    return list(rows.select_related("flow").prefetch_related(elements).order_by("flow__message", "code"))


def _flow_row(covered: Flow | CoveredFlow) -> list[Any]:
    flow = covered.flow if isinstance(covered, CoveredFlow) else covered
    return [
        Link(covered.name, admin_url(Flow, "change", flow.pk)),
        [link_to(element) for element in flow.elements.all()],
        personal_badge(covered.personal),
        flow.purpose_text,
        Code(covered.code),
    ]


FLOW_HEADINGS = ("What", "Collected as", "Personal data", "What for", "Code")


def flow_panels(flows: Sequence[Flow | CoveredFlow], third_party: ThirdParty, *, tense: str) -> list[Panel]:
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


def _counted(flows: Iterable[Flow | CoveredFlow]) -> str:
    flows = list(flows)
    personal = sum(flow.personal for flow in flows)
    return f"{len(flows)}, of which {personal} personal" if flows else "none"


def amounts(service: Service) -> list[str]:
    """How much goes each way, in sentences."""
    party = service.third_party
    out, back = both_ways(flows_of(service))
    return [
        f"To {party}: {_counted(out)}. From {party}: {_counted(back)}. Everything is listed below.",
    ]


def what_flows(request: HttpRequest, consent: Consent) -> list[Panel]:
    party = consent.service.third_party
    if consent.status == Consent.State.REQUESTED:
        return flow_panels(flows_of(consent.service), party, tense="Would flow")
    tense = "May flow" if consent.is_in_force() else "Was agreed to flow"
    return flow_panels(covered_by(consent), party, tense=tense)
