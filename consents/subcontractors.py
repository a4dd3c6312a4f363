"""Reading the processor's subcontractors: its agents, since and until when they act, for what, and with what notice.

The catalog says who is an agent; the announcements say when one joins, changes and leaves. Both are read for one day
and as known at one instant, so that the list of any past day can be shown again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models import ThirdParty
from consents.models import SubcontractorNotice

PUBLISHED_AT = "https://aka.ms/Online_Serv_Subcontractor_List"
Change = SubcontractorNotice.Change


@dataclass(frozen=True)
class Subcontractor:
    """An agent of the processor as of a day. notices: those announced by then, newest first."""

    class State(models.TextChoices):
        JOINING = "joining", "Announced, does not act yet"
        ACTING = "acting", "Acts for the processor"
        LEFT = "left", "Acts no longer"

    third_party: ThirdParty
    notices: tuple[SubcontractorNotice, ...]
    on: date

    def __str__(self) -> str:
        return str(self.third_party)

    @property
    def since(self) -> date | None:
        """From when it acts; None for one that was on the list before announcements were recorded."""
        joined = self._last(Change.JOINS)
        return joined.effective_on if joined else None

    @property
    def until(self) -> date | None:
        """From when it acts no longer; None where nothing was announced."""
        last = self._last(Change.JOINS, Change.LEAVES)
        return last.effective_on if last is not None and last.change == Change.LEAVES else None

    @property
    def state(self) -> str:
        """joining, acting or left; whom the catalog no longer lists as an agent has left, whatever was announced."""
        is_listed = self.third_party.agent_of_processor and self.third_party.is_current
        if not is_listed or (self.until is not None and self.until <= self.on):
            return self.State.LEFT
        return self.State.JOINING if self.since is not None and self.since > self.on else self.State.ACTING

    @property
    def task(self) -> str:
        """What it does: by the newest announcement that holds, else the newest at all, else as the catalog says."""
        holding = [notice for notice in self.notices if notice.effective_on <= self.on]
        newest = next(iter(holding or self.notices), None)
        return newest.task if newest else self.third_party.statement

    @property
    def running(self) -> list[SubcontractorNotice]:
        """What was announced and has not taken effect yet."""
        return [notice for notice in self.notices if notice.is_running(self.on)]

    @property
    def came_at_short_notice(self) -> bool:
        """Whether any of the announcements came later than the processor's contract allows."""
        return any(notice.is_short for notice in self.notices)

    def _last(self, *changes: str) -> SubcontractorNotice | None:
        return next((notice for notice in self.notices if notice.change in changes), None)


def announced(*, on: date, known_at: datetime | None = None) -> Any:
    """The announcements made by a day, as known now or at an instant (as history rows then)."""
    rows: Any = (
        SubcontractorNotice.objects if known_at is None else SubcontractorNotice.history.known_at(known_at)
    )
    return rows.filter(announced_on__lte=on)


def agents(*, on: date, known_at: datetime | None = None) -> Any:
    """The third parties that are agents of the processor, or of which something was announced; rows as `announced`."""
    rows: Any = ThirdParty.objects if known_at is None else ThirdParty.history.known_at(known_at)
    named = announced(on=on, known_at=known_at).values("third_party_id")
    return rows.filter(Q(agent_of_processor=True, removed_in__isnull=True) | Q(id__in=named))


def with_notices(
    parties: Iterable[ThirdParty], *, on: date, known_at: datetime | None = None
) -> list[Subcontractor]:
    """The parties as subcontractors, with what was announced of each: one query for all of them."""
    parties = list(parties)
    notices = _notices_of(parties, on, known_at)
    return [Subcontractor(party, tuple(notices[party.pk]), on) for party in parties]


def _notices_of(
    parties: Iterable[ThirdParty], on: date, known_at: datetime | None
) -> Mapping[int, list[SubcontractorNotice]]:
    rows = announced(on=on, known_at=known_at).filter(third_party_id__in=[party.pk for party in parties])
    found: dict[int, list[SubcontractorNotice]] = defaultdict(list)
    for row in rows.order_by("-announced_on", "-id"):
        notice = row if known_at is None else row.instance
        found[notice.third_party_id].append(notice)
    return found


def subcontractors(*, on: date | None = None, known_at: datetime | None = None) -> list[Subcontractor]:
    """The processor's subcontractors on a day (today, where none is given), as known now or at an instant; by name."""
    on = on or timezone.localdate(known_at)
    rows = agents(on=on, known_at=known_at).order_by("name", "id")
    parties = rows if known_at is None else [row.instance for row in rows]
    return with_notices(parties, on=on, known_at=known_at)
