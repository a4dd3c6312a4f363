"""What an election means, told before it is made: the same for the page, the API and a dry run, and kept with it.

What moving to another geography means stands in `reference/consequences.json`, each sentence with its source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from django.db import models
from django.utils import timezone

from catalog.geographies import protected_countries
from catalog.models import Element, Feature, Region
from elections.collecting import (
    Change,
    Collected,
    FeatureStanding,
    changes_ahead,
    collected_at,
    next_switches,
)
from elections.growth import added_to
from elections.models import StorageElection
from elections.storing import storage_at
from tenants.models import Tenant

REFERENCE = Path(__file__).parent / "reference" / "consequences.json"
OF_A_MOVE = (
    "move_by_support", "move_takes_long", "move_loses_data", "move_reconfigures", "existing_stays", "opens_to_new",
    "copies_stay",
)  # fmt: skip
DECIDED = "Decided by the tenant already"
ARTICLE_4 = "GDPR Art. 4(7) and (8)"


@dataclass(frozen=True)
class Consequence:
    """A sentence for the person, and where it is written."""

    code: str
    sentence: str
    source: str


@cache
def reference() -> Mapping[str, Consequence]:
    """The sentences of the reference, by code."""
    return {each["code"]: Consequence(**each) for each in json.loads(REFERENCE.read_text(encoding="utf-8"))}


def shown(instant: datetime) -> str:
    """An instant in a sentence that is kept, with its zone."""
    return f"{timezone.localtime(instant):%Y-%m-%d %H:%M %Z}"


def as_kept(told: Iterable[Consequence]) -> list[dict[str, str]]:
    """The sentences as an election keeps them."""
    return [asdict(each) for each in told]


# --- Where data is stored ---


@dataclass(frozen=True)
class StorageConsequences:
    """What it means that a region is elected. before: the region until then, None for the first election."""

    region: Region
    before: Region | None
    at: datetime
    origin: str
    leaves_boundary: bool
    told: tuple[Consequence, ...]

    @property
    def needs_confirmation(self) -> bool:
        """Whether somebody has to say that they read it: for a move."""
        return self.origin == StorageElection.Origin.MOVE


def region_consequences(tenant: Tenant, region: Region, at: datetime) -> StorageConsequences:
    """What it means for the tenant that its data is stored in the region from the instant on."""
    before = storage_at(tenant, at)
    origin = _origin(tenant, region, before)
    leaves = leaves_boundary(tenant, region)
    codes = [
        *(["follows_country"] if tenant.country in region.countries or before else []),
        *(OF_A_MOVE if before else ["copies_stay"]),
        *(["leaves_boundary"] if leaves else []),
    ]
    told = (*(reference()[code] for code in codes), *_region_after(tenant, at))
    return StorageConsequences(region, before.region if before else None, at, origin, leaves, told)


def _region_after(tenant: Tenant, at: datetime) -> Iterator[Consequence]:
    """That another election follows, where one is approved already."""
    follows = StorageElection.objects.for_tenant(tenant).scheduled(at).order_by("effective_from").first()
    if follows is not None and follows.effective_from is not None:
        yield Consequence("followed", f"{follows} follows on {shown(follows.effective_from)}.", DECIDED)


def _origin(tenant: Tenant, region: Region, before: StorageElection | None) -> str:
    if before is not None:
        return StorageElection.Origin.MOVE
    follows = tenant.country in region.countries
    return StorageElection.Origin.FOLLOWS_COUNTRY if follows else StorageElection.Origin.FIRST


def leaves_boundary(tenant: Tenant, region: Region) -> bool:
    """Whether a tenant inside the EU Data Boundary would store its data outside it."""
    inside = protected_countries()
    return tenant.country in inside and not inside.issuperset(region.countries)


# --- What is collected ---


class RoleChange(models.TextChoices):
    """How the tenant's role changes for the data of a feature (GDPR Art. 4(7) and (8))."""

    BECOMES_CONTROLLER = "becomes_controller", "Becomes the controller"
    CEASES_AS_CONTROLLER = "ceases_as_controller", "Is no longer the controller"


