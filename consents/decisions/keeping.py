"""The catalog as decisions need it: read once for each edition, then kept in the process and never changed.

A decision reads, in its one query, the mark of the newest edition; where that is not the mark of what is kept, the
catalog is read anew. Every change of the catalog makes an edition (`catalog.services`), so nothing else can be stale.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from catalog.geographies import AREA, BOUNDARY
from catalog.models import (
    AdequacyDecision,
    Collection,
    Edition,
    Element,
    Feature,
    FeatureElement,
    Flow,
    FlowElement,
    Region,
    Service,
    ThirdParty,
)
from consents.decisions.facts import (
    AdequacyFacts,
    CatalogFacts,
    EditionFacts,
    FlowFacts,
    Library,
    PartyFacts,
    PlacesFacts,
    RegionFacts,
    ServiceFacts,
)

KEPT_EDITIONS = 16

_lock = Lock()
_library: Library | None = None
_kept: OrderedDict[tuple[EditionFacts, ...], CatalogFacts] = OrderedDict()


def library(*, anew: bool = False) -> Library:
    """The editions, as this process last read them; `anew` where a mark has shown that there are others."""
    global _library
    found = _library
    if anew or found is None:
        _library = found = _read_library()
    return found


def catalog_of(editions: tuple[EditionFacts, ...]) -> CatalogFacts:
    """What the catalogs held in these editions: kept, the least recently asked for is let go."""
    with _lock:
        if (kept := _kept.get(editions)) is not None:
            _kept.move_to_end(editions)
            return kept
    facts = _read_catalog(editions)
    with _lock:
        _kept[editions] = facts
        while len(_kept) > KEPT_EDITIONS:
            _kept.popitem(last=False)
    return facts


# --- Reading ---


def _read_library() -> Library:
    rows = Edition.objects.order_by("catalog_id", "number").select_related("catalog")
    editions = list(rows)
    known = _known_since()
    facts = tuple(
        EditionFacts(e.pk, e.catalog_id, e.catalog.code, e.number, e.last_event, known.get(e.pk))
        for e in editions
    )
    newest_number = {e.catalog_id: e.number for e in editions}
    newest = max(editions, key=lambda e: e.pk, default=None)
    mark = (sum(newest_number.values()), newest.loaded_at if newest else None)
    return Library(mark, facts, {e.id: e.last_event for e in facts})


def _known_since() -> dict[int, datetime]:
    """By edition, when its last event was written down: a load that is under way is known to nobody."""
    completed = Edition.history.filter(last_event__gt=0).order_by("-history_id")
    return dict(completed.values_list("id", "history_date"))


def _read_catalog(editions: Sequence[EditionFacts]) -> CatalogFacts:
    parties: dict[str, PartyFacts] = {}
    services: dict[str, ServiceFacts] = {}
    flows: dict[str, FlowFacts] = {}
    for edition in reversed(editions):
        found = _read_services(edition, _read_flows(edition))
        parties |= {party.code: party for party in found}
        services |= {service.code: service for party in found for service in party.services}
        flows |= {flow.code: flow for p in found for service in p.services for flow in service.flows}
    return CatalogFacts(tuple(editions), parties, services, flows, _read_places(editions))


def _rows(model: type[Any], edition: EditionFacts, *columns: str) -> list[Any]:
    at = Edition(catalog_id=edition.catalog_id, last_event=edition.last_event)
    return list(model.objects.recorded_in(at).order_by("code").values_list("id", *columns, named=True))


def _read_services(edition: EditionFacts, flows: Mapping[int, list[FlowFacts]]) -> list[PartyFacts]:
    of_party: dict[int, list[Any]] = defaultdict(list)
    for row in _rows(Service, edition, "code", "name", "needs_consent", "connections", "third_party_id"):
        of_party[row.third_party_id].append(row)
    columns = ("code", "name", "agent_of_processor", "shares_data", "statement", "source", "country")
    return [_party(row, edition, of_party[row.id], flows) for row in _rows(ThirdParty, edition, *columns)]


def _party(
    row: Any, edition: EditionFacts, services: list[Any], flows: Mapping[int, list[FlowFacts]]
) -> PartyFacts:
    is_agent = row.agent_of_processor
    about = (row.code, row.name, is_agent, row.shares_data, row.statement, row.source, row.country, edition)
    alone = PartyFacts(*about)
    return PartyFacts(
        *about, tuple(_service(service, alone, flows.get(service.id, [])) for service in services)
    )


def _service(row: Any, party: PartyFacts, flows: list[FlowFacts]) -> ServiceFacts:
    has_one = row.connections == Service.Connections.ONE
    return ServiceFacts(row.id, row.code, row.name, row.needs_consent, has_one, party, tuple(flows))


def _read_flows(edition: EditionFacts) -> dict[int, list[FlowFacts]]:
    """By service, its flows."""
    carried = _read_carried(edition)
    flows: dict[int, list[FlowFacts]] = defaultdict(list)
    columns = ("code", "name", "direction", "personal", "service_id", "service__code")
    for row in _rows(Flow, edition, *columns):
        flows[row.service_id].append(_flow(row, carried.get(row.id, ())))
    return flows


@dataclass(frozen=True, slots=True)
class Carried:
    """An element that a flow carries. joined: the event that made it so; features: those that bring it, if optional."""

    joined: int
    name: str
    collection: str
    features: Mapping[int, str]


def _flow(row: Any, carried: Sequence[Carried]) -> FlowFacts:
    return FlowFacts(
        row.id,
        row.code,
        row.name,
        row.direction,
        row.personal,
        row.service__code,
        extended_at=max((each.joined for each in carried), default=0),
        never=tuple(each.name for each in carried if each.collection == Collection.NEVER),
        is_optional=bool(carried) and all(each.collection == Collection.OPTIONAL for each in carried),
        features={key: name for each in carried for key, name in each.features.items()},
    )


def _read_carried(edition: EditionFacts) -> dict[int, list[Carried]]:
    """By flow, the elements that it carries."""
    elements = {row.id: row for row in _rows(Element, edition, "name", "collection")}
    brought = _read_brought(edition)
    pairs = FlowElement.history.up_to_event(edition.last_event)
    carried: dict[int, list[Carried]] = defaultdict(list)
    for event, flow, element in pairs.values_list("history_id", "flow_id", "element_id"):
        if (facts := elements.get(element)) is not None:
            features = brought.get(element, {})
            carried[flow].append(Carried(event, facts.name, facts.collection, features))
    return carried


def _read_brought(edition: EditionFacts) -> dict[int, dict[int, str]]:
    """By element, the features that bring it: id and name."""
    names = {row.id: row.name for row in _rows(Feature, edition, "name")}
    pairs = FeatureElement.history.up_to_event(edition.last_event)
    brought: dict[int, dict[int, str]] = defaultdict(dict)
    for feature, element in pairs.values_list("feature_id", "element_id"):
        if feature in names:
            brought[element][feature] = names[feature]
    return brought


def _read_places(editions: Sequence[EditionFacts]) -> PlacesFacts:
    regions: dict[int, RegionFacts] = {}
    of_code: dict[str, frozenset[str]] = defaultdict(frozenset)
    for edition in editions:
        for row in _rows(Region, edition, "code", "name", "countries"):
            regions[row.id] = RegionFacts(row.name, frozenset(row.countries))
            of_code[row.code] |= regions[row.id].countries
    boundary = of_code[BOUNDARY]
    adequacy = (each for edition in editions for each in _read_adequacy(edition))
    return PlacesFacts(regions, boundary, of_code[AREA] or boundary, tuple(adequacy))


def _read_adequacy(edition: EditionFacts) -> list[AdequacyFacts]:
    rows = _rows(AdequacyDecision, edition, "country", "decided_on", "ends_on", "partial")
    return [AdequacyFacts(row.country, row.decided_on, row.ends_on, row.partial) for row in rows]
