"""What decisions know of the catalog, never changed once it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

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
    country: str
    edition: EditionFacts
    services: tuple[ServiceFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """extended_at: the audit event by which it last came to carry an element, 0 where it carries none.

    is_optional: it carries optional data and no other; features: by id, the names of those that bring some of it.
    """

    id: int
    code: str
    name: str
    direction: str
    personal: bool
    service: str
    extended_at: int
    never: tuple[str, ...]
    is_optional: bool
    features: Mapping[int, str]


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
class RegionFacts:
    name: str
    countries: frozenset[str]


@dataclass(frozen=True, slots=True)
class AdequacyFacts:
    """A decision on a country (GDPR Art. 45). is_partial: it holds for some recipients there only."""

    country: str
    decided_on: date
    ends_on: date | None
    is_partial: bool

    def holds_on(self, day: date) -> bool:
        return self.decided_on <= day and (self.ends_on is None or self.ends_on > day)


@dataclass(frozen=True, slots=True)
class PlacesFacts:
    """Regions by id, and countries: of the EU Data Boundary; of the area in which nothing is a transfer (the EEA, or,
    where no catalog has it, the boundary); and those that decisions were made on."""

    regions: Mapping[int, RegionFacts]
    boundary: frozenset[str]
    area: frozenset[str]
    adequacy: tuple[AdequacyFacts, ...]


@dataclass(frozen=True, slots=True)
class CatalogFacts:
    """What the catalogs of some editions hold; of a code that several have, the first catalog's."""

    editions: tuple[EditionFacts, ...]
    parties: Mapping[str, PartyFacts]
    services: Mapping[str, ServiceFacts]
    flows: Mapping[str, FlowFacts]
    places: PlacesFacts


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
