"""What a record says of a consent beyond its own row: read from history, as known at an instant and as agreed to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from audit.models import AuditEvent
from catalog.models import Catalog, Edition, Element, Flow, FlowElement, Service, ThirdParty
from consents.exports.register import parts_of
from consents.models import Consent, CoveredFlow, EndingStep
from tenants.exports import tenant_as_known
from tenants.models import Tenant, User


@dataclass(frozen=True)
class Covered:
    """A flow that the consent covers, with what it carried in the edition that was agreed to."""

    flow: CoveredFlow
    purpose: str
    elements: Sequence[Element]


@dataclass(frozen=True)
class Described:
    """A consent with everything that its record names. service, third_party: as the edition agreed to has them."""

    consent: Consent
    state: str
    tenant: Tenant
    catalog: Catalog
    edition: Edition | None
    service: Service
    third_party: ThirdParty
    flows: Sequence[Covered]
    steps: Sequence[EndingStep]
    owners: dict[int, str]
    supersedes: Consent | None
    events: Sequence[AuditEvent]

    @classmethod
    def of(cls, consent: Consent, as_of: datetime) -> Described:
        """consent: as known at as_of."""
        edition = consent.edition
        service = cast("Service", _in(Service, consent.service_id, edition, as_of))
        steps = list(_rows(EndingStep, consent, as_of).order_by("position", "id").as_instances())
        return cls(
            consent=consent,
            state=consent.state_at(as_of),
            tenant=tenant_as_known(consent.tenant, as_of),
            catalog=service.catalog,
            edition=edition,
            service=service,
            third_party=cast("ThirdParty", _in(ThirdParty, service.third_party_id, edition, as_of)),
            flows=_covered(consent, as_of),
            steps=steps,
            owners=dict(
                User.objects.filter(pk__in=[s.owner_id for s in steps]).values_list("pk", "username")
            ),
            supersedes=consent.supersedes,
            events=_changes(consent, as_of),
        )

    @property
    def elements(self) -> list[Element]:
        """Every element that flows, once."""
        found = {element.code: element for covered in self.flows for element in covered.elements}
        return [found[code] for code in sorted(found)]


def _in(model: Any, pk: int, edition: Edition | None, as_of: datetime) -> Any:
    """A catalog's row as the edition has it; without one, as it was known at the instant."""
    history = model.history.filter(id=pk)
    past = history.up_to_event(edition.last_event) if edition else history.known_at(as_of)
    return past.as_instances().first() or model.objects.get(pk=pk)


def _changes(consent: Consent, as_of: datetime) -> list[AuditEvent]:
    """The events that changed the consent's row; that somebody took its record away is none of them."""
    rows: Any = Consent.history.for_tenant(consent.tenant_id)
    changes = rows.filter(id=consent.pk, history_date__lte=as_of).values("history_id")
    events = AuditEvent.objects.for_tenant(consent.tenant_id).filter(pk__in=changes)
    return list(events.select_related("attribution").order_by("id"))


def _rows(model: Any, consent: Consent, as_of: datetime) -> Any:
    return parts_of(model, consent.tenant_id, [consent.pk], as_of)


def _covered(consent: Consent, as_of: datetime) -> list[Covered]:
    flows = list(_rows(CoveredFlow, consent, as_of).order_by("code", "id").as_instances())
    purposes = dict(
        Flow.history.filter(pk__in=[flow.flow_record for flow in flows]).values_list("pk", "purpose_text")
    )
    carried = _carried([flow.flow_id for flow in flows], consent.edition)
    return [Covered(flow, purposes.get(flow.flow_record, ""), carried[flow.flow_id]) for flow in flows]


def _carried(flows: Sequence[int], edition: Edition | None) -> dict[int, list[Element]]:
    """By flow, the elements that it carried in the edition."""
    pairs = FlowElement.in_edition(edition).filter(flow__in=flows).values_list("flow_id", "element_id")
    past: Any = Element.history.filter(id__in=[element for _, element in pairs])
    rows = past.up_to_event(edition.last_event).as_instances() if edition else ()
    elements = {row.pk: row for row in rows}
    found: dict[int, list[Element]] = defaultdict(list)
    for flow, element in pairs:
        found[flow].append(elements[element])
    return found
