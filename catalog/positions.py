"""Where in a JSON text a value stands: a scanner that is run only when there is something to say about the file.

One pass over the tokens; of all positions it keeps those that were asked for, so that a file of 20 MB costs seconds and
no more memory than its mistakes.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def pointer(path: Path) -> str:
    """The path as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


class Lines:
    """Line numbers, from 1, of offsets in a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]

    def at(self, offset: int) -> int:
        return bisect_right(self._starts, offset)


@dataclass(frozen=True)
class Found:
    """Line by path, and every key that stands in an object that has it already."""

    lines: dict[Path, int]
    repeated: list[tuple[Path, int]]


def locate(text: str, wanted: Iterable[Path]) -> Found:
    """The lines of the paths. text: valid JSON. For a value in an object it is the line of its key; for a path that
    is not in the text (a missing key) the line of what it should stand in."""
    asked = set(wanted)
    needed = {path[:length] for path in asked for length in range(len(path) + 1)}
    offsets: dict[Path, int] = {}
    repeated: list[tuple[Path, int]] = []
    for path, offset, is_repeated in _Walk().over(text):
        if is_repeated:
            repeated.append((path, offset))
        elif path in needed:
            offsets.setdefault(path, offset)
    lines = Lines(text)
    return Found(
        {path: lines.at(_offset_of(path, offsets)) for path in asked},
        [(path, lines.at(offset)) for path, offset in repeated],
    )


def _offset_of(path: Path, offsets: dict[Path, int]) -> int:
    while path not in offsets and path:
        path = path[:-1]
    return offsets.get(path, 0)


class _Walk:
    """One pass over the tokens of a valid JSON text: each value's path and offset (of its key, where it has one)."""

    def __init__(self) -> None:
        self.path: list[str | int] = []
        self.keys: list[set[str] | None] = []  # of each object that is open; None for a list
        self.expects_key = False

    def over(self, text: str) -> Iterator[tuple[Path, int, bool]]:
        """Path, offset, and whether it is a key that its object has already."""
        for match in TOKEN.finditer(text):
            symbol = match.group()
            if symbol in "}]":
                self._close()
            elif symbol == ",":
                self._next()
            elif symbol != ":":
                yield from self._value(symbol, match.start())

    def _value(self, symbol: str, offset: int) -> Iterator[tuple[Path, int, bool]]:
        if self.expects_key:
            yield self._key(symbol, offset)
            return
        if not self.keys or self.keys[-1] is None:
            yield tuple(self.path), offset, False
        if symbol in "{[":
            self.expects_key = symbol == "{"
            self.keys.append(set() if self.expects_key else None)
            self.path.append(0)

    def _key(self, symbol: str, offset: int) -> tuple[Path, int, bool]:
        key = str(json.loads(symbol, strict=False))
        known = self.keys[-1]
        is_repeated = known is not None and key in known
        if known is not None:
            known.add(key)
        self.path[-1], self.expects_key = key, False
        return tuple(self.path), offset, is_repeated

    def _next(self) -> None:
        self.expects_key = self.keys[-1] is not None
        if not self.expects_key:
            self.path[-1] = int(self.path[-1]) + 1

    def _close(self) -> None:
        self.keys.pop()
        self.path.pop()
        self.expects_key = False
