"""What the verdict is made of, read in the same few queries whatever the size of catalog and tenants.

Both clocks: `at` is the instant that is asked about, `known_at` the instant whose knowledge counts (None: now's).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from catalog.models import (
    AdequacyDecision,
    AtRestException,
    BoundaryPhase,
    Category,
    Collection,
    Datacentre,
    Element,
    FeatureElement,
    Flow,
    Region,
    Service,
)
from catalog.querysets import holding_on, known
from consents.catalog_at import services_at
from consents.models import Consent
from consents.querysets import holding
from elections.collecting import features_on
from elections.models import StorageElection
from elections.storing import storage_at
from tenants.models import Tenant
from tenants.pages.moments import as_they_were

AREA, BOUNDARY = "EEA", "EUDB"


@dataclass(frozen=True)
class When:
    """at: the instant that is asked about. known_at: as known then; None for what is known now."""

    at: datetime
    known_at: datetime | None = None

    @property
    def day(self) -> date:
        return timezone.localtime(self.at).date()

    def of(self, model: Any, tenant: Tenant) -> Any:
        """The tenant's rows of the model as known: history rows for a past instant."""
        if self.known_at is None:
            return model.objects.for_tenant(tenant)
        return model.history.for_tenant(tenant).known_at(self.known_at)

    def shared(self, model: Any) -> Any:
        """The current entries of the catalog, as known."""
        return known(model, self.known_at).filter(removed_in__isnull=True).order_by("code")


@dataclass(frozen=True)
class Flows:
    """How many data a service sends and receives, and how much of what it sends is personal."""

    out: int = 0
    personal: int = 0
    back: int = 0


@dataclass(frozen=True)
class Collected:
    """A category of data, with how many of its elements are collected, and how many of those are personal."""

    category: Category
    elements: int
    collected: int
    personal: int


@dataclass(frozen=True)
class Facts:
    """All that is known. election: the one in force, or None."""

    tenant: Tenant
    when: When
    regions: Sequence[Region]
    phases: Sequence[BoundaryPhase]
    exceptions: Sequence[AtRestException]
    datacentres: dict[str, list[str]]
    adequacy: dict[str, AdequacyDecision]
    election: StorageElection | None
    services: Sequence[Service]
    flows: dict[int, Flows]
    consents: dict[int, list[Consent]]
    collected: Sequence[Collected]

    @property
    def area(self) -> frozenset[str]:
        """The countries between which data goes without a transfer: the EEA, or, where no catalog has it yet, the EU
        Data Boundary."""
        found = region_called(AREA, self.regions) or region_called(BOUNDARY, self.regions)
        return frozenset(found.countries) if found else frozenset()

    @property
    def geography(self) -> Region | None:
        """The elected geography, as the catalog describes it."""
        return _geography(self.election, self.regions)

    @property
    def boundaries(self) -> Sequence[Region]:
        """The boundaries that the elected geography lies in."""
        here = self.geography
        around = (region for region in self.regions if region.kind == Region.Kind.BOUNDARY)
        return [each for each in around if here and set(here.countries) <= set(each.countries)]


def region_called(code: str, regions: Iterable[Region]) -> Region | None:
    """The first of the regions with this code: of the catalog that was loaded first."""
    return next((region for region in regions if region.code == code), None)


def _geography(election: StorageElection | None, regions: Iterable[Region]) -> Region | None:
    return next((region for region in regions if election and region.pk == election.region_id), None)


def facts_of(tenant: Tenant, when: When) -> Facts:
    """Everything about the tenant at once."""
    regions = as_they_were(when.shared(Region).order_by("catalog_id", "code"))
    election = storage_at(tenant, when.at, when.known_at)
    geography = _geography(election, regions)
    return Facts(
        tenant=tenant,
        when=when,
        regions=regions,
        phases=as_they_were(when.shared(BoundaryPhase).filter(starts_on__lte=when.day)),
        exceptions=as_they_were(when.shared(AtRestException)),
        datacentres=_datacentres(when, geography.countries if geography else ()),
        adequacy=_adequacy(when),
        election=election,
        services=services_at(when.known_at),
        flows=_flows(when),
        consents=_consents(tenant, when),
        collected=_collected(tenant, when),
    )


def _datacentres(when: When, countries: Iterable[str]) -> dict[str, list[str]]:
    """Cities by country."""
    found: dict[str, list[str]] = defaultdict(list)
    rows = when.shared(Datacentre).filter(country__in=list(countries))
    for country, city in rows.order_by("country", "city").values_list("country", "city"):
        if city not in found[country]:
            found[country].append(city)
    return dict(found)


def _adequacy(when: When) -> dict[str, AdequacyDecision]:
    """By country the decision in force on the day; of several one that holds for all recipients, the newest."""
    rows = when.shared(AdequacyDecision).filter(holding_on(when.day)).order_by("-partial", "decided_on")
    return {decision.country: decision for decision in as_they_were(rows)}


def _flows(when: When) -> dict[int, Flows]:
    is_out = Q(direction=Flow.Direction.TO_THIRD_PARTY)
    sums = when.shared(Flow).order_by().values("service_id").annotate(
        out=Count("id", filter=is_out), sent=Count("id", filter=is_out & Q(personal=True)), all=Count("id")
    )  # fmt: skip
    return {s["service_id"]: Flows(s["out"], s["sent"], s["all"] - s["out"]) for s in sums}


def _consents(tenant: Tenant, when: When) -> dict[int, list[Consent]]:
    """By service, those in force."""
    found: dict[int, list[Consent]] = defaultdict(list)
    rows = when.of(Consent, tenant).filter(holding(when.at)).order_by("connection", "id")
    for consent in as_they_were(rows):
        found[consent.service_id].append(consent)
    return dict(found)


def _collected(tenant: Tenant, when: When) -> list[Collected]:
    """Every category of which anything is collected: what is required, and what the tenant elected."""
    brought = _elected_elements(tenant, when)
    categories: dict[int, Category] = {}
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    rows = when.shared(Element).exclude(collection=Collection.NEVER).select_related("category")
    for element in as_they_were(rows.order_by("category__code")):
        categories[element.category_id] = element.category
        is_collected = element.collection == Collection.REQUIRED or element.pk in brought
        counts[element.category_id] += Counter(
            all=1, collected=is_collected, personal=is_collected and element.is_personal
        )
    found = [(categories[key], count) for key, count in counts.items() if count["collected"]]
    return [Collected(each, n["all"], n["collected"], n["personal"]) for each, n in found]


def _elected_elements(tenant: Tenant, when: When) -> frozenset[int]:
    """The elements of the features that are on."""
    on = features_on(tenant, when.at, when.known_at)
    pairs = known(FeatureElement, when.known_at).filter(feature_id__in=on) if on else ()
    return frozenset(pair.element_id for pair in pairs)
