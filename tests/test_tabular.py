"""Tables that people open in a spreadsheet: nothing in them is run, and the same values give the same bytes."""

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from privacy_console.tabular import RISKY, Table, as_cell, harmless, write_csv, write_xlsx

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", '=HYPERLINK("x")']


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def read_xlsx(content: bytes) -> dict[str, list[list[Any]]]:
    book = load_workbook(io.BytesIO(content))
    return {sheet.title: [[c.value for c in row] for row in sheet.iter_rows()] for sheet in book.worksheets}


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_become_texts(text: str) -> None:
    assert harmless(text) == f"'{text}"
    (_, (cell,)) = read_csv(write_csv(Table(["x"], [[text]])))
    assert cell == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1-2", "x@contoso.example", "'quoted"])
def test_other_texts_stay(text: str) -> None:
    assert harmless(text) == text


@given(st.text())
def test_no_text_is_left_that_begins_like_a_formula(text: str) -> None:
    assert not harmless(text).startswith(RISKY)
    assert harmless(text).removeprefix("'") == text.removeprefix("'")


def test_headings_and_items_of_lists_too() -> None:
    ((heading,), (cell,)) = read_csv(write_csv(Table(["=x"], [[["=a", "b"]]])))
    assert (heading, cell) == ("'=x", "'=a; b")


@pytest.mark.parametrize("text", [*FORMULAS, "#REF!", "1e5"])
def test_a_cell_of_a_sheet_is_a_text(text: str) -> None:
    book = load_workbook(io.BytesIO(write_xlsx({"a": Table(["x"], [[text]])})))
    cell = book.worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert not str(cell.value).startswith(RISKY)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (-3, -3),
        (0.5, 0.5),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 12, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T10:00:00Z"),
        (datetime(2026, 1, 2, 12, tzinfo=UTC), "2026-01-02T12:00:00Z"),
        (["a", "b"], "a; b"),
        ([["camera", "roll"], ["photo"]], "camera roll; photo"),
    ],
)
def test_values(value: Any, cell: Any) -> None:
    assert as_cell(value) == cell


def test_csv_keeps_commas_quotes_lines_and_languages() -> None:
    row = ['a,"b"', "line\nbreak", "Gerät 設備"]
    assert read_csv(write_csv(Table(["a", "b", "c"], [row])))[1] == row


def test_the_same_values_give_the_same_bytes() -> None:
    tables = {"one": Table(["x"], [[1], ["a"]]), "two": Table(["y", "z"], [])}
    assert write_xlsx(tables) == write_xlsx(tables)


def test_sheets_hold_what_was_given_as_far_as_xlsx_can() -> None:
    content = write_xlsx({"a/b:" + "c" * 40: Table(["x"], [["bad\x0bsign"], ["n" * 40_000], [7]])})
    ((title, rows),) = read_xlsx(content).items()
    assert (len(title), title[:4]) == (31, "a_b_")
    assert rows[1] == ["bad\ufffdsign"]
    assert len(rows[2][0]) == 32_767
    assert rows[3] == [7]
