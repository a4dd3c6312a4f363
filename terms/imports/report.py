"""The report of the reference product, as people export and save it: CSV with commas, semicolons or tabs."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import tzinfo
from itertools import chain
from typing import NamedTuple, TextIO

from privacy_console.errors import Refused
from privacy_console.graph.places import Place, Problem
from privacy_console.tabular import RISKY
from terms.imports.dates import instant_of, order_in
from terms.imports.told import GREATEST_VERSION, Items, Told, mistakes_in

USER_NAME, DISPLAY_NAME, VERSION, TIME = "UPN", "user name", "accepted version", "accepted time"
REQUIRED = (USER_NAME, VERSION, TIME)
# The report is exported in the language of whoever exports it: letters only, without accents.
COLUMNS = {
    USER_NAME: {
        "upn", "userprincipalname", "benutzerprinzipalname", "nomdutilisateurprincipal", "nomprincipaldelutilisateur",
        "nombreprincipaldeusuario", "nombreprincipaldelusuario", "nomedellentitautente", "nomeprincipaleutente",
        "nomeprincipaldousuario", "gebruikersprincipalnaam",
    },
    DISPLAY_NAME: {
        "username", "user", "displayname", "userdisplayname", "name", "benutzername", "anzeigename", "nomdutilisateur",
        "nombredeusuario", "nomeutente", "nomedousuario", "gebruikersnaam", "weergavenaam",
    },
    VERSION: {
        "acceptedversion", "version", "versionaccepted", "akzeptierteversion", "angenommeneversion", "versionacceptee",
        "versionaceptada", "versioneaccettata", "versaoaceita", "geaccepteerdeversie",
    },
    TIME: {
        "acceptedtime", "accepteddatetime", "accepteddate", "acceptedon", "timeaccepted", "dateaccepted",
        "akzeptiertam", "akzeptiertezeit", "annahmezeit", "zeitpunktderannahme", "heuredacceptation",
        "datedacceptation", "horadeaceptacion", "fechadeaceptacion", "oradiaccettazione",
        "dataaccettazione", "datadiaccettazione", "horadeaceitacao", "tijdvanacceptatie", "geaccepteerdop",
    },
}  # fmt: skip
VERSION_NUMBER = re.compile(r"(\d{1,10})(?:[.,]0+)?\Z")
SEPARATOR = re.compile(r"sep=([,;\t])\r?\n?\Z")
LONGEST_HEADER = 65_536
AS_TEXT = re.compile(r'="(.*)"\Z', re.DOTALL)  # how a spreadsheet is told that a number is text


class Row(NamedTuple):
    place: Place
    cells: list[str]


def read_report(
    name: str, opened: Callable[[], AbstractContextManager[TextIO]], order: str, zone: tzinfo
) -> Items:
    """What the report says. opened: begins to read it anew. order: of `DateOrder`, or "" to find out.

    Raises Refused for what is no such report, and for dates that can be read in two ways.
    """
    if not order:
        with opened() as text:
            columns, rows = _opened(name, text)
            order = order_in(_dates(rows, columns[TIME]))
    with opened() as text:
        columns, rows = _opened(name, text)
        width = max(columns.values()) + 1
        for row in rows:
            yield _told(row, columns, width, order, zone)


def _dates(rows: Iterator[Row], column: int) -> Iterator[tuple[str, str]]:
    for row in rows:
        if column < len(row.cells):
            yield f"{row.place.file}, line {row.place.line}", plain(row.cells[column])


def _opened(name: str, text: TextIO) -> tuple[dict[str, int], Iterator[Row]]:
    """Where the columns stand, and the rows below them."""
    rows = _rows(name, text)
    header = next(rows, Row(Place(name), []))
    return _columns(name, header.cells), rows


def _rows(name: str, text: TextIO) -> Iterator[Row]:
    """Every row that is not empty, with the line that it begins in. Raises Refused for what is no CSV."""
    line = 1
    try:
        first = text.readline(LONGEST_HEADER)
        told = SEPARATOR.match(first)  # for spreadsheets: a line that names the separator
        skipped = 1 if told else 0
        lines = csv.reader(
            text if told else chain([first], text),
            delimiter=told[1] if told else _delimiter(first),
            strict=True,
        )
        for cells in lines:
            if any(cell.strip() for cell in cells):
                yield Row(Place(name, line + skipped, 1), cells)
            line = lines.line_num + 1
    except csv.Error as error:
        raise Refused("no_csv", f"{name}, line {line}: this is no CSV ({error}).") from None
    except UnicodeError:
        raise Refused(
            "encoding", f"{name}, after line {line}: not UTF-8. Save the file as “CSV UTF-8”."
        ) from None


def _delimiter(first: str) -> str:
    bare = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=bare.count)


def _columns(name: str, header: list[str]) -> dict[str, int]:
    """Where each value stands. Raises Refused where a column is missing or there twice."""
    letters = [_letters(cell) for cell in header]
    places = {
        what: [at for at, cell in enumerate(letters) if cell in known] for what, known in COLUMNS.items()
    }
    missing = [what for what in REQUIRED if not places[what]]
    twice = [what for what, found in places.items() if len(found) > 1]
    if missing or twice:
        wrong = f"no column {' and none '.join(missing)}" if missing else f"two columns {twice[0]}"
        raise Refused("columns", f"{name}: the first line names {wrong}. Is it the report of acceptances?")
    return {what: found[0] for what, found in places.items() if found}


def _letters(cell: str) -> str:
    decomposed = unicodedata.normalize("NFKD", plain(cell).casefold())
    return "".join(character for character in decomposed if character.isalpha())


def plain(cell: str) -> str:
    """The cell without what spreadsheets are given to take it for text: `="12"`, or an apostrophe before a formula."""
    text = cell.strip()
    if as_text := AS_TEXT.match(text):
        return as_text[1].strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(RISKY) else text


def _told(row: Row, columns: dict[str, int], width: int, order: str, zone: tzinfo) -> Told | Problem:
    if len(row.cells) < width:
        return Problem(row.place, "too_few_cells", "The row has fewer cells than the first line has names.")
    values = {what: plain(row.cells[at]) for what, at in columns.items()}
    user_name, display_name = values[USER_NAME], values.get(DISPLAY_NAME, "")
    if not values[VERSION] and not values[TIME]:
        return Problem(
            row.place, "nothing_accepted", "No version and no time: nothing was accepted.", "", user_name
        )
    mistakes = list(mistakes_in(user_name, display_name, ""))
    version = VERSION_NUMBER.match(values[VERSION])
    if version is None or int(version[1]) > GREATEST_VERSION:
        mistakes.append(f"“{values[VERSION][:40]}” is no version")
    try:
        instant = instant_of(values[TIME], order, zone)
    except ValueError as error:
        mistakes.append(str(error))
    if mistakes or version is None:
        return Problem(
            row.place, "unreadable", _sentence(mistakes), "", user_name if user_name.isprintable() else ""
        )
    return Told(row.place, user_name, display_name, "", int(version[1]), *instant)


def _sentence(mistakes: list[str]) -> str:
    text = "; ".join(mistakes)
    return f"{text[:1].upper()}{text[1:]}."
