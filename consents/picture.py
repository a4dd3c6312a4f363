"""The picture of where data flows, laid out here and drawn as SVG by a template: bands as wide as the number of flows.

It is made of the same streams as the table below it, so both say the same.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from catalog.models import Category, Entry, Service, ThirdParty
from consents.streams import Standing, Stream, sentence_of
from tenants.models import Tenant

UrlOf: TypeAlias = Callable[[type[Entry], int], str]
"""Where a box leads: model and id."""

WIDTH, GAP, LEAST, BETWEEN, TOP = 196, 96, 40, 10, 30
THICKEST, TALLEST = 7.0, 460
LINE_LENGTH = 27


@dataclass
class Box:
    """A place that data is at, as high as what passes through it is wide."""

    key: str
    title: str
    url: str = ""
    note: str = ""
    flows: int = 0
    personal: int = 0
    x: float = 0
    y: float = 0
    height: float = LEAST
    left: float = 0
    right: float = 0

    width = WIDTH

    @property
    def words(self) -> list[tuple[float, str]]:
        """The name in at most two lines, each with its height."""
        lines = textwrap.wrap(self.title, LINE_LENGTH, max_lines=2, placeholder="…")
        start = self.y + self.height / 2 + 4 - 7.5 * len(lines)
        return [(start + 15 * row, line) for row, line in enumerate(lines)]

    @property
    def text_x(self) -> float:
        return self.x + 10

    @property
    def small_y(self) -> float:
        return self.words[-1][0] + 15

    @property
    def small(self) -> str:
        counted = f"{self.flows}, {self.personal} personal"
        return f"{counted} · {self.note}" if self.note else counted

    @property
    def said(self) -> str:
        return f"{self.title}: {self.small}"


@dataclass
class Band:
    """Flows from one box to the next that share their standing."""

    start: Box
    end: Box
    standing: Standing
    flows: int = 0
    personal: int = 0
    width: float = 0
    y1: float = 0
    y2: float = 0

    @property
    def path(self) -> str:
        x1, x2 = self.start.x + WIDTH, self.end.x
        middle, low1, low2 = (x1 + x2) / 2, self.y1 + self.width, self.y2 + self.width
        return (
            f"M{x1:.1f} {self.y1:.1f} C{middle:.1f} {self.y1:.1f} {middle:.1f} {self.y2:.1f} {x2:.1f} {self.y2:.1f} "
            f"V{low2:.1f} C{middle:.1f} {low2:.1f} {middle:.1f} {low1:.1f} {x1:.1f} {low1:.1f} Z"
        )

    @property
    def said(self) -> str:
        standing = str(self.standing.label).lower()
        return (
            f"{self.flows} from {self.start.title} to {self.end.title}, {self.personal} personal: {standing}"
        )


@dataclass
class Lane:
    """Boxes one under the other, under a heading."""

    heading: str
    boxes: dict[str, Box] = field(default_factory=dict)
    x: float = 0

    @property
    def height(self) -> float:
        return sum(box.height for box in self.boxes.values()) + BETWEEN * (len(self.boxes) - 1)


@dataclass
class Picture:
    """Lanes from left to right with the bands between them. said: the same in a sentence."""

    lanes: list[Lane]
    bands: list[Band]
    said: str

    def __post_init__(self) -> None:
        total = sum(box.flows for box in self.lanes[0].boxes.values())
        self.scale = min(THICKEST, TALLEST / total)
        for box in self.boxes:
            box.height = max(LEAST + 8, box.flows * self.scale)
        tallest = max(lane.height for lane in self.lanes)
        for place, lane in enumerate(self.lanes):
            lane.x = 2 + place * (WIDTH + GAP)
            self._place(lane, TOP + (tallest - lane.height) / 2)
        self._lay_bands()
        self.width = len(self.lanes) * (WIDTH + GAP) - GAP + 4
        self.height = TOP + tallest + 6

    @property
    def boxes(self) -> list[Box]:
        return [box for lane in self.lanes for box in lane.boxes.values()]

    @property
    def standings(self) -> list[Standing]:
        """Those that occur, for the key to the colours."""
        return [standing for standing in Standing if any(band.standing == standing for band in self.bands)]

    def _place(self, lane: Lane, top: float) -> None:
        for box in lane.boxes.values():
            box.x, box.y = lane.x, top
            box.left = box.right = top + (box.height - box.flows * self.scale) / 2
            top += box.height + BETWEEN

    def _lay_bands(self) -> None:
        """Each band takes its width at both boxes, in the order of what lies at the other end: few cross."""
        for band in self.bands:
            band.width = band.flows * self.scale
        for band in sorted(self.bands, key=lambda band: (band.end.y, band.standing)):
            band.y1, band.start.right = band.start.right, band.start.right + band.width
        for band in sorted(self.bands, key=lambda band: (band.start.y, band.standing)):
            band.y2, band.end.left = band.end.left, band.end.left + band.width


def picture_of(
    streams: Sequence[Stream], tenant: Tenant, inside: Collection[str], url: UrlOf, *, outgoing: bool = True
) -> Picture | None:
    """The streams as a picture: what goes out from left to right, what comes in the other way round; None for none.

    inside: the countries of the EU and EFTA, for whoever transfers out of them.
    """
    if not streams:
        return None
    drawing = _Drawing(tenant, inside, url)
    for stream in streams:
        drawing.add(stream, outgoing=outgoing)
    headings = ["Collected data", "through the service", "at the third party", "in the country"]
    lanes = [Lane(heading, drawing.lanes[place]) for place, heading in enumerate(headings)]
    lanes[0].boxes = dict(sorted(lanes[0].boxes.items(), key=lambda item: -item[1].flows))
    ordered = lanes if outgoing else lanes[::-1]
    return Picture(ordered, list(drawing.bands.values()), sentence_of(streams, outgoing=outgoing))


class _Drawing:
    """Boxes and bands, as streams are added to them."""

    def __init__(self, tenant: Tenant, inside: Collection[str], url: UrlOf) -> None:
        self.url, self.inside = url, inside
        self.is_inside = tenant.country in self.inside
        self.lanes: list[dict[str, Box]] = [{}, {}, {}, {}]
        self.bands: dict[tuple[str, str, Standing], Band] = {}

    def add(self, stream: Stream, *, outgoing: bool) -> None:
        way = self._way(stream)
        for lane, box in zip(self.lanes, way, strict=True):
            kept = lane.setdefault(box.key, box)
            kept.flows, kept.personal = kept.flows + stream.flows, kept.personal + stream.personal
        passed = [lane[box.key] for lane, box in zip(self.lanes, way, strict=True)]
        for start, end in pairwise(passed):
            self._widen((start, end) if outgoing else (end, start), stream)

    def _way(self, stream: Stream) -> list[Box]:
        category, service, party = stream.category_id, stream.service, stream.party
        return [
            Box(f"category {stream.category}", stream.category, self.url(Category, category) if category else ""),
            Box(f"service {service.pk}", service.name, self.url(Service, service.pk)),
            Box(f"party {party.pk}", party.name, self.url(ThirdParty, party.pk)),
            Box(f"country {party.country}", stream.country, note=self._note(party.country)),
        ]  # fmt: skip

    def _note(self, country: str) -> str:
        """Whether the data leaves the EU and EFTA (GDPR Art. 44)."""
        return "third country" if self.is_inside and country not in self.inside else ""

    def _widen(self, ends: tuple[Box, Box], stream: Stream) -> None:
        key = (ends[0].key, ends[1].key, stream.standing)
        band = self.bands.setdefault(key, Band(*ends, stream.standing))
        band.flows, band.personal = band.flows + stream.flows, band.personal + stream.personal
