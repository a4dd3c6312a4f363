"""When a job is due: at even intervals, or at a time of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from django.utils import timezone

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Schedule(Protocol):
    def next_after(self, moment: datetime) -> datetime:
        """The first due time later than the moment. Times that were missed in between are not made up for."""


@dataclass(frozen=True)
class Every:
    """At even intervals, which lie on a fixed grid: a late run does not push the later ones back."""

    interval: timedelta

    def __post_init__(self) -> None:
        if self.interval < timedelta(seconds=1):
            raise ValueError("A job runs every second at most.")

    def next_after(self, moment: datetime) -> datetime:
        return EPOCH + ((moment - EPOCH) // self.interval + 1) * self.interval

    def __str__(self) -> str:
        return f"every {_in_words(self.interval)}"


@dataclass(frozen=True)
class DailyAt:
    """Once a day at this time in settings.TIME_ZONE, on days with 23 and with 25 hours too.

    A time that a day leaves out is the instant at which the clock would have shown it without the change; of a time
    that a day has twice it is the first (PEP 495, fold 0).
    """

    at: time

    def next_after(self, moment: datetime) -> datetime:
        day = timezone.localtime(moment, timezone.get_default_timezone()).date()
        candidates = (self._on(day.toordinal() + ahead) for ahead in range(3))
        return next(found for found in candidates if found > moment)

    def _on(self, ordinal: int) -> datetime:
        wall = datetime.combine(datetime.fromordinal(ordinal), self.at)
        return wall.replace(tzinfo=timezone.get_default_timezone()).astimezone(UTC)

    def __str__(self) -> str:
        return f"daily at {self.at:%H:%M}"


def _in_words(interval: timedelta) -> str:
    seconds = int(interval.total_seconds())
    for size, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            number = seconds // size
            return noun if number == 1 else f"{number} {noun}s"
    return f"{seconds} seconds"
