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
from typing import Any, TypeAlias

from catalog.models import Collection, Edition, Element, Flow, FlowElement, Service, ThirdParty

KEPT_EDITIONS = 16

Mark: TypeAlias = tuple[int, datetime | None]
"""How many editions there are in all, and when the newest was loaded: differs whenever there is a newer one."""


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """An edition, its place in the trail, and since when it has been known."""

    id: int
    catalog_id: int
    catalog: str
    number: int
    last_event: int
    known_since: datetime | None


@dataclass(frozen=True, slots=True)
class PartyFacts:
    code: str
    name: str
    is_agent: bool
    shares_data: bool
    statement: str
    source: str
    edition: EditionFacts
    services: tuple[ServiceFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """extended_at: the audit event by which it last came to carry an element, 0 where it carries none."""

    id: int
    code: str
    name: str
    direction: str
    personal: bool
    service: str
    extended_at: int
    never: tuple[str, ...]
    is_optional: bool


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    id: int
    code: str
    name: str
    needs_consent: bool
    has_one_connection: bool
    party: PartyFacts
    flows: tuple[FlowFacts, ...]


@dataclass(frozen=True, slots=True)
class CatalogFacts:
    """What the catalogs of some editions hold; of a code that several have, the first catalog's."""

    editions: tuple[EditionFacts, ...]
    parties: Mapping[str, PartyFacts]
    services: Mapping[str, ServiceFacts]
    flows: Mapping[str, FlowFacts]


@dataclass(frozen=True, slots=True)
class Library:
    """Every edition there is, as of its mark."""

    mark: Mark
    editions: tuple[EditionFacts, ...]
    last_events: Mapping[int, int]

    def latest(self, known_at: datetime | None) -> tuple[EditionFacts, ...]:
        """The newest edition of each catalog that was known at the instant, or is now."""
        newest: dict[int, EditionFacts] = {}
        for edition in self.editions:
            since = edition.known_since
            if since is not None and (known_at is None or since <= known_at):
                newest[edition.catalog_id] = edition
        return tuple(newest[key] for key in sorted(newest))


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


def forget() -> None:
    """Read everything anew at the next question."""
    global _library
    with _lock:
        _library = None
        _kept.clear()


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
    return CatalogFacts(tuple(editions), parties, services, flows)


def _rows(model: type[Any], edition: EditionFacts, *columns: str) -> list[Any]:
    at = Edition(catalog_id=edition.catalog_id, last_event=edition.last_event)
    return list(model.objects.recorded_in(at).order_by("code").values_list("id", *columns, named=True))


def _read_services(edition: EditionFacts, flows: Mapping[int, list[FlowFacts]]) -> list[PartyFacts]:
    of_party: dict[int, list[Any]] = defaultdict(list)
    for row in _rows(Service, edition, "code", "name", "needs_consent", "connections", "third_party_id"):
        of_party[row.third_party_id].append(row)
    columns = ("code", "name", "agent_of_processor", "shares_data", "statement", "source")
    return [_party(row, edition, of_party[row.id], flows) for row in _rows(ThirdParty, edition, *columns)]


def _party(
    row: Any, edition: EditionFacts, services: list[Any], flows: Mapping[int, list[FlowFacts]]
) -> PartyFacts:
    about = (row.code, row.name, row.agent_of_processor, row.shares_data, row.statement, row.source, edition)
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
        flows[row.service_id].append(_flow(row, carried.get(row.id, [])))
    return flows


def _flow(row: Any, carried: list[tuple[int, str, str]]) -> FlowFacts:
    """carried: of each element the event that joined it, its name and its collection."""
    return FlowFacts(
        row.id,
        row.code,
        row.name,
        row.direction,
        row.personal,
        row.service__code,
        extended_at=max((event for event, _, _ in carried), default=0),
        never=tuple(name for _, name, collection in carried if collection == Collection.NEVER),
        is_optional=bool(carried) and all(c == Collection.OPTIONAL for _, _, c in carried),
    )


def _read_carried(edition: EditionFacts) -> dict[int, list[tuple[int, str, str]]]:
    """By flow, the elements that it carries."""
    elements = {row.id: row for row in _rows(Element, edition, "name", "collection")}
    pairs = FlowElement.history.up_to_event(edition.last_event)
    carried: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for event, flow, element in pairs.values_list("history_id", "flow_id", "element_id"):
        if (facts := elements.get(element)) is not None:
            carried[flow].append((event, facts.name, facts.collection))
    return carried