@dataclass(frozen=True)
class Switched:
    """A feature, and whether it is switched on or off."""

    feature: Feature
    is_on: bool

    @property
    def role_change(self) -> str:
        if not self.feature.role_change:
            return ""
        return RoleChange.BECOMES_CONTROLLER if self.is_on else RoleChange.CEASES_AS_CONTROLLER


@dataclass(frozen=True)
class CollectionConsequences:
    """What it means that features are switched: which elements start or stop being collected, which role changes."""

    switched: tuple[Switched, ...]
    at: datetime
    starts: tuple[Element, ...]
    stops: tuple[Element, ...]
    told: tuple[Consequence, ...]

    @property
    def role_changes(self) -> tuple[Switched, ...]:
        return tuple(each for each in self.switched if each.role_change)


def collection_consequences(
    tenant: Tenant, switched: Iterable[Switched], at: datetime, before: Collected | None = None
) -> CollectionConsequences:
    """What it means for the tenant that these features are switched at the instant.

    An element that another feature brings as well neither starts nor stops. before: what is collected at the instant,
    where it is at hand.
    """
    switched, before = tuple(switched), before or collected_at(tenant, at)
    after = before.switched(FeatureStanding(each.feature, each.is_on) for each in switched)
    starts, stops = before.starts_and_stops(after)
    told = (
        *_told(switched, starts, stops),
        *_confirmed(switched, before),
        *_switched_after(switched, changes_ahead(tenant, after, at)),
    )
    return CollectionConsequences(switched, at, starts, stops, told)


def _confirmed(switched: Iterable[Switched], before: Collected) -> Iterator[Consequence]:
    """What was added to features that are on already: electing them anew agrees to it."""
    on = {each.feature.pk for each in switched if each.is_on}
    parts = {part.feature_id: part for part in before.parts if part.feature_id in on}
    for key, elements in added_to(parts.values()).items():
        kinds = "1 more kind of data is" if len(elements) == 1 else f"{len(elements)} more kinds of data are"
        personal = sum(element.is_personal for element in elements) or "none"
        edition = parts[key].election.edition.number
        sentence = (
            f"{parts[key].name}: {kinds} collected since edition {edition} of the catalog, on which it was elected; "
            f"{personal} of them personal data."
        )
        yield Consequence("added", sentence, _sources_of(elements))


def _switched_after(switched: Iterable[Switched], changes: Sequence[Change]) -> Iterator[Consequence]:
    """That what is switched now is switched again, where that is approved already."""
    later = next_switches(changes)
    for each in switched:
        following = later.get(each.feature.code)
        if following is not None and following.since is not None:
            word = "on" if following.is_on else "off"
            sentence = f"{each.feature.name} is switched {word} again on {shown(following.since)}."
            yield Consequence("followed", sentence, DECIDED)


def _told(
    switched: Iterable[Switched], starts: tuple[Element, ...], stops: tuple[Element, ...]
) -> Iterator[Consequence]:
    yield from _counted("starts", starts)
    yield from _counted("stops", stops)
    for each in switched:
        if each.is_on and each.feature.condition:
            sentence = f"{each.feature.name}: {each.feature.condition}"
            yield Consequence("condition", sentence, _source_of(each.feature))
        if each.role_change:
            yield Consequence(each.role_change, _role_sentence(each), ARTICLE_4)


def _counted(what: str, elements: tuple[Element, ...]) -> Iterator[Consequence]:
    if elements:
        personal = sum(element.is_personal for element in elements)
        verb = f"{what[:-1]} being collected" if len(elements) > 1 else f"{what} being collected"
        counted = f"{len(elements)} kinds of data" if len(elements) > 1 else "1 kind of data"
        sentence = f"{counted} {verb}, {personal or 'none'} of them personal data."
        yield Consequence(what, sentence, _sources_of(elements))


def _role_sentence(switched: Switched) -> str:
    name = switched.feature.name
    if switched.is_on:
        return f"{name}: your organisation becomes the controller of this data and answers for it."
    return f"{name}: your organisation is no longer the controller of what would be collected from then on."


def _sources_of(elements: Iterable[Element]) -> str:
    return "; ".join(filter(None, dict.fromkeys(map(_source_of, elements))))


def _source_of(entry: Feature | Element) -> str:
    dated = f", {entry.source_date:%Y-%m-%d}" if entry.source_date else ""
    return f"{entry.source}{dated}" if entry.source else ""
