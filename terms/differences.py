"""What is different between two texts: line beside line, and within a changed line word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from terms.models import TermsText

PARTS = {
    "title": "Title",
    "summary": "What accepting means",
    "body": "The terms",
    "privacy_statement": "Privacy statement",
}
# Comparing costs the product of both lengths: beyond these, a passage is told as replaced.
MOST_LINES = 1_000_000
MOST_WORDS = 250_000
AROUND = 2
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """Some words of a line. changed: the other text does not have them there."""

    words: str
    changed: bool = False


@dataclass(frozen=True)
class Row:
    """A line in both texts; None where a text has none. skipped: so many equal lines are left out here instead."""

    before: tuple[Piece, ...] | None = None
    after: tuple[Piece, ...] | None = None
    skipped: int = 0

    @property
    def kind(self) -> str:
        """same, added, removed, changed or skipped."""
        if self.skipped:
            return "skipped"
        if self.before is None or self.after is None:
            return "added" if self.before is None else "removed"
        return "changed" if any(piece.changed for piece in (*self.before, *self.after)) else "same"


@dataclass(frozen=True)
class Part:
    """One of the four parts of a text, compared."""

    name: str
    label: str
    rows: tuple[Row, ...]

    @property
    def is_same(self) -> bool:
        return all(row.kind in ("same", "skipped") for row in self.rows)


def difference(before: TermsText, after: TermsText) -> list[Part]:
    """Part by part, from one text to another; of what is equal only the lines around a change."""
    return [
        Part(name, label, tuple(_folded(list(rows(getattr(before, name), getattr(after, name))))))
        for name, label in PARTS.items()
    ]


def rows(before: str, after: str) -> Iterator[Row]:
    """Every line of both, beside its counterpart."""
    old, new = before.splitlines(), after.splitlines()
    for tag, old_from, old_to, new_from, new_to in _steps(old, new, MOST_LINES):
        if tag == "equal":
            yield from (Row((Piece(line),), (Piece(line),)) for line in old[old_from:old_to])
        else:
            yield from _replaced(old[old_from:old_to], new[new_from:new_to])


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    """Lines for other lines: pair by pair, unless they are too many to have anything to do with each other."""
    if len(old) * len(new) > MOST_LINES:
        yield from (_row(line, None) for line in old)
        yield from (_row(None, line) for line in new)
    else:
        yield from (_row(left, right) for left, right in zip_longest(old, new))


Step = tuple[str, int, int, int, int]


def _steps(old: Sequence[str], new: Sequence[str], most: int) -> list[Step]:
    """As SequenceMatcher tells them; what both begin and end with is not compared at all."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old_end, new_end = len(old) - tail, len(new) - tail
    middle = _compared(old[head:old_end], new[head:new_end], most)
    moved = [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in middle]
    around: tuple[Step, Step] = (
        ("equal", 0, head, 0, head),
        ("equal", old_end, len(old), new_end, len(new)),
    )
    return [around[0], *moved, around[1]]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(old), len(new)))


def _compared(old: Sequence[str], new: Sequence[str], most: int) -> list[Step]:
    if len(old) * len(new) > most:
        return [("replace", 0, len(old), 0, len(new))]
    return list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())


def _row(before: str | None, after: str | None) -> Row:
    if before is None or after is None:
        return Row(_alone(before), _alone(after))
    old, new = TOKEN.findall(before), TOKEN.findall(after)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, old_from, old_to, new_from, new_to in _steps(old, new, MOST_WORDS):
        _add(left, old[old_from:old_to], changed=tag != "equal")
        _add(right, new[new_from:new_to], changed=tag != "equal")
    return Row(tuple(left), tuple(right))


def _alone(line: str | None) -> tuple[Piece, ...] | None:
    return None if line is None else (Piece(line, changed=True),)


def _add(pieces: list[Piece], tokens: Sequence[str], *, changed: bool) -> None:
    if tokens:
        pieces.append(Piece("".join(tokens), changed))


def _folded(found: Sequence[Row]) -> Iterator[Row]:
    """Without the equal lines that stand far from every change."""
    near = bytearray(len(found))
    for at, row in enumerate(found):
        if row.kind != "same":
            first, end = max(at - AROUND, 0), min(at + AROUND + 1, len(found))
            near[first:end] = b"\1" * (end - first)
    skipped = 0
    for at, row in enumerate(found):
        if not near[at]:
            skipped += 1
            continue
        if skipped:
            yield Row(skipped=skipped)
        skipped = 0
        yield row
    if skipped:
        yield Row(skipped=skipped)
