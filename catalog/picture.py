"""The picture of where data flows: lanes of boxes and the lines between them, laid out here and drawn as SVG."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from catalog.models import Element, Entry, Flow, both_ways

UrlOf: TypeAlias = Callable[[Entry], str]
"""Where a box leads."""

BOX_WIDTH, BOX_HEIGHT, GAP, LANE_GAP, TOP = 172, 46, 12, 62, 34
LINE_LENGTH, LINES = 25, 2


@dataclass
class Box:
    """A place that data is in. title: whole name; lines: the name as it fits; small: a word about it."""

    title: str
    url: str = ""
    small: str = ""
    is_centre: bool = False
    x: float = 0
    y: float = 0

    @property
    def lines(self) -> list[tuple[float, str]]:
        """Each line of the name with its height in the picture."""
        words = textwrap.wrap(self.title, LINE_LENGTH, max_lines=1 if self.small else LINES, placeholder="…")
        start = self.y + BOX_HEIGHT / 2 + 4 - 7.5 * (len(words) - 1 + bool(self.small))
        return [(start + 15 * row, word) for row, word in enumerate(words)]

    @property
    def text_x(self) -> float:
        return self.x + 10

    @property
    def small_y(self) -> float:
        return self.y + BOX_HEIGHT / 2 + 12

    width, height = BOX_WIDTH, BOX_HEIGHT


@dataclass(frozen=True)
class Line:
    """Data on its way from one box to the next."""

    start: Box
    end: Box
    personal: bool = False

    @property
    def path(self) -> str:
        x1, y1 = self.start.x + BOX_WIDTH, self.start.y + BOX_HEIGHT / 2
        x2, y2 = self.end.x - 4, self.end.y + BOX_HEIGHT / 2
        middle = (x1 + x2) / 2
        return f"M{x1:.0f} {y1:.0f} C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"


@dataclass
class Lane:
    """Boxes one under the other, under a heading."""

    heading: str
    boxes: list[Box] = field(default_factory=list)
    x: float = 0

    @property
    def height(self) -> float:
        return len(self.boxes) * (BOX_HEIGHT + GAP) - GAP


@dataclass
class Picture:
    """Lanes from left to right. said: the same in a sentence, for whoever does not see it."""

    lanes: list[Lane]
    lines: list[Line]
    said: str

    def __post_init__(self) -> None:
        self.lanes = [lane for lane in self.lanes if lane.boxes]
        tallest = max(lane.height for lane in self.lanes)
        for place, lane in enumerate(self.lanes):
            lane.x = 2 + place * (BOX_WIDTH + LANE_GAP)
            self._place(lane, TOP + (tallest - lane.height) / 2)
        self.width = len(self.lanes) * (BOX_WIDTH + LANE_GAP) - LANE_GAP + 4
        self.height = TOP + tallest + 4

    @staticmethod
    def _place(lane: Lane, top: float) -> None:
        for row, box in enumerate(lane.boxes):
            box.x, box.y = lane.x, top + row * (BOX_HEIGHT + GAP)


class _Side:
    """Services and third parties on one side of an element."""

    def __init__(self, flows: Iterable[Flow], centre: Box, *, outgoing: bool, url: UrlOf) -> None:
        self.services: dict[int, Box] = {}
        self.parties: dict[int, Box] = {}
        self.lines: dict[tuple[int, int], Line] = {}
        self.centre, self.outgoing, self.url = centre, outgoing, url
        by_service: dict[int, list[Flow]] = {}
        for flow in flows:
            by_service.setdefault(flow.service_id, []).append(flow)
        for group in by_service.values():
            self._add(group)

    def _add(self, flows: list[Flow]) -> None:
        service, party = flows[0].service, flows[0].service.third_party
        counted = f"{len(flows)} {'flow' if len(flows) == 1 else 'flows'}"
        near = Box(service.name, self.url(service), counted)
        far = self.parties.setdefault(party.pk, Box(party.name, self.url(party)))
        self.services[service.pk] = near
        personal = any(flow.personal for flow in flows)
        way = (self.centre, near, far) if self.outgoing else (far, near, self.centre)
        self.lines[service.pk, 0] = Line(way[0], way[1], personal)
        self.lines[service.pk, 1] = Line(way[1], way[2], personal)


def picture_of_element(element: Element, flows: Sequence[Flow], url: UrlOf) -> Picture | None:
    """The element in the middle, what gives it on the left, who gets it on the right; None where it stays.

    flows: the current ones that carry it, with their service and its third party.
    """
    if not flows:
        return None
    centre = Box(element.name, is_centre=True)
    going, coming = both_ways(flows)
    back = _Side(coming, centre, outgoing=False, url=url)
    out = _Side(going, centre, outgoing=True, url=url)
    lanes = [
        Lane("Comes from", list(back.parties.values())),
        Lane("through", list(back.services.values())),
        Lane("Collected data", [centre]),
        Lane("goes through", list(out.services.values())),
        Lane("to", list(out.parties.values())),
    ]
    return Picture(lanes, [*back.lines.values(), *out.lines.values()], _sentence(element, out, back))


def _sentence(element: Element, out: _Side, back: _Side) -> str:
    parts = [
        f"{verb} {', '.join(box.title for box in side.parties.values())} through "
        f"{', '.join(box.title for box in side.services.values())}"
        for verb, side in (("goes to", out), ("comes from", back))
        if side.parties
    ]
    return f"{element.name} {' and '.join(parts)}."
