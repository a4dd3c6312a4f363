"""The world map of a verdict, drawn as SVG by a template from paths that came with the console (`world/`)."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from residency.verdict import Place, Standing, Verdict

WORLD = Path(__file__).parent / "world" / "world.json"
# The part of the map shown larger where data is stored in it, or many of its countries are spoken of: x, y, width,
# height.
EUROPE, MANY = (452, 18, 150, 122), 4
STORED, EXCEPTION = "stored", "exception"
LABELS: dict[str, str] = {
    STORED: "Stored here",
    **{standing.value: str(standing.label) for standing in Standing},
    EXCEPTION: "May be here by an exception",
}


@cache
def world() -> dict[str, Any]:
    """Width and height, and the countries as paths or, where they are small, by their centres."""
    drawn: dict[str, Any] = json.loads(WORLD.read_text(encoding="utf-8"))
    return drawn


@dataclass(frozen=True)
class Shape:
    """A country on the map. look: how it is filled. path, or the x and y of a point."""

    place: Place
    look: str
    path: str = ""
    x: int = 0
    y: int = 0

    @property
    def said(self) -> str:
        return f"{self.place.name}. {'. '.join(dict.fromkeys(self.place.reasons))}."


@dataclass(frozen=True)
class Map:
    """shapes: the countries that are spoken of; land: all others, in one path. looks: those that occur, for the key.

    edged: in how many countries data is stored although they look like what they are besides; they have an edge.
    detail: the part that is shown larger as well, as SVG has it; empty where none is.
    """

    width: int
    height: int
    shapes: Sequence[Shape]
    land: str
    looks: Sequence[tuple[str, str, int]]
    said: str
    edged: int = 0
    detail: str = ""


def look_of(place: Place) -> str:
    """A colour for each country: where data is stored without a transfer is stored, all else is the worst of it."""
    standing = place.standing
    if place.is_stored and standing in (None, Standing.NO_TRANSFER):
        return STORED
    return standing.value if standing else EXCEPTION


def map_of(verdict: Verdict) -> Map:
    """The map of a verdict. The table beside it says the same."""
    drawn, places = world(), verdict.places
    looks = [look_of(place) for place in places]
    return Map(
        width=drawn["width"],
        height=drawn["height"],
        shapes=[_shape(place) for place in places if _is_drawn(place.country)],
        land=_land({place.country for place in places}),
        looks=[(look, label, looks.count(look)) for look, label in LABELS.items() if look in looks],
        said=_said(places),
        edged=sum(place.is_stored and look_of(place) != STORED for place in places),
        detail=_detail(places),
    )


def _is_drawn(country: str) -> bool:
    return country in world()["centres"]


def _detail(places: Sequence[Place]) -> str:
    left, top, width, height = EUROPE
    centres = [(place, world()["centres"].get(place.country, (0, 0))) for place in places]
    inside = [place for place, (x, y) in centres if 0 <= x - left <= width and 0 <= y - top <= height]
    is_needed = len(inside) >= MANY or any(place.is_stored for place in inside)
    return f"{left} {top} {width} {height}" if is_needed else ""


def _shape(place: Place) -> Shape:
    path = world()["paths"].get(place.country)
    if path:
        return Shape(place, look_of(place), path)
    x, y = world()["centres"][place.country]
    return Shape(place, look_of(place), x=x, y=y)


def _land(spoken_of: Collection[str]) -> str:
    others = (path for country, path in world()["paths"].items() if country not in spoken_of)
    return "".join(others) + str(world()["rest"])


def _said(places: Sequence[Place]) -> str:
    """What the map shows, for whoever does not see it."""
    found: dict[str, list[str]] = {}
    for place in places:
        found.setdefault(LABELS[look_of(place)], []).append(place.name)
    return (
        " ".join(f"{label}: {', '.join(names)}." for label, names in found.items()) or "No country is known."
    )
