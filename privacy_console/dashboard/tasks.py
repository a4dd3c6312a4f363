"""What waits for the reader: the worklist as the first screen shows it, the late first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from privacy_console.dashboard.reader import SHOWN, Reader
from work.worklist import Asked, Item, Urgency, worklist

COUNTED = 100
TITLES = {
    Urgency.LATE: "Late",
    Urgency.WEEK: "In the next seven days",
    Urgency.LATER: "Later",
    Urgency.UNDATED: "Waiting without a date",
}
TONES = {Urgency.LATE: "late", Urgency.WEEK: "late", Urgency.LATER: "soon", Urgency.UNDATED: "calm"}


@dataclass(frozen=True)
class Group:
    """Matters of one urgency; `shown` are the first of them."""

    urgency: Urgency
    items: Sequence[Item]

    @property
    def title(self) -> str:
        return TITLES[self.urgency]

    @property
    def tone(self) -> str:
        return TONES[self.urgency]

    @property
    def query(self) -> str:
        """What narrows the worklist's page to them."""
        return f"?due={self.urgency}" if self.urgency in (Urgency.LATE, Urgency.WEEK) else ""

    @property
    def shown(self) -> Sequence[Item]:
        return self.items[:SHOWN]

    @property
    def hidden(self) -> int:
        return len(self.items) - len(self.shown)


@dataclass(frozen=True)
class Waiting:
    """Everything that waits, by urgency; beyond COUNTED nobody counts."""

    items: Sequence[Item]
    groups: Sequence[Group]

    def __len__(self) -> int:
        return len(self.items)

    @property
    def is_capped(self) -> bool:
        return len(self.items) >= COUNTED

    @property
    def nearest(self) -> Item | None:
        return next((item for item in self.items if item.due is not None), None)

    def of(self, *urgencies: Urgency) -> int:
        return sum(len(group.items) for group in self.groups if group.urgency in urgencies)


def tasks_of(reader: Reader) -> Waiting:
    """What waits in the tenants at hand, as far as the reader's role lets it be known."""
    now = timezone.now()
    items = worklist(reader.person, reader.tenants, now, Asked(limit=COUNTED))
    by_urgency = {urgency: [item for item in items if item.urgency(now) is urgency] for urgency in Urgency}
    return Waiting(items, [Group(urgency, found) for urgency, found in by_urgency.items() if found])
