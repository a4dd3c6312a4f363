"""What the catalog said at a moment about flows, as far as consents need it: in few queries, whatever its size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.models import Category, Element, Flow, FlowElement, Service, ThirdParty
from catalog.querysets import known

UNLISTED_PERSONAL = "Other personal data"
UNLISTED = "Other data"


@dataclass(frozen=True)
class Datum:
    """A flow: what of it one has to know to draw and count it. category: the group of collected data it belongs to."""

    id: int
    code: str
    name: str
    service: int
    direction: str
    personal: bool
    category: str
    category_id: int | None


def services_at(at: datetime | None) -> list[Service]:
    """The services of the catalog with their third parties, by third party and name."""
    rows = known(Service, at).filter(removed_in__isnull=True)
    parties = {party.id: party for party in known(ThirdParty, at)}
    services = [_with_party(row, parties) for row in rows]
    return sorted(services, key=lambda service: (service.third_party.name, service.name, service.pk))


def _with_party(row: Any, parties: Mapping[int, Any]) -> Service:
    service: Service = getattr(row, "instance", row)
    party = parties[row.third_party_id]
    service.third_party = getattr(party, "instance", party)
    return service


def parties_without_data(at: datetime | None) -> list[ThirdParty]:
    """Those of which the catalog says that nothing is shared with them."""
    rows = known(ThirdParty, at).filter(removed_in__isnull=True, shares_data=False).order_by("name")
    return [getattr(row, "instance", row) for row in rows]


def flows_at(at: datetime | None) -> dict[int, dict[int, bool]]:
    """By service, the flows that it has at the moment: id, and whether it is personal data."""
    found: dict[int, dict[int, bool]] = defaultdict(dict)
    rows = known(Flow, at).filter(removed_in__isnull=True)
    for service, flow, personal in rows.order_by().values_list("service_id", "id", "personal"):
        found[service][flow] = personal
    return found


def data_at(at: datetime | None, services: Iterable[int] | None = None) -> list[Datum]:
    """The flows at the moment, of these services or of all. Four queries."""
    rows = known(Flow, at).filter(removed_in__isnull=True)
    if services is not None:
        rows = rows.filter(service_id__in=list(services))
    found = list(
        rows.order_by("code").values_list("id", "code", "name", "service_id", "direction", "personal")
    )
    names = _categories_of({row[0] for row in found}, at)
    return [_datum(row, names.get(row[0], {})) for row in found]


def _datum(row: tuple[int, str, str, int, str, bool], names: Mapping[int, str]) -> Datum:
    key, code, name, service, direction, personal = row
    category, category_id = _category(names, is_personal=personal)
    return Datum(key, code, name, service, direction, personal, category, category_id)


def _category(names: Mapping[int, str], *, is_personal: bool) -> tuple[str, int | None]:
    """Each flow stands in one place, so that every sum is the number of flows."""
    if not names:
        return (UNLISTED_PERSONAL if is_personal else UNLISTED), None
    only = next(iter(names)) if len(names) == 1 else None
    return " and ".join(sorted(names.values())), only


def _categories_of(flows: set[int], at: datetime | None) -> dict[int, dict[int, str]]:
    """By flow, the categories of the elements that it carries: id and name."""
    pairs = known(FlowElement, at).filter(flow_id__in=flows).values_list("flow_id", "element_id")
    elements = dict(known(Element, at).order_by().values_list("id", "category_id"))
    names = dict(known(Category, at).order_by().values_list("id", "name"))
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for flow, element in pairs:
        category = elements[element]
        found[flow][category] = names[category]
    return found
