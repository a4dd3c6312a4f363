"""Where something stands in what was read, and what could not be read there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where something stands. line and column count from 1, and are 0 for documents that came without their text."""

    file: str
    line: int = 0
    column: int = 0
    pointer: str = ""

    def __str__(self) -> str:
        where = [f"line {self.line}, column {self.column}"] if self.line else []
        return ", ".join([self.file, *where, *([self.pointer] if self.pointer else [])])


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read. code: for machines. record: its id, where it has one."""

    place: Place
    code: str
    detail: str
    kind: str = ""
    record: str = ""

    def as_data(self) -> dict[str, Any]:
        where = dict(zip(Place._fields, self.place, strict=True))
        return {**where, "code": self.code, "detail": self.detail, "kind": self.kind, "record": self.record}

    def __str__(self) -> str:
        return f"{self.place}: {self.detail}"


def kept(problems: Iterable[Problem], *, of: int) -> list[dict[str, Any]]:
    """The first of so many problems as a record keeps them, and how many more there were."""
    listed = [problem.as_data() for problem in problems]
    more = Problem(Place(""), "and_more", f"{of - len(listed):,} more problems are not listed.")
    return [*listed, more.as_data()] if of > len(listed) else listed
