"""What is collected about the people of a tenant, at any instant, as known now or then: because it is required, or
because it was elected. Nothing here writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db import models
from django.utils import timezone

from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Collection, Element, Feature, FeatureElement
from catalog.querysets import known
from elections.models import CollectionElection, ElectedFeature, Election
from tenants.models import Tenant


class Standing(models.TextChoices):
    """Whether an element is collected, and why."""

    REQUIRED = "required", "Collected, because the service requires it"
    ELECTED = "elected", "Collected, because it was elected"
    NOT_ELECTED = "not_elected", "Not collected: it is not elected"
    NEVER = "never", "Never collected"


@dataclass(frozen=True)
class FeatureStanding:
    """A feature at the instant. part: of the election that decides it; None where nobody ever did, and it is off."""

    feature: Feature
    is_on: bool
    part: ElectedFeature | None = None

    @property
    def election(self) -> CollectionElection | None:
        return self.part.election if self.part else None

    @property
    def since(self) -> datetime | None:
        return self.election.effective_from if self.election else None


@dataclass(frozen=True)
class ElementStanding:
    """An element at the instant. features: those that bring it and are on."""

    element: Element
    standing: Standing
    features: tuple[FeatureStanding, ...] = ()

    @property
    def is_collected(self) -> bool:
        return self.standing in (Standing.REQUIRED, Standing.ELECTED)


@dataclass(frozen=True)
class Collected:
    """A tenant's collection at an instant. brings: element ids by feature id."""

    features: Mapping[str, FeatureStanding]
    catalog_elements: tuple[Element, ...]
    brings: Mapping[int, frozenset[int]]

    @cached_property
    def elements(self) -> tuple[ElementStanding, ...]:
        """Every element of the catalog with its standing."""
        return tuple(map(self.standing_of, self.catalog_elements))

    def standing_of(self, element: Element) -> ElementStanding:
        if element.collection == Collection.REQUIRED:
            return ElementStanding(element, Standing.REQUIRED)
        if element.collection == Collection.NEVER:
            return ElementStanding(element, Standing.NEVER)
        on = tuple(f for f in self.features.values() if f.is_on and element.pk in self.brings[f.feature.pk])
        return ElementStanding(element, Standing.ELECTED if on else Standing.NOT_ELECTED, on)

    def elected_by(self, features_on: Iterable[str]) -> tuple[Element, ...]:
        """The optional elements that would be collected with just these features on."""
        keys = {self.features[code].feature.pk for code in features_on}
        brought = frozenset().union(*(self.brings[key] for key in keys))
        return tuple(
            e for e in self.catalog_elements if e.pk in brought and e.collection == Collection.OPTIONAL
        )

    @property
    def parts(self) -> list[ElectedFeature]:
        """Of the elections that decide the features."""
        return [standing.part for standing in self.features.values() if standing.part is not None]

    @property
    def on(self) -> frozenset[str]:
        """The codes of the features that are on."""
        return frozenset(code for code, standing in self.features.items() if standing.is_on)

    def switched(self, standings: Iterable[FeatureStanding]) -> Collected:
        """The same with these features as given."""
        return replace(self, features={**self.features, **{each.feature.code: each for each in standings}})

    def starts_and_stops(self, after: Collected) -> tuple[tuple[Element, ...], tuple[Element, ...]]:
        """The optional elements that are collected only after, and those only before."""
        was, becomes = self.elected_by(self.on), after.elected_by(after.on)
        had, has = {element.pk for element in was}, {element.pk for element in becomes}
        starts = tuple(element for element in becomes if element.pk not in had)
        return starts, tuple(element for element in was if element.pk not in has)


@dataclass(frozen=True)
class Change:
    """What approved elections change that all begin at one instant to come.

    features: those that are switched, as they stand from then on. starts, stops: the elements that start and stop
    being collected.
    """

    at: datetime
    features: tuple[FeatureStanding, ...]
    starts: tuple[Element, ...]
    stops: tuple[Element, ...]


def collection_elections(tenant: Tenant, known_at: datetime | None = None) -> Any:
    """The tenant's collection elections, as known now, or, as history rows, at an instant."""
    if known_at is None:
        return CollectionElection.objects.for_tenant(tenant)
    return CollectionElection.history.for_tenant(tenant).known_at(known_at)


def deciding(
    tenant: Tenant, at: datetime | None = None, known_at: datetime | None = None
) -> dict[int, ElectedFeature]:
    """By feature id, the part of an election that decides it at the instant, with its election. Two queries.

    The latest to begin decides; of two that begin together, the one recorded later. What an election switches is
    written down before it is approved and never changes: so the parts are read as they are, for the past too.
    """
    begun = collection_elections(tenant, known_at).filter(effective_from__lte=at or timezone.now())
    return {part.feature_id: part for part in _switches(tenant, begun)}


def _switches(tenant: Tenant, elections: Any) -> list[ElectedFeature]:
    """What those of the elections switch that are approved, in the order in which they begin. Two queries."""
    approved = elections.filter(status=Election.Status.APPROVED).select_related("edition")
    by_key = {row.id: getattr(row, "instance", row) for row in approved.order_by("effective_from", "id")}
    parts = defaultdict(list)
    for part in ElectedFeature.objects.for_tenant(tenant).filter(election__in=list(by_key)):
        part.election = by_key[part.election_id]
        parts[part.election_id].append(part)
    return [part for key in by_key for part in parts[key]]


