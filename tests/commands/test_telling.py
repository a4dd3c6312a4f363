"""How commands tell: progress for those who watch, errors in a line, times in UTC."""

from __future__ import annotations

import io
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, OperationalError, ProgrammingError

from privacy_console.errors import Refused
from tenants.commands import Progress, as_json, as_text, moment, one_line, readable
from tests.commands.running import Ran


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_on_a_terminal_and_wiped_at_the_end() -> None:
    terminal = Terminal()
    with Progress("Loading", 1000, terminal) as bar:
        for _ in range(1000):
            bar.advance()
    drawn = terminal.getvalue()
    assert "Loading" in drawn
    assert "of 1,000" in drawn
    assert drawn.endswith("\r\x1b[K")
    assert drawn.count("\r") < 10, "it is not drawn for each step"


def test_progress_is_silent_elsewhere() -> None:
    file = io.StringIO()
    with Progress("Loading", 10, file) as bar:
        bar.advance(10)
    assert file.getvalue() == ""


def test_setup_shows_its_progress_to_a_person(first_setup: Ran) -> None:
    assert "Setting up the database" in first_setup.err
    assert "Setting up the database" not in first_setup.out


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValidationError("Too long."), "Too long."),
        (ValidationError({"slug": ["Taken."], "__all__": ["Wrong.", "Bad."]}), "slug: Taken. Wrong. Bad."),
        (PermissionDenied("Your role does not allow: x."), "Your role does not allow: x."),
        (PermissionDenied(), "Your role does not allow this."),
        (Refused("last_admin", "Keep one."), "Keep one."),
        (OperationalError("database is locked"), "The database cannot be used: database is locked"),
        (OperationalError("no such table: x"), "Run: ./console manage setup"),
        (ProgrammingError('relation "x" does not exist\nLINE 1: SELECT'), "Run: ./console manage setup"),
        (IntegrityError("refused\nDETAIL: more"), "The database refuses it: refused"),
        (
            FileNotFoundError(2, "No such file or directory", "own.json"),
            "own.json: No such file or directory.",
        ),
    ],
)
def test_errors_in_words(error: Exception, words: str) -> None:
    assert readable(error).endswith(words)
    assert "\n" not in readable(error)


def test_one_line_obeys_nothing() -> None:
    assert one_line("a\n b\t\x1b[31mc\x00") == "a b  [31mc "


def test_times_are_utc() -> None:
    instant = datetime(2026, 11, 20, 12, 0, 0, 5, timezone(timedelta(hours=1)))
    assert '"2026-11-20T11:00:00.000005Z"' in as_json({"at": instant})


def test_tables_and_lists() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "1", "made_at": None},
        {"id": "22", "made_at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC)},
    ]
    assert as_text(rows) == "id  made at\n1\n22  2026-01-02 03:04 UTC"
    assert as_text({"name": "x", "flows": ["a", "b"]}) == "name   x\nflows  a, b"
    long = ["a" * 60, "b" * 60]
    assert as_text({"name": "x", "told": long}) == f"name  x\ntold  {long[0]}\n      {long[1]}"
    assert as_text([]) == "Nothing found."


def test_moments() -> None:
    assert moment("2027-01-31") == datetime(2027, 1, 31, tzinfo=UTC)
    assert moment("2027-01-31T12:00:00+02:00") == datetime(2027, 1, 31, 10, tzinfo=UTC)
    assert abs(moment("90d") - datetime.now(UTC) - timedelta(days=90)) < timedelta(minutes=1)
    for wrong in ("tomorrow", "d", "-3d", "31.01.2027", "9999999d"):
        with pytest.raises(ArgumentTypeError):
            moment(wrong)
