"""How acceptance went: where those whom a policy is for stood at the end of each day, week or month.

The directory is that of now, as in `terms.progress`: each point is what `progress` says of its instant, found for all
of them in one reading of the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Any, NamedTuple

from dateutil.relativedelta import relativedelta
from django.db import models
from django.db.models import Case, Value, When
from django.utils import timezone

from privacy_console.errors import Refused
from tenants.models import Group
from terms.counting import Progress, asked_of, members_of
from terms.models import Acceptance, TermsPolicy, TermsVersion
from terms.models.version import Publication
from terms.standing import Standing, decided_by, in_force, standing_of

MOST_POINTS = 400
FITTING = 62
"""So many points at most, where the step is not asked for."""
AT_ONCE = 2_000


class Step(models.TextChoices):
    DAY = "day", "Day"
    WEEK = "week", "Week"
    MONTH = "month", "Month"


PERIODS = {
    Step.DAY: relativedelta(days=1),
    Step.WEEK: relativedelta(weeks=1),
    Step.MONTH: relativedelta(months=1),
}


@dataclass(frozen=True)
class Point:
    """Where everybody stood at an instant, and the version that was asked for then."""

    at: datetime
    version: int | None
    numbers: Progress

    @property
    def day(self) -> date:
        """The last day that it tells of."""
        return timezone.localdate(self.at - timedelta(microseconds=1))


@dataclass(frozen=True)
class Course:
    """The points in their order; none where nothing was ever asked."""

    step: Step
    points: Sequence[Point]


def course_of(
    policy: TermsPolicy, at: datetime | None = None, group: Group | None = None, step: Step | None = None
) -> Course:
    """From the first version until now, or `at`, of all or of one group, in three queries.

    step: how far the points lie apart; where not given, the shortest that makes no more of them than fit a picture.
    Raises Refused where the step makes too many.
    """
    versions = list(_published(policy))
    begun = [v.effective_from for v in versions if v.effective_from]
    end = at or timezone.now()
    if not begun or min(begun) > end:
        return Course(step or Step.DAY, ())
    step, instants = _instants(min(begun), end, step)
    asked = [in_force(versions, instant) for instant in instants]
    employees = members_of(asked_of(policy), group)
    points = _Points(instants, asked)
    points.count(_lives(policy, employees, at, instants), employees.count())
    return Course(step, points.points())


def _published(policy: TermsPolicy) -> Iterable[TermsVersion]:
    versions = TermsVersion.objects.for_tenant(policy.tenant_id)
    found: Iterable[TermsVersion] = versions.filter(policy=policy, status=Publication.PUBLISHED)
    return found


def _instants(start: datetime, end: datetime, step: Step | None) -> tuple[Step, list[datetime]]:
    """The ends of the days, weeks or months between both, in the zone of the console; and the end itself."""
    if step is None:
        fitting = (each for each in Step if len(_until(start, end, each)) <= FITTING)
        step = next(fitting, Step.MONTH)
    found = _until(start, end, step)
    if len(found) > MOST_POINTS:
        raise Refused("too_many", f"That makes more than {MOST_POINTS} points: take a longer step.")
    return step, [*found, end]


def _until(start: datetime, end: datetime, step: Step) -> list[datetime]:
    ends: list[datetime] = []
    for day in _days(timezone.localdate(start), step):
        instant = timezone.make_aware(datetime.combine(day, time()))
        if instant >= end or len(ends) > MOST_POINTS:
            return ends
        if instant > start:
            ends.append(instant)
    return ends


def _days(first: date, step: Step) -> Iterator[date]:
    """The days after the ends of the periods, the one of `first` being the first."""
    day = {
        Step.DAY: first,
        Step.WEEK: first - timedelta(days=first.weekday()),
        Step.MONTH: first.replace(day=1),
    }[step]
    while True:
        day += PERIODS[step]
        yield day


class Decided(NamedTuple):
    """A decision as far as the points can tell: from which of them on it was known, and at which it holds no longer."""

    version_id: int
    decision: str
    known_from: int
    valid_until: int


def _lives(
    policy: TermsPolicy, employees: Any, at: datetime | None, instants: Sequence[datetime]
) -> Iterator[tuple[Decided, ...]]:
    """What each employee decided who has decided anything; the database tells points, as a million times take long."""
    known = decided_by(Acceptance.objects.for_tenant(policy.tenant_id), at)
    own = known.filter(policy=policy, employee__in=employees.values("pk"))
    ends = Case(
        When(valid_until__isnull=True, then=Value(len(instants))),
        default=_first_after("valid_until", instants),
    )
    rows = own.annotate(known_from=_first_after("decided_at", instants), ends=ends).order_by(
        "employee_id", "decided_at", "id"
    )
    names = ("employee_id", *Decided._fields[:3], "ends")
    for _, decisions in groupby(rows.values_list(*names).iterator(AT_ONCE), key=itemgetter(0)):
        yield tuple(Decided(*decided) for _, *decided in decisions)


def _first_after(column: str, instants: Sequence[datetime], first: int = 0) -> Any:
    """The first of the points that is not before what the column says, found by halving; their number for none."""
    if not instants:
        return Value(first)
    middle = len(instants) // 2
    later = _first_after(column, instants[middle + 1 :], first + middle + 1)
    return Case(
        When(**{f"{column}__gt": instants[middle]}, then=later),
        default=_first_after(column, instants[:middle], first),
    )


class _Points:
    """Counts standings at instants. Those who lived through the same are looked at once, however many they are; and of
    each only what changes.
    """

    def __init__(self, instants: Sequence[datetime], asked: Sequence[TermsVersion | None]) -> None:
        self.instants, self.asked = instants, asked
        self.turns = [i for i, version in enumerate(asked) if i == 0 or version != asked[i - 1]]
        self.changes: dict[Standing, Counter[int]] = {standing: Counter() for standing in Standing}
        self.people = 0

    def count(self, lives: Iterable[tuple[Decided, ...]], people: int) -> None:
        """people: how many there are; most of them may have decided nothing."""
        self.people = people
        alike = Counter(lives)
        alike[()] = people - alike.total()
        for life, number in alike.items():
            self._add(life, number)

    def _add(self, life: Sequence[Decided], number: int) -> None:
        before = None
        for i in sorted({*self.turns, *self._moments(life)}):
            known = [decided for decided in life if self._known_from(decided) <= i]
            standing = standing_of(self.asked[i], known, i)
            if standing != before:
                self.changes[standing][i] += number
                if before is not None:
                    self.changes[before][i] -= number
                before = standing

    def _moments(self, life: Iterable[Decided]) -> Iterator[int]:
        """The points from which a decision is known, or counts no longer."""
        for decided in life:
            yield self._known_from(decided)
            if decided.valid_until < len(self.instants):
                yield decided.valid_until

    def _known_from(self, decided: Decided) -> int:
        """The last point for what a clock put into the future."""
        return min(decided.known_from, len(self.instants) - 1)

    def points(self) -> list[Point]:
        runs = {
            standing: list(accumulate(changes[i] for i in range(len(self.instants))))
            for standing, changes in self.changes.items()
        }
        return [
            Point(instant, version.number if version else None, self._numbers(runs, i))
            for i, (instant, version) in enumerate(zip(self.instants, self.asked, strict=True))
        ]

    def _numbers(self, runs: dict[Standing, list[int]], i: int) -> Progress:
        names = ("accepted_latest", "accepted_older", "declined", "outstanding")
        return Progress(asked=self.people, **{name: runs[Standing(name)][i] for name in names})
