"""The instant that a page is about: now, or a past one that its address asks for with `?as_of=`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from privacy_console.rest.instants import parse_instant
from privacy_console.rest.viewsets import instance_of

LOCAL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Moment:
    """asked: the past instant, None for now. problem: a sentence about what was asked for and makes no sense.

    others: what else the address says, for the form that asks for another instant.
    """

    asked: datetime | None = None
    problem: str = ""
    others: tuple[tuple[str, str], ...] = ()
    at: datetime = field(default_factory=timezone.now)

    @property
    def is_past(self) -> bool:
        return self.asked is not None

    @property
    def status(self) -> int:
        """Of the answer: a page that was asked for nonsense shows now, and says so."""
        return 400 if self.problem else 200

    @property
    def typed(self) -> str:
        """The instant as the browser's own picker writes it."""
        return f"{timezone.localtime(self.asked):{LOCAL}}" if self.asked else ""

    @property
    def zone(self) -> str:
        return str(timezone.localtime(self.at).tzname())

    def rows(self, model: Any, tenants: Any) -> Any:
        """The tenants' rows of the model, as known at the moment: history rows for a past one."""
        if self.asked is None:
            return model.objects.across_tenants().filter(tenant__in=tenants)
        return model.history.across_tenants().filter(tenant__in=tenants).known_at(self.asked)


def as_they_were(rows: Any) -> list[Any]:
    """Rows as objects, with the related ones that were fetched along."""
    return [instance_of(row) for row in rows]


def moment_of(request: HttpRequest) -> Moment:
    """What `?as_of=` asks for: ISO 8601 with a zone, or without one as the browser's picker writes it."""
    others = tuple(
        (key, value) for key, values in request.GET.lists() if key not in ("as_of", "p") for value in values
    )
    text = request.GET.get("as_of", "").strip()
    if not text:
        return Moment(others=others)
    try:
        asked = _in_the_zone_of_the_pages(text) or parse_instant(text)
    except ValueError as error:
        return Moment(problem=str(error), others=others)
    if asked > timezone.now():
        return Moment(problem="Nobody knows yet what will be known then.", others=others)
    return Moment(asked, others=others, at=asked)


def _in_the_zone_of_the_pages(text: str) -> datetime | None:
    """A time without a zone; None for anything else."""
    try:
        typed = parse_datetime(text)
        return timezone.make_aware(typed) if typed is not None and timezone.is_naive(typed) else None
    except (ValueError, OverflowError):
        return None
