"""What a record names, found here: service, edition and flows in the catalog at hand, people among the members."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Max, Min

from catalog.models import Catalog, Edition, Flow, Service
from consents.records.reading import Given, day
from tenants.models import Membership, Tenant


@dataclass(frozen=True)
class Match:
    """What of the catalog at hand a record means. is_same_edition: False where the edition agreed to is not here."""

    service: Service
    edition: Edition | None
    is_same_edition: bool
    flows: dict[str, Flow]
    flow_records: dict[int, int]


class Unmatched(LookupError):
    """The catalog at hand lacks what the record names; `str()` lists it."""


def match(given: Given) -> Match:
    """Raises Unmatched."""
    code = str(given.part("pc:agreedTo")["pc:catalog"])
    catalog = Catalog.objects.filter(code=code).first()
    if catalog is None:
        raise Unmatched(f"there is no catalog “{code}” here")
    service = Service.objects.filter(catalog=catalog, code=given.part("pc:service")["dct:identifier"]).first()
    if service is None:
        raise Unmatched(f"the catalog has no service “{given.part('pc:service')['dct:identifier']}”")
    flows = _flows(catalog, [flow["dct:identifier"] for flow in given.flows])
    edition, is_same = _edition(given, catalog) if given.flows else (None, True)
    return Match(service, edition, is_same, flows, _flow_records(flows.values(), edition))


def _flows(catalog: Catalog, codes: Sequence[str]) -> dict[str, Flow]:
    """By code, also those that the catalog no longer has: a code is never used for another flow."""
    found = {flow.code: flow for flow in Flow.objects.filter(catalog=catalog, code__in=codes)}
    missing = [code for code in codes if code not in found]
    if missing:
        raise Unmatched(f"the catalog has no flow {', '.join(missing)}")
    return found


def _edition(given: Given, catalog: Catalog) -> tuple[Edition | None, bool]:
    """The edition that was agreed to, known by its file or by number and date; otherwise the latest."""
    about = given.part("pc:agreedTo")
    alike = catalog.editions.filter(sha256=about.get("pc:sha256", ""))
    released_on = day(about.get("dct:issued")) or date.min
    same = alike.filter(number=about.get("pc:edition", -1), released_on=released_on).first()
    same = same or alike.exclude(sha256="").first()
    return (same, True) if same else (catalog.latest_edition, False)


def _flow_records(flows: Iterable[Flow], edition: Edition | None) -> dict[int, int]:
    """By flow, the history row that the edition has; for a flow that came later, its first."""
    history: Any = Flow.history.filter(id__in=[flow.pk for flow in flows])
    first = dict(history.values_list("id").annotate(Min("history_id")))
    until = history.filter(history_id__lte=edition.last_event) if edition else history.none()
    return first | dict(until.values_list("id").annotate(Max("history_id")))


class People:
    """The members of a tenant by the name that records give; a record of elsewhere may name somebody unknown here."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    @cached_property
    def _ids(self) -> dict[str, int]:
        members = Membership.objects.for_tenant(self._tenant)
        return dict(members.values_list("user__username", "user_id"))

    def key(self, name: str) -> int | None:
        return self._ids.get(name)

    def actor_id(self, name: str) -> str:
        """As the trail writes it; empty for somebody unknown."""
        key = self.key(name)
        return f"user:{key}" if key else ""
