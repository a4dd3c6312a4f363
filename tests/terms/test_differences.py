"""The difference of two texts: both can be read out of it again, and nothing is marked that is equal."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from terms.differences import Row, difference, rows
from terms.models import TermsText

lines = st.lists(st.text(alphabet="ab c.ä", max_size=12), max_size=12)


def words(body: str, title: str = "Phones") -> TermsText:
    return TermsText(language="en", title=title, summary="You agree.", body=body)


def told(found: list[Row], side: str) -> list[str]:
    pieces = (getattr(row, side) for row in found)
    return ["".join(piece.words for piece in each) for each in pieces if each is not None]


@given(lines, lines)
def test_both_texts_can_be_read_out_of_it(before: list[str], after: list[str]) -> None:
    found = list(rows("\n".join(before), "\n".join(after)))
    assert told(found, "before") == "\n".join(before).splitlines()
    assert told(found, "after") == "\n".join(after).splitlines()


@given(lines)
def test_equal_texts_have_none(same: list[str]) -> None:
    assert {row.kind for row in rows("\n".join(same), "\n".join(same))} <= {"same"}


def test_a_changed_word_is_marked_and_its_neighbours_are_not() -> None:
    (row,) = rows("Lock it after 5 minutes.", "Lock it after 10 minutes.")
    assert row.kind == "changed"
    assert [piece.words for piece in row.before or () if piece.changed] == ["5"]
    assert [piece.words for piece in row.after or () if piece.changed] == ["10"]


def test_lines_that_came_and_went_stand_alone() -> None:
    kinds = [row.kind for row in rows("a\nold\nz", "a\nz\nnew")]
    assert kinds == ["same", "removed", "same", "added"]


def test_of_what_is_equal_only_the_surroundings_are_told() -> None:
    before = "\n".join(f"line {n}" for n in range(100))
    parts = {part.name: part for part in difference(words(before), words(before.replace("line 50", "other")))}
    assert [row.kind for row in parts["body"].rows] == [
        "skipped", "same", "same", "changed", "same", "same", "skipped"
    ]  # fmt: skip
    assert [row.skipped for row in parts["body"].rows if row.skipped] == [48, 47]
    assert parts["title"].is_same
    assert not parts["body"].is_same


def test_texts_of_the_greatest_length_are_compared_in_a_moment() -> None:
    begun = time.process_time()
    for unit in ("a\n", "a ", "word " * 20 + "\n"):
        before, after = unit * (500_000 // len(unit)), ("b" + unit) * (500_000 // (len(unit) + 1))
        assert difference(words(before), words(after))
    assert time.process_time() - begun < 20
