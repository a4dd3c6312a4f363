"""Observed locations out of a file, row by row: CSV, or JSON as a list of objects. Never the whole file in memory."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from privacy_console.errors import Refused
from residency.places import Gazetteer, Spot

LARGEST = 100 * 1024 * 1024
LONGEST = 200
PROBLEMS_KEPT = 500
PIECE, LONGEST_MEMBER = 1 << 16, 1 << 20
# The names under which exports know the same thing.
COLUMNS = {
    "observed_on": ("date", "observedon", "observed", "day"),
    "place": ("location", "tenantlocation", "place", "region", "country"),
    "source": ("source", "seenin"),
}
REQUIRED = ("observed_on", "place")


@dataclass(frozen=True)
class Row:
    """A row that can be kept. where: its line or entry in the file; "" of one that was entered by hand."""

    observed_on: date
    place: str
    spot: Spot
    source: str
    where: str = ""


@dataclass
class Reading:
    """What was met so far: rows that can be kept, and those that cannot."""

    rows: int = 0
    wrong: int = 0
    problems: list[str] = field(default_factory=list)

    def refuse(self, where: str, problem: str) -> None:
        """Note what cannot be kept; of very many the first are enough to know what is wrong."""
        self.wrong += 1
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(f"{where}: {problem}")


def read(file: IO[bytes], gazetteer: Gazetteer, today: date, source: str, reading: Reading) -> Iterator[Row]:
    """The rows of a file from its beginning, judged one by one; `reading` says in the end what was left out.

    source: of rows that name none. Raises Refused for what is neither CSV nor JSON.
    """
    judge = _Judge(gazetteer, today, source, reading)
    for line, values in _records(file, reading):
        row = judge.row(line, values)
        if row is not None:
            reading.rows += 1
            yield row


def _records(file: IO[bytes], reading: Reading) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if file.seek(0, io.SEEK_END) > LARGEST:
        raise Refused("too_large", f"A file has {LARGEST >> 20} MB at most. Split it.")
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    text = io.TextIOWrapper(file, _encoding(start), newline="")
    try:
        is_json = _first_character(text) in ("[", "{")
        file.seek(0)
        text.seek(0)
        yield from _json_records(text, reading) if is_json else _csv_records(text)
    except UnicodeDecodeError as error:
        detail = f"Byte 0x{error.object[error.start]:02x} is not UTF-8. Save the file as “CSV UTF-8”."
        raise Refused("encoding", detail) from None
    finally:
        text.detach()


def _encoding(start: bytes) -> str:
    return "utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"


def _first_character(text: IO[str]) -> str:
    return text.read(1000).lstrip()[:1]


# --- CSV ---


def _csv_records(text: IO[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    header = text.readline(PIECE)
    if "\x00" in header:
        raise Refused("no_csv", "The file is neither CSV nor JSON.")
    delimiter = max(",;\t", key=header.count)
    columns = _columns(next(csv.reader([header], delimiter=delimiter), []))
    lines = csv.reader(text, delimiter=delimiter)
    try:
        for cells in lines:
            if any(cell.strip() for cell in cells):
                values = {name: cells[at] for name, at in columns.items() if at < len(cells)}
                yield f"line {lines.line_num + 1}", values
    except csv.Error as error:
        raise Refused("no_csv", f"Line {lines.line_num + 1} is no CSV: {error}.") from None


def _columns(header: list[str]) -> dict[str, int]:
    """Where each value stands. Raises Refused where a required column is missing."""
    plain = [re.sub(r"[^a-z]", "", cell.lower()) for cell in header]
    found: dict[str, int] = {}
    for name, known in COLUMNS.items():
        places = [plain.index(each) for each in known if each in plain]
        if places:
            found[name] = places[0]
    missing = [COLUMNS[name][0] for name in REQUIRED if name not in found]
    if missing:
        raise Refused("columns", f"The first line names no column {' and none '.join(missing)}.")
    return found


# --- JSON ---


def _json_records(text: IO[str], reading: Reading) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, value in enumerate(_members(text), start=1):
        if isinstance(value, dict):
            yield f"entry {number}", _named(value)
        else:
            reading.refuse(f"entry {number}", "it is no object")


def _named(value: Mapping[str, Any]) -> dict[str, Any]:
    plain = {re.sub(r"[^a-z]", "", str(key).lower()): each for key, each in value.items()}
    found = {}
    for name, known in COLUMNS.items():
        given = [plain[key] for key in known if key in plain]
        if given:
            found[name] = given[0]
    return found


def _members(text: IO[str]) -> Iterator[Any]:
    """The members of a list, one by one, as soon as each has been read; a lone object is a list of one."""
    decoder = json.JSONDecoder()
    rest, is_list = "", False
    while piece := text.read(PIECE):
        rest += piece
        if not is_list:
            rest = rest.lstrip()
            is_list = rest.startswith("[")
            rest = rest[1:] if is_list else rest
        if is_list:
            rest = yield from _decoded(decoder, rest)
        if len(rest) > LONGEST_MEMBER:
            raise Refused("no_json", "The file is no JSON: an entry is broken, or endless.")
    if is_list and rest.strip() != "]":
        raise Refused("no_json", "The file is no JSON: its list is cut off, or broken before its end.")
    if not is_list:
        yield _lone(rest)


def _decoded(decoder: json.JSONDecoder, rest: str) -> Any:
    """Yields the whole members at the beginning of the text; gives what is left."""
    while True:
        rest = rest.lstrip(" \t\r\n,")
        try:
            value, end = decoder.raw_decode(rest)
        except json.JSONDecodeError:
            return rest
        except RecursionError:
            raise Refused(
                "no_json", "The file is no JSON that can be read: it is nested too deeply."
            ) from None
        if end == len(rest):  # a number may go on in the next piece
            return rest
        yield value
        rest = rest[end:]


def _lone(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("no_json", "The file is no JSON: give a list of objects.") from None


# --- Values ---


class _Judge:
    """Says what of a row can be kept. Places are looked up once each: a file of many rows names few."""

    def __init__(self, gazetteer: Gazetteer, today: date, source: str, reading: Reading) -> None:
        self.gazetteer, self.today, self.source, self.reading = gazetteer, today, source, reading
        self._spots: dict[str, Spot] = {}

    def row(self, where: str, values: Mapping[str, Any]) -> Row | None:
        checks: tuple[tuple[str, Callable[[Any], Any]], ...] = (
            ("observed_on", self._day), ("place", self._place), ("source", self._source)
        )  # fmt: skip
        try:
            found = {name: check(values.get(name)) for name, check in checks}
        except ValueError as problem:
            self.reading.refuse(where, str(problem))
            return None
        place, spot = found["place"]
        return Row(found["observed_on"], place, spot, found["source"], where)

    def _day(self, given: Any) -> date:
        try:
            day = datetime.fromisoformat(str(given or "").strip()).date()
        except ValueError:
            raise ValueError(f"{given!r} is no day; write 2027-01-31") from None
        if day > self.today:
            raise ValueError(f"{day} lies ahead; nothing was observed then")
        return day

    def _place(self, given: Any) -> tuple[str, Spot]:
        text = _line(given, "place")
        if not text:
            raise ValueError("the place is missing")
        spot = self._spots.get(text) or self.gazetteer.find(text)
        if spot is None:
            raise ValueError(f"{text!r} is no region or country that the catalog knows")
        self._spots[text] = spot
        return text, spot

    def _source(self, given: Any) -> str:
        return _line(given, "source") or self.source


def one_line(text: str) -> str:
    """The text as it can be kept: on one line, without what is not seen, cut to what fits."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:LONGEST]


def _line(given: Any, name: str) -> str:
    if given is not None and not isinstance(given, str):
        raise ValueError(f"the {name} is no text")
    text = " ".join((given or "").split())
    if len(text) > LONGEST:
        raise ValueError(f"the {name} is longer than {LONGEST} characters")
    if not text.isprintable():
        raise ValueError(f"the {name} contains control characters")
    return text
