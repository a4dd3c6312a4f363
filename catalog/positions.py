"""Where in a JSON text a value stands: a scanner that is run only when there is something to say about the file.

One pass over the tokens; of all positions it keeps those that were asked for, so that a file of 20 MB costs seconds and
no more memory than its mistakes.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def pointer(path: Path) -> str:
    """The path as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


@dataclass
class _Open:
    """An object or a list the scanner is inside of."""

    is_object: bool
    here: str | int = 0
    expects_key: bool = False
    keys: set[str] = field(default_factory=set)


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
    for path, offset, is_repeated in _walk(text):
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


def _walk(text: str) -> Iterator[tuple[Path, int, bool]]:
    """Each value's path and offset (of its key, where it has one), and whether its key is a repetition."""
    stack: list[_Open] = []
    prefix: list[str | int] = []
    for match in TOKEN.finditer(text):
        token, offset = match.group(), match.start()
        top = stack[-1] if stack else None
        if token in "}]":
            stack.pop()
            if prefix:
                prefix.pop()
        elif token == ",":
            _next(top)
        elif token == ":":
            continue
        elif top is not None and top.expects_key:
            key = json.loads(token, strict=False)
            is_repeated = key in top.keys
            top.keys.add(key)
            top.here, top.expects_key = key, False
            yield (*prefix, key), offset, is_repeated
        else:
            if top is None or not top.is_object:
                yield ((*prefix, top.here) if top else ()), offset, False
            if token in "{[":
                if top is not None:
                    prefix.append(top.here)
                stack.append(_Open(token == "{", 0, token == "{"))


def _next(top: _Open | None) -> None:
    if top is None:
        return
    if top.is_object:
        top.expects_key = True
    else:
        top.here = int(top.here) + 1
