"""Recording where the provider says the data is, and comparing it with the geography that was elected for that day.

One by hand or very many from a file take one path. A file is read twice, row by row: first to see whether all of it
can be kept, then to keep it in batches; what is in memory is a batch, and the few places that occur.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from audit.services import record
from catalog.models import Region
from elections.models import StorageElection
from privacy_console.batches import batches
from privacy_console.errors import Refused, first_of
from residency.models import LocationDrift, ObservedLocation
from residency.places import Gazetteer, Spot
from residency.reading import Reading, Row, one_line, read
from tenants.access import Principal, require
from tenants.deeds import held, name_of, require_one_line
from tenants.drift.base import STAYS_CLOSED
from tenants.models import Tenant
from tenants.roles import Permission

AT_ONCE = 1_000
SHOWN_PROBLEMS = 20
Status = LocationDrift.Status


@dataclass
class Imported:
    """What an import did, in numbers; problems: what was left out, and why (`left_out` counts all of them)."""

    rows: int = 0
    added: int = 0
    known: int = 0
    differing: int = 0
    opened: int = 0
    cleared: int = 0
    left_out: int = 0
    problems: list[str] = field(default_factory=list)


@transaction.atomic
def observe_location(
    *, tenant: Tenant, observed_on: date, place: str, source: str, by: Principal, reason: str = ""
) -> ObservedLocation:
    """Record what the provider showed on a day, by hand.

    place: a region or country by its exact name or code, also with the part's number, as in “Europe 0201”. source:
    where it was seen. Raises ValidationError, PermissionDenied.
    """
    require(by, Permission.OBSERVE_LOCATIONS, tenant)
    place, source = " ".join(place.split()), " ".join(source.split())
    require_one_line(place=place, source=source)
    if observed_on > timezone.localdate():
        raise ValidationError({"observed_on": "This day lies ahead: nothing was observed then."})
    if not source:
        raise ValidationError({"source": "Say where it was seen."})
    spot = Gazetteer().find(place)
    if spot is None:
        raise ValidationError({"place": f"“{place}” is no region or country that the catalog knows."})
    # Two at once would both find the same difference new.
    tenant = held(tenant, no_key=True)
    book = _Book(tenant, by, ObservedLocation.Origin.BY_HAND)
    with deed("location.observed", on=ObservedLocation, action=Action.CREATE, reason=reason):
        book.keep([Row(observed_on, place, spot, source)])
    if not book.outcome.added:
        raise ValidationError("This place was recorded for this day, from this source, already.", "known")
    book.settle()
    mine = ObservedLocation.objects.for_tenant(tenant).select_related("region", "elected")
    found: ObservedLocation = mine.get(observed_on=observed_on, place=place, source=source)
    return found


@transaction.atomic
def import_locations(
    *,
    tenant: Tenant,
    file: IO[bytes],
    source: str,
    by: Principal,
    skip_problems: bool = False,
    reason: str = "",
    advance: Callable[[int], None] = lambda steps: None,
) -> Imported:
    """Record the rows of a file: CSV with a first line of names (date, location, source), or a JSON list of the same.

    source: the file's name, for rows that name none, and for the trail. skip_problems: leave out what cannot be kept,
    instead of refusing the file. advance: told how many rows were worked off. The same rows again change nothing.
    Raises PermissionDenied, and Refused for a file that is neither, or with problems.
    """
    require(by, Permission.OBSERVE_LOCATIONS, tenant)
    tenant, source = held(tenant, no_key=True), one_line(source) or "File"
    today, gazetteer, reading = timezone.localdate(), Gazetteer(), Reading()
    for _ in read(file, gazetteer, today, source, reading):
        advance(1)
    if reading.wrong and not skip_problems:
        shown = first_of(reading.problems, SHOWN_PROBLEMS, of=reading.wrong)
        raise Refused("problems", f"The file was not taken: {shown}.")
    if not reading.rows:
        raise Refused("nothing", "The file holds no row that can be kept.")
    book = _Book(tenant, by, ObservedLocation.Origin.IMPORTED)
    with deed("location.observed", on=ObservedLocation, action=Action.CREATE, reason=reason):
        for batch in batches(read(file, gazetteer, today, source, Reading()), AT_ONCE):
            book.keep(batch)
            advance(len(batch))
    book.settle()
    outcome = book.outcome
    outcome.rows, outcome.left_out, outcome.problems = reading.rows, reading.wrong, reading.problems
    counts = {name: value for name, value in vars(outcome).items() if name != "problems"}
    record("locations.imported", category="residency", tenant=tenant, resource_name=source, details=counts)
    return outcome


def sentence_of(outcome: Imported) -> str:
    """What an import came to, in a line."""
    left = f" Rows left out: {outcome.left_out:,}." if outcome.left_out else ""
    return (
        f"Locations recorded: {outcome.added:,}, known already: {outcome.known:,}; elsewhere than elected: "
        f"{outcome.differing:,}. New differences: {outcome.opened:,}, no longer found: {outcome.cleared:,}.{left}"
    )


@dataclass
class _Sighting:
    """A place that is not where the data was elected to be, and the days between which it was seen there."""

    spot: Spot
    place: str
    elected: Region
    first: date
    last: date


class _Book:
    """Keeps observations of one tenant and what follows from them."""

    def __init__(self, tenant: Tenant, by: Principal, origin: str) -> None:
        self.tenant, self.origin, self.name = tenant, origin, name_of(by, tenant)
        self.now = timezone.now()
        self.outcome = Imported()
        self.sightings: dict[tuple[str, int], _Sighting] = {}
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
        given = {(row.observed_on, row.place, row.source): row for row in rows}
        days = {day for day, _, _ in given}
        known = set(mine.filter(observed_on__in=days).values_list("observed_on", "place", "source"))
        new = [self._observed(row) for key, row in given.items() if key not in known]
        mine.bulk_create(new)
        self.outcome.added += len(new)
        self.outcome.known += len(given) - len(new)

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
        self.outcome.differing += 1
        day, key = row.observed_on, (row.spot.key, elected.pk)
        seen = self.sightings.setdefault(key, _Sighting(row.spot, row.place, elected, day, day))
        seen.first, seen.last = min(seen.first, day), max(seen.last, day)

    def settle(self) -> None:
        """Open the differences that are new, prolong those that were seen again, and clear those that are over."""
        mine = LocationDrift.objects.for_tenant(self.tenant)
        known = {(drift.key, drift.elected_id): drift for drift in mine.order_by("opened_at", "id")}
        with deed("location_drift.opened", on=LocationDrift, action=Action.CREATE):
            fresh = [s for key, s in self.sightings.items() if self._is_new(known.get(key), s)]
            mine.bulk_create(self._drift(sighting) for sighting in fresh)
        self.outcome.opened = len(fresh)
        self._prolong(known)
        self._clear(mine)

    @staticmethod
    def _is_new(known: LocationDrift | None, sighting: _Sighting) -> bool:
        """Not while it is open, not what was accepted or misread, and not a day that a closed one already counts."""
        if known is None:
            return True
        if known.is_open or known.resolution in STAYS_CLOSED:
            return False
        return sighting.last > known.last_seen_on

    def _drift(self, sighting: _Sighting) -> LocationDrift:
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

    def _clear(self, mine: Any) -> None:
        """A later look that found the data where it should be ends what was seen before it."""
        seen = ObservedLocation.objects.for_tenant(self.tenant).filter(agrees=True)
        clean = seen.order_by("-observed_on").values_list("observed_on", flat=True).first()
        if clean is None:
            return
        over = mine.filter(status=Status.OPEN, last_seen_on__lt=clean)
        with deed("location_drift.cleared", on=LocationDrift, action=Action.UPDATE):
            self.outcome.cleared = over.update(status=Status.CLEARED, closed_at=self.now, closed_by=self.name)


def _elections(tenant: Tenant) -> Iterator[tuple[date, Region]]:
    """The approved storage elections with the day from which each holds, the newest first."""
    rows = StorageElection.objects.for_tenant(tenant).approved().select_related("region")
    for election in rows.order_by("-effective_from"):
        since: datetime = election.effective_from
        yield timezone.localtime(since).date(), election.region
