"""What the catalog holds, as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q

from catalog.models import Collection, Element, Flow


@dataclass(frozen=True)
class Bar:
    """A row of a chart: its name, its number, and how much of the widest row it fills, in percent."""

    name: str
    number: int
    width: float
    kind: str


def bars(rows: Sequence[tuple[str, int, str]]) -> list[Bar]:
    """Rows of name, number and kind as bars against the widest."""
    widest = max((number for _, number, _ in rows), default=0) or 1
    return [Bar(name, number, round(100 * number / widest, 1), kind) for name, number, kind in rows]


def collection_bars() -> list[Bar]:
    counts = dict(Element.objects.current().order_by().values_list("collection").annotate(Count("pk")))
    names = {
        Collection.REQUIRED: "Always",
        Collection.OPTIONAL: "When switched on",
        Collection.NEVER: "Never",
    }
    return bars([(name, counts.get(kind, 0), kind) for kind, name in names.items()])


def flow_bars() -> list[tuple[str, Bar, Bar]]:
    """By third party: what goes out, and what comes in."""
    rows = (
        Flow.objects.current()
        .order_by()
        .values(party=F("service__third_party__name"))
        .annotate(
            out=Count("pk", filter=Q(direction=Flow.Direction.TO_THIRD_PARTY)),
            into=Count("pk", filter=Q(direction=Flow.Direction.FROM_THIRD_PARTY)),
        )
        .order_by("-out", "party")
    )
    flat = bars(
        [(row["party"], row[key], kind) for row in rows for key, kind in (("out", "out"), ("into", "in"))]
    )
    return [(out.name, out, into) for out, into in zip(flat[::2], flat[1::2], strict=True)]
