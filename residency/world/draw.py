"""Draws `world.json` from Natural Earth: the countries as SVG paths, the small ones as points. Run once, by hand:

    npm pack world-atlas@2 && tar xzf world-atlas-2.0.2.tgz
    ./console manage shell -c "from residency.world.draw import main; main('package')"

Source: Natural Earth 1:110m and 1:50m (public domain), as TopoJSON by the package world-atlas 2 (ISC). The projection
is Equal Earth (Šavrič, Patterson, Jenny 2018). Points are rounded to whole units of a picture 1000 wide.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from django_countries import countries

Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = list[Point]

WIDTH = 1000
NORTH, SOUTH = 84.0, -57.0
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
HALF_WIDTH = math.pi * 2 * math.sqrt(3) / (3 * A1)  # of the equator
SMALLEST = 3.0  # square units; smaller islands are left out, and countries that are no larger become points
NOT_DRAWN = "Antarctica"


def projected(longitude: float, latitude: float) -> Point:
    """Equal Earth, in units of the picture."""
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    slope = A1 + 3 * A2 * theta**2 + theta**6 * (7 * A3 + 9 * A4 * theta**2)
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(theta) / (3 * slope)
    y = theta * (A1 + A2 * theta**2 + theta**6 * (A3 + A4 * theta**2))
    scale = WIDTH / 2 / HALF_WIDTH
    return x * scale + WIDTH / 2, -y * scale


TOP = projected(0, NORTH)[1]
HEIGHT = round(projected(0, SOUTH)[1] - TOP)


def arcs_of(topology: dict[str, Any]) -> list[Ring]:
    """The arcs as longitudes and latitudes: TopoJSON keeps them as differences of whole numbers."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        found.append(points)
    return found


def rings_of(geometry: dict[str, Any], arcs: list[Ring]) -> Iterator[Ring]:
    """The rings in the picture; one that crosses the date line becomes two."""
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    for polygon in polygons:
        for ring in polygon:
            points: Ring = []
            for arc in ring:
                line = arcs[arc] if arc >= 0 else arcs[~arc][::-1]
                points += line[1:] if points else line
            yield from (in_picture(part) for part in cut(unrolled(points)))


def unrolled(ring: Ring) -> Ring:
    """The ring without jumps: beyond the date line longitudes go on."""
    found = [ring[0]]
    for longitude, latitude in ring[1:]:
        turns = round((found[-1][0] - longitude) / 360)
        found.append((longitude + 360 * turns, latitude))
    return found


def cut(ring: Ring) -> Iterator[Ring]:
    """The parts of an unrolled ring on this side of the date line and beyond it, each where the picture has it."""
    east = clipped(ring, 180, keeps_east=True)
    west = clipped(ring, -180, keeps_east=False)
    yield from ([(x + shift, y) for x, y in part] for part, shift in ((east, -360), (west, 360)) if part)
    middle = clipped(clipped(ring, 180, keeps_east=False), -180, keeps_east=True)
    if middle:
        yield middle


def clipped(ring: Ring, edge: float, *, keeps_east: bool) -> Ring:
    """The part of a ring on one side of a meridian (Sutherland, Hodgman 1974)."""
    found: Ring = []
    for (x1, y1), (x2, y2) in zip([*ring[-1:], *ring], ring, strict=False):
        if (x1 > edge) != (x2 > edge):
            found.append((edge, y1 + (y2 - y1) * (edge - x1) / (x2 - x1)))
        if (x2 > edge) == keeps_east:
            found.append((x2, y2))
    return found


def in_picture(ring: Ring) -> Ring:
    places = (projected(x, max(SOUTH, min(NORTH, y))) for x, y in ring)
    return [(x, y - TOP) for x, y in places]


def area(ring: Ring) -> float:
    following = [*ring[1:], ring[0]]
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, following, strict=True))) / 2


def path_of(rings: list[Ring]) -> str:
    """SVG path data with relative lines, which are short."""
    parts = []
    for ring in rings:
        whole = [(round(x), round(y)) for x, y in ring]
        points = [p for i, p in enumerate(whole) if i == 0 or p != whole[i - 1]]
        if len(points) > 3:
            steps = [f"{x2 - x1} {y2 - y1}" for (x1, y1), (x2, y2) in itertools.pairwise(points)]
            parts.append(f"M{points[0][0]} {points[0][1]}l{' '.join(steps[:-1])}z".replace(" -", "-"))
    return "".join(parts)


def centre(rings: list[Ring]) -> list[int]:
    largest = max(rings, key=area)
    return [round(sum(p[axis] for p in largest) / len(largest)) for axis in (0, 1)]


def world(coarse: dict[str, Any], fine: dict[str, Any]) -> dict[str, Any]:
    """The picture: `centres` and, of the larger ones, `paths` by ISO 3166-1 alpha-2 code; `rest`, other land."""
    paths: dict[str, str] = {}
    centres: dict[str, list[int]] = {}
    rest = []
    for topology in (coarse, fine):
        arcs = arcs_of(topology)
        for geometry in topology["objects"]["countries"]["geometries"]:
            if geometry["properties"]["name"] == NOT_DRAWN or not geometry.get("arcs"):
                continue
            rings = list(rings_of(geometry, arcs))
            large = [ring for ring in rings if area(ring) >= SMALLEST]
            code = countries.alpha2(int(geometry["id"])) if geometry.get("id") else ""
            if topology is coarse and not code:
                rest.append(path_of(large))
            elif topology is coarse and large:
                paths[code], centres[code] = path_of(large), centre(rings)
            elif code:
                centres.setdefault(code, centre(rings))
    return {"width": WIDTH, "height": HEIGHT, "paths": paths, "centres": centres, "rest": "".join(rest)}


def main(folder: str) -> None:
    """Write the picture beside this file. folder: where the package was unpacked."""
    coarse, fine = (
        json.loads((Path(folder) / f"countries-{scale}.json").read_text(encoding="utf-8"))
        for scale in ("110m", "50m")
    )
    drawn = json.dumps(world(coarse, fine), sort_keys=True, separators=(",", ":"))
    Path(__file__).with_name("world.json").write_text(drawn + "\n", encoding="utf-8")