def features_on(
    tenant: Tenant, at: datetime | None = None, known_at: datetime | None = None
) -> frozenset[int]:
    """The ids of the features that are on at the instant. Two queries."""
    return frozenset(key for key, part in deciding(tenant, at, known_at).items() if part.is_on)


def features_on_in(tenants: Iterable[Tenant], at: datetime | None = None) -> dict[int, frozenset[int]]:
    """By tenant id, the ids of the catalog's features that are on at the instant: one query, however many tenants."""
    begun = ElectedFeature.objects.across_tenants().filter(
        tenant__in=list(tenants),
        election__status=Election.Status.APPROVED,
        election__effective_from__lte=at or timezone.now(),
        feature__removed_in__isnull=True,
    )
    latest: dict[int, dict[int, bool]] = defaultdict(dict)
    rows = begun.order_by("election__effective_from", "election_id")
    for tenant, feature, is_on in rows.values_list("tenant_id", "feature_id", "is_on"):
        latest[tenant][feature] = is_on
    return {
        tenant: frozenset(key for key, is_on in features.items() if is_on)
        for tenant, features in latest.items()
    }


def collected_at(tenant: Tenant, at: datetime | None = None, known_at: datetime | None = None) -> Collected:
    """What is collected at the instant (now), as known then (now): the elections, and the catalog. Five queries."""
    parts = deciding(tenant, at, known_at)
    features = _current(Feature, known_at)
    elements = _current(Element, known_at, "category")
    standings = {feature.code: _standing(feature, parts.get(feature.pk)) for feature in features}
    brings: dict[int, set[int]] = defaultdict(set)
    for feature, element in known(FeatureElement, known_at).values_list("feature_id", "element_id"):
        brings[feature].add(element)
    frozen = {feature.pk: frozenset(brings[feature.pk]) for feature in features}
    return Collected(standings, tuple(elements), frozen)


def changes_ahead(
    tenant: Tenant, collected: Collected, at: datetime | None = None, known_at: datetime | None = None
) -> tuple[Change, ...]:
    """What is decided already and changes after the instant at which this is collected. Two queries."""
    later = collection_elections(tenant, known_at).filter(effective_from__gt=at or timezone.now())
    features = {standing.feature.pk: standing.feature for standing in collected.features.values()}
    changes = []
    for begins, parts in groupby(_switches(tenant, later), key=lambda part: part.election.effective_from):
        standings = [
            _standing(features[part.feature_id], part) for part in parts if part.feature_id in features
        ]
        after = collected.switched(standings)
        if switched := [
            each for code, each in after.features.items() if each.is_on != collected.features[code].is_on
        ]:
            changes.append(Change(begins, tuple(switched), *collected.starts_and_stops(after)))
        collected = after
    return tuple(changes)


def next_switches(changes: Sequence[Change]) -> dict[str, FeatureStanding]:
    """By the code of each feature that is to be switched, how it stands from its next switch on."""
    return {each.feature.code: each for change in reversed(changes) for each in change.features}


def _standing(feature: Feature, part: ElectedFeature | None) -> FeatureStanding:
    return FeatureStanding(feature, part.is_on, part) if part else FeatureStanding(feature, False)


def _current(model: Any, known_at: datetime | None, *related: str) -> list[Any]:
    rows = known(model, known_at).filter(removed_in__isnull=True, catalog__code=REFERENCE_CATALOG)
    ordered = rows.select_related(*related).order_by("code") if related else rows.order_by("code")
    return [_instance(row, related) for row in ordered]


def _instance(row: Any, related: Iterable[str]) -> Any:
    """A history row as the object that it was, with what was fetched with it."""
    if not hasattr(row, "history_id"):
        return row
    instance = row.instance
    for name in related:
        setattr(instance, name, getattr(row, name))
    return instance


def set_collection_ends(elections: Iterable[CollectionElection], among: Any) -> None:
    """Tell each election, and each of its parts (`parts_shown`), when it is followed.

    among: elections, or their history, of their tenants. Two queries.
    """
    elections = list(elections)
    rows = among.filter(
        status=Election.Status.APPROVED, tenant__in={election.tenant_id for election in elections}
    )
    begins = dict(rows.values_list("id", "effective_from"))
    parts = ElectedFeature.objects.across_tenants().filter(
        election__in={*begins, *(election.pk for election in elections)}
    )
    of_election: dict[int, list[ElectedFeature]] = defaultdict(list)
    turns: dict[tuple[int, int], list[tuple[datetime, int]]] = defaultdict(list)
    for part in parts.order_by("code"):
        of_election[part.election_id].append(part)
        if part.election_id in begins:
            turns[part.tenant_id, part.feature_id].append((begins[part.election_id], part.election_id))
    for election in elections:
        _set_ends(election, of_election[election.pk], turns)


def _set_ends(
    election: CollectionElection,
    parts: list[ElectedFeature],
    turns: Mapping[tuple[int, int], list[tuple[datetime, int]]],
) -> None:
    is_approved = election.status == Election.Status.APPROVED
    own = (election.effective_from, election.pk)
    for part in parts:
        part.election = election
        later = [
            turn for turn in turns.get((part.tenant_id, part.feature_id), ()) if is_approved and turn > own
        ]
        part.ends_at = min(later)[0] if later else None
    ends = [part.ends_at for part in parts if part.ends_at is not None]
    election.parts_shown = parts  # type: ignore[attr-defined]
    election.ends_at = max(ends, default=None) if len(ends) == len(parts) else None
