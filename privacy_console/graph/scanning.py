"""One pass over a JSON text that keeps nothing but the record at hand, and knows where each stands.

A page with 100,000 records is never in memory as objects: the text is, and one record after the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from privacy_console.strict_json import refuse_constant

_SPACE = re.compile(r"[ \t\r\n]*")


class Part(NamedTuple):
    """A value of the text. path: () for the text as a whole, (name,) for a member, (name, n) for an item of one."""

    path: tuple[str | int, ...]
    value: Any
    offset: int


_decoder = json.JSONDecoder(parse_constant=refuse_constant)


class Scanner:
    """`parts()` of one text. Raises JSONDecodeError (with the place), other ValueErrors, RecursionError."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def parts(self) -> Iterator[Part]:
        """The items of a list; the members of an object, those of its list `value` one by one; else the value."""
        match self._next():
            case "{":
                yield from self._members()
            case "[":
                yield from self._items(())
            case _:
                yield self._value(())
        if self._next():
            raise json.JSONDecodeError("Extra data", self.text, self.at)

    def _next(self) -> str:
        """The next character that is no space; "" at the end."""
        space: Any = _SPACE.match(self.text, self.at)
        self.at = space.end()
        return self.text[self.at : self.at + 1]

    def _expect(self, symbols: str) -> str:
        found = self._next()
        if not found or found not in symbols:
            wanted = " or ".join(f"'{symbol}'" for symbol in symbols)
            raise json.JSONDecodeError(f"Expecting {wanted}", self.text, self.at)
        self.at += 1
        return found

    def _value(self, path: tuple[str | int, ...]) -> Part:
        self._next()
        start = self.at
        value, self.at = _decoder.raw_decode(self.text, start)
        return Part(path, value, start)

    def _members(self) -> Iterator[Part]:
        self._expect("{")
        if self._next() == "}":
            self.at += 1
            return
        while True:
            yield from self._member()
            if self._expect(",}") == "}":
                return

    def _member(self) -> Iterator[Part]:
        if self._next() != '"':
            raise json.JSONDecodeError("Expecting a name in double quotes", self.text, self.at)
        name = self._value(()).value
        self._expect(":")
        if name == "value" and self._next() == "[":
            yield Part((name,), [], self.at)
            yield from self._items((name,))
        else:
            yield self._value((name,))

    def _items(self, path: tuple[str | int, ...]) -> Iterator[Part]:
        self._expect("[")
        if self._next() == "]":
            self.at += 1
            return
        number = 0
        while True:
            yield self._value((*path, number))
            number += 1
            if self._expect(",]") == "]":
                return


class Lines:
    """Line and column, from 1, of offsets that only grow; each stretch of the text is looked at once."""

    def __init__(self, text: str) -> None:
        self.text, self._line, self._start, self._seen = text, 1, 0, 0

    def at(self, offset: int) -> tuple[int, int]:
        self._line += self.text.count("\n", self._seen, offset)
        self._start = self.text.rfind("\n", self._seen, offset) + 1 or self._start
        self._seen = offset
        return self._line, offset - self._start + 1


def is_list_of_page(path: tuple[str | int, ...], value: Any) -> bool:
    """Whether the scanner has come to the list of a page, whose items follow one by one."""
    return path == ("value",) and value == []
