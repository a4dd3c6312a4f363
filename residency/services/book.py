"""Keeping observations of one tenant, and what follows where they are not where the data was elected to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import models
from django.utils import timezone

from audit.context import Action, deed
from catalog.models import Region
from elections.models import StorageElection
from residency.models import LocationDrift, ObservedLocation
from residency.places import Spot
from residency.reading import Row
from tenants.access import Principal
from tenants.deeds import name_of
from tenants.drift.base import STAYS_CLOSED
from tenants.models import Tenant

ROWS_TOLD = 1_000
Status = LocationDrift.Status
Key = tuple[date, str, str]


class Change(models.TextChoices):
    """What an observation does to a difference."""

    OPENED = "opened", "New"
    FOUND_AGAIN = "found_again", "Found again"
    CLEARED = "cleared", "No longer found"


@dataclass
class Findings:
    """What was kept, in numbers; the first thousand rows with what each came to; every difference that changed.

    rows: with the observation that was made of it, or None where it was known already.
    """

    added: int = 0
    known: int = 0
    differing: int = 0
    opened: int = 0
    cleared: int = 0
    rows: list[tuple[Row, ObservedLocation | None]] = field(default_factory=list)
    differences: list[tuple[Change, LocationDrift]] = field(default_factory=list)

    @property
    def has_more(self) -> bool:
        return self.added + self.known > len(self.rows)


@dataclass
class Sighting:
    """A place that is not where the data was elected to be, and the days between which it was seen there."""

    spot: Spot
    place: str
    elected: Region
    first: date
    last: date


class Book:
    """Keeps observations of one tenant and what follows from them."""

    def __init__(self, tenant: Tenant, by: Principal, origin: str) -> None:
        self.tenant, self.origin, self.name = tenant, origin, name_of(by, tenant)
        self.now = timezone.now()
        self.found = Findings()
        self.sightings: dict[tuple[str, int], Sighting] = {}
        self._elections = list(_elections(tenant))

    def elected_on(self, day: date) -> list[Region]:
        """The geographies in force at some time of the day, the last one first."""
        found: list[Region] = []
        for since, region in self._elections:
            if since <= day:
                found.append(region)
            if since < day:
                break
        return found

    def keep(self, rows: Iterable[Row]) -> None:
        """Write down the rows that are new."""
        mine = ObservedLocation.objects.for_tenant(self.tenant)
        given: dict[Key, Row] = {}
        for row in rows:
            given.setdefault((row.observed_on, row.place, row.source), row)
        days = {day for day, _, _ in given}
        known = set(mine.filter(observed_on__in=days).values_list("observed_on", "place", "source"))
        new = {key: self._observed(row) for key, row in given.items() if key not in known}
        mine.bulk_create(new.values())
        self.found.added += len(new)
        self.found.known += len(given) - len(new)
        self._tell(given, new)

    def _tell(self, given: Mapping[Key, Row], new: Mapping[Key, ObservedLocation]) -> None:
        more = ROWS_TOLD - len(self.found.rows)
        self.found.rows += [(row, new.get(key)) for key, row in islice(given.items(), more)]

    def _observed(self, row: Row) -> ObservedLocation:
        in_force = self.elected_on(row.observed_on)
        elected = in_force[0] if in_force else None
        agrees = any(row.spot.lies_in(region) for region in in_force) if elected else None
        if elected is not None and not agrees:
            self._sight(row, elected)
        return ObservedLocation(
            tenant=self.tenant,
            observed_on=row.observed_on,
            place=row.place,
            region=row.spot.region,
            country=row.spot.country,
            source=row.source,
            origin=self.origin,
            elected=elected,
            agrees=agrees,
            recorded_at=self.now,
            recorded_by=self.name,
        )

    def _sight(self, row: Row, elected: Region) -> None:
        self.found.differing += 1
        day, key = row.observed_on, (row.spot.key, elected.pk)
        seen = self.sightings.setdefault(key, Sighting(row.spot, row.place, elected, day, day))
        seen.first, seen.last = min(seen.first, day), max(seen.last, day)

    def settle(self) -> None:
        """Open the differences that are new, prolong those that were seen again, and clear those that are over."""
        drifts = LocationDrift.objects.for_tenant(self.tenant).select_related("region", "elected")
        known = {(drift.key, drift.elected_id): drift for drift in drifts.order_by("opened_at", "id")}
        with deed("location_drift.opened", on=LocationDrift, action=Action.CREATE):
            fresh = [self._drift(s) for key, s in self.sightings.items() if self._is_new(known.get(key), s)]
            drifts.bulk_create(fresh)
        self.found.opened = len(fresh)
        self._note(Change.OPENED, fresh)
        self._prolong(known)
        self._clear(drifts)

    def _note(self, change: Change, drifts: Iterable[LocationDrift]) -> None:
        self.found.differences += [(change, drift) for drift in drifts]

    @staticmethod
    def _is_new(known: LocationDrift | None, sighting: Sighting) -> bool:
        """Not while it is open, not what was accepted or misread, and not a day that a closed one already counts."""
        if known is None:
            return True
        if known.is_open or known.resolution in STAYS_CLOSED:
            return False
        return sighting.last > known.last_seen_on

    def _drift(self, sighting: Sighting) -> LocationDrift:
        return LocationDrift(
            tenant=self.tenant,
            key=sighting.spot.key,
            place=sighting.place,
            region=sighting.spot.region,
            country=sighting.spot.country,
            elected=sighting.elected,
            first_seen_on=sighting.first,
            last_seen_on=sighting.last,
            opened_at=self.now,
        )

    def _prolong(self, known: dict[tuple[str, int], LocationDrift]) -> None:
        with deed("location_drift.found_again", on=LocationDrift, action=Action.UPDATE):
            for key, sighting in self.sightings.items():
                drift = known.get(key)
                if drift is None or not drift.is_open:
                    continue
                first, last = min(drift.first_seen_on, sighting.first), max(drift.last_seen_on, sighting.last)
                if (first, last) != (drift.first_seen_on, drift.last_seen_on):
                    drift.first_seen_on, drift.last_seen_on = first, last
                    drift.save(update_fields=["first_seen_on", "last_seen_on"])
                    self._note(Change.FOUND_AGAIN, [drift])

    def _clear(self, drifts: Any) -> None:
        """A later look that found the data where it should be ends what was seen before it."""
        seen = ObservedLocation.objects.for_tenant(self.tenant).filter(agrees=True)
        clean = seen.order_by("-observed_on").values_list("observed_on", flat=True).first()
        if clean is None:
            return
        over = drifts.filter(status=Status.OPEN, last_seen_on__lt=clean)
        self._note(Change.CLEARED, over.order_by("id"))
        with deed("location_drift.cleared", on=LocationDrift, action=Action.UPDATE):
            self.found.cleared = over.update(status=Status.CLEARED, closed_at=self.now, closed_by=self.name)


def _elections(tenant: Tenant) -> Iterator[tuple[date, Region]]:
    """The approved storage elections with the day from which each holds, the newest first."""
    rows = StorageElection.objects.for_tenant(tenant).approved().select_related("region")
    for election in rows.order_by("-effective_from"):
        since: datetime = election.effective_from
        yield timezone.localtime(since).date(), election.region
