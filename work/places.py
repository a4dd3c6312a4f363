"""Places in the worklist, so that its pages can be turned without reading what was read already."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import formats, timezone

from privacy_console.keys import LARGEST_ID
from privacy_console.rest.pagination import beyond, reversed_order


@dataclass(frozen=True)
class Place:
    """Where an item stands: dated ones before the others, each by time; what shares a time by kind and id."""

    is_dated: bool
    when: datetime
    kind: str
    row: int
    tenant: int

    @property
    def order(self) -> tuple[bool, datetime, str, int, int]:
        return (not self.is_dated, self.when, self.kind, self.row, self.tenant)

    def encode(self) -> str:
        """The place as a short text for an address."""
        values = [int(self.is_dated), self.when.astimezone(UTC).isoformat(), self.kind, self.row, self.tenant]
        packed = json.dumps(values, separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Place:
        """Raises ValueError for whatever did not come out of `encode`."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            is_dated, when, kind, row, tenant = json.loads(raw)
            place = cls(bool(is_dated), datetime.fromisoformat(when), str(kind), int(row), int(tenant))
            if place.encode() != text or max(abs(place.row), abs(place.tenant)) > LARGEST_ID:
                raise ValueError(text)
        except (binascii.Error, TypeError, RecursionError, OverflowError, UnicodeError) as error:
            raise ValueError(text) from error
        return place


def end_of(day: date) -> datetime:
    """The last moment of a day in the zone of the pages: what is due on a day is late on the next."""
    return timezone.make_aware(datetime.combine(day, time.max))


def day_of(at: datetime) -> date:
    """The day of an instant in the zone of the pages."""
    return timezone.localtime(at).date()


def short_day(day: date) -> str:
    """As the pages write it: `5 Dec 2026`."""
    return formats.date_format(day, "j M Y")


def is_day(rows: QuerySet[Any], field: str) -> bool:
    """Whether the field holds days, not times."""
    try:
        found = rows.model._meta.get_field(field)
    except FieldDoesNotExist:  # an annotation, or what another table says
        return False
    return isinstance(found, models.DateField) and not isinstance(found, models.DateTimeField)


def cut(
    rows: QuerySet[Any], field: str, kind: str, after: Place | None, *, is_dated: bool, backwards: bool
) -> QuerySet[Any]:
    """One kind's rows in the order of the list, from behind the place on (backwards: from before it)."""
    order = reversed_order((field, "pk")) if backwards else (field, "pk")
    rows = rows.order_by(*order)
    if after is None:
        return rows
    if after.is_dated is not is_dated:
        # All the dated stand before all the others.
        return rows if after.is_dated is not backwards else rows.none()
    return rows.filter(_further(rows, field, kind, after, order))


def _further(rows: QuerySet[Any], field: str, kind: str, after: Place, order: tuple[str, ...]) -> Q:
    backwards = order[0].startswith("-")
    side = "lt" if backwards else "gt"
    position: Any = after.when
    if is_day(rows, field):
        position = day_of(after.when)
        if end_of(position) != after.when:
            # The place lies within the day, whose items stand at its end.
            return Q(**{f"{field}__lt" if backwards else f"{field}__gte": position})
    if kind == after.kind:
        return beyond(order, (position, after.row))
    stands_further = kind < after.kind if backwards else kind > after.kind
    return Q(**{f"{field}__{side}e" if stands_further else f"{field}__{side}": position})
