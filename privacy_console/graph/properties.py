"""Reading the properties of one record, by name and type; every mistake of the record is told at once.

A value is never repeated in what is said about it: it could be a secret that slipped into the wrong place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from privacy_console.graph.places import Place

FIRST_YEAR, LAST_YEAR = (
    2,
    9998,
)  # what lies outside fills a property that cannot be empty, and means "not given"


class Properties:
    """One record's properties. What is missing or wrong becomes a sentence in `mistakes`."""

    def __init__(self, record: Mapping[str, Any], place: Place) -> None:
        self.record, self.place = record, place
        self.mistakes: list[str] = []

    def _value(self, name: str, *, needed: bool) -> Any:
        value = self.record.get(name)
        if value is None and needed:
            self.mistakes.append(f"{name} is {'empty' if name in self.record else 'missing'}")
        return value

    def _wrong(self, name: str, wanted: str, value: Any) -> None:
        self.mistakes.append(f"{name} should be {wanted}, and is {type_in_words(value)}")

    def text(self, name: str, *, needed: bool = False, longest: int = 254) -> str:
        """The text without the spaces around it; "" where it is not given."""
        value = self._value(name, needed=needed)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._wrong(name, "text", value)
            return ""
        if not can_be_kept(value):
            self.mistakes.append(f"{name} holds characters that cannot be kept")
            return ""
        return self._fitting(name, " ".join(value.split()), needed=needed, longest=longest)

    def _fitting(self, name: str, text: str, *, needed: bool, longest: int) -> str:
        if not text and needed:
            self.mistakes.append(f"{name} is empty")
        if len(text) > longest:
            self.mistakes.append(f"{name} is longer than {longest} characters")
        return text

    def flag(self, name: str, *, needed: bool = True) -> bool | None:
        value = self._value(name, needed=needed)
        if value is None or isinstance(value, bool):
            return value
        self._wrong(name, "true or false", value)
        return None

    def one_of(self, name: str, known: Collection[str], *, needed: bool = True) -> str:
        value = self.text(name, needed=needed)
        if value and value not in known:
            self.mistakes.append(f"{name} has a value that is not one of {', '.join(known)}")
        return value

    def instant(self, name: str, *, needed: bool = False) -> datetime | None:
        """The time in UTC; None where it is not given, also by a date that only fills the property."""
        value = self._value(name, needed=needed)
        if value is None:
            return None
        if not isinstance(value, str):
            self._wrong(name, "a time", value)
            return None
        found = _instant(value)
        if found is None:
            self.mistakes.append(f"{name} is no time with a zone, such as 2027-01-31T10:00:00Z")
        return found if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _instant(text: str) -> datetime | None:
    """The time in UTC; None for what is no time with a zone."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None or timezone.is_naive(found):
        return None
    try:
        return found.astimezone(UTC)
    except OverflowError:  # at the ends of the calendar, where only fillers are
        return found.replace(tzinfo=UTC)


def can_be_kept(text: str) -> bool:
    """Whether both databases take the text: no NUL, no half of a character."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def type_in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {dict: "an object", list: "a list", str: "text", type(None): "empty"}
    return names.get(type(value), "a number")
