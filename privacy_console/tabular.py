"""The one writer of tables that people open in a spreadsheet: CSV and XLSX, with formulas made harmless.

A cell that begins with `= + - @`, a tab or a line break can be run as a formula by the program that opens it (OWASP,
"CSV Injection"). Such a text gets an apostrophe in front, which spreadsheets take as "this is text". The same values
give the same bytes, so that two exports can be compared.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from privacy_console.timestamps import utc_text

# The four signs also in full width, which some spreadsheets treat alike.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LONGEST_CELL = 32_767
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
WIDEST = 60
EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
"""The earliest time a zip file can bear: the files say nothing about when they were written."""


@dataclass(frozen=True)
class Table:
    """Column names and rows of values in that order."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def harmless(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(RISKY) or text.startswith(RISKY) else text


def as_cell(value: Any) -> Any:
    """What stands in a cell: numbers stay numbers, times become UTC in ISO 8601, lists one value after the other."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return value
    return harmless(_as_text(value))


def _as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return utc_text(value, "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return "; ".join(_as_words(each) for each in value)
    return str(value)


def _as_words(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else _as_text(value)


def write_csv(table: Table) -> bytes:
    """The table as CSV (RFC 4180) in UTF-8."""
    out = io.BytesIO()
    pour_csv(table, out)
    return out.getvalue()


def pour_csv(table: Table, out: IO[bytes]) -> None:
    """The same, row by row into an open file: however long the table, it is never in memory as a whole."""
    text = io.TextIOWrapper(out, "utf-8", errors="replace", newline="")
    writer = csv.writer(text)
    writer.writerow([harmless(name) for name in table.columns])
    writer.writerows([as_cell(value) for value in row] for row in table.rows)
    text.detach()


def write_xlsx(sheets: Mapping[str, Table]) -> bytes:
    """The tables as sheets of one XLSX file, each with its head row fixed and filterable."""
    book = Workbook(write_only=True)
    for name, table in sheets.items():
        _add_sheet(book, name, table)
    out = io.BytesIO()
    book.save(out)
    return _without_times(out.getvalue())


def _add_sheet(book: Workbook, name: str, table: Table) -> None:
    sheet = book.create_sheet(SHEET_NAME.sub("_", name)[:31])
    rows = [[as_cell(value) for value in row] for row in table.rows]
    for index, column in enumerate(table.columns):
        longest = max([len(column), *(len(str(row[index])) for row in rows)])
        sheet.column_dimensions[get_column_letter(index + 1)].width = min(longest, WIDEST) + 2
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(table.columns), 1))}{len(rows) + 1}"
    sheet.append([_xlsx_cell(sheet, harmless(column), Font(bold=True)) for column in table.columns])
    for row in rows:
        sheet.append([_xlsx_cell(sheet, value) for value in row])


def _xlsx_cell(sheet: Any, value: Any, font: Font | None = None) -> Any:
    cell = WriteOnlyCell(
        sheet, NOT_IN_XML.sub("\ufffd", value)[:LONGEST_CELL] if isinstance(value, str) else value
    )
    if isinstance(value, str):
        # Never what the text looks like: a formula, an error, a number.
        cell.data_type = "s"
    if font is not None:
        cell.font = font
    return cell


def _without_times(content: bytes) -> bytes:
    """The same file without the moment it was written."""
    out = io.BytesIO()
    stamp = f"{EPOCH:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, part)
            new.writestr(zipfile.ZipInfo(name, EPOCH.timetuple()[:6]), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
