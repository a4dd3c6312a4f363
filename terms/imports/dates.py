"""Times as people's spreadsheets write them. What can be read in two ways is never guessed at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.db import models

from privacy_console.errors import Refused

FIRST_YEAR, LAST_YEAR = 2000, 2999
DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_ISO = re.compile(r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})")
_DOTS = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})")
_EITHER = re.compile(r"(?P<first>\d{1,2})([/-])(?P<second>\d{1,2})\2(?P<year>\d{4})")
_NAMED = re.compile(
    r"(?:(?P<day>\d{1,2})[ -](?P<month>[a-z]{3,9})\.?[ -]|(?P<name>[a-z]{3,9})\.? (?P<number>\d{1,2}), )(?P<year>\d{4})"
)
_TIME = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2})([.,]\d{1,9})?)?"
    r"( ?(?P<half>am|pm|a\.m\.|p\.m\.))?"
    r"( ?(?P<zone>z|utc|gmt|\(utc\)|[+-]\d{2}:?\d{2}))?"
)


class DateOrder(models.TextChoices):
    """Which comes first in a date such as 03/04/2026."""

    DAY_FIRST = "day_first", "Day first: 03/04/2026 is 3 April"
    MONTH_FIRST = "month_first", "Month first: 03/04/2026 is March 4"


class Instant(NamedTuple):
    """A time in UTC, and how exactly it was given."""

    at: datetime
    precision: timedelta


def zone_of(name: str) -> tzinfo:
    """The time zone with this IANA name; "" is UTC. Raises ValidationError."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError(
            {"time_zone": f"There is no time zone “{name}”: write a name such as Europe/Berlin."}
        ) from None


def order_in(texts: Iterable[tuple[str, str]]) -> str:
    """Which order the dates of one file are in: "" where none of them leaves a doubt.

    texts: each place with its date. Raises Refused where they can be read either way, or were written in both.
    """
    doubtful, orders = "", set()
    for place, text in texts:
        found = _EITHER.match(_plain(text))
        if found is None or found["first"] == found["second"]:
            continue
        if order := _only_order(int(found["first"]), int(found["second"])):
            orders.add(order)
        else:
            doubtful = doubtful or f"{place}: {text}"
    if doubtful and len(orders) != 1:
        why = "no other date shows which" if not orders else "the file has both"
        raise Refused(
            "ambiguous_dates",
            f"{doubtful} can be read with the day or the month first, and {why}. Say which it is.",
        )
    return orders.pop() if len(orders) == 1 else ""


def _only_order(first: int, second: int) -> str:
    if first > 12 >= second:
        return DateOrder.DAY_FIRST
    return DateOrder.MONTH_FIRST if second > 12 >= first else ""


def _plain(text: str) -> str:
    return " ".join(text.split()).lower()


def instant_of(text: str, order: str, zone: tzinfo) -> Instant:
    """The instant that a cell gives. order: of `DateOrder`, or "" where no date is in doubt. zone: where none is given.

    Raises ValueError with a sentence.
    """
    plain = _plain(text)
    date, rest = _date_of(plain, order)
    rest = re.sub(r"^(,? |t(?=\d))", "", rest)
    time = _TIME.fullmatch(rest) if rest else None
    if rest and time is None:
        raise ValueError(f"“{text}” is no time that can be read")
    try:
        local = datetime(*date, *(_clock(time) if time else (0, 0, 0)), tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"“{text}” is no day and time of the calendar") from None
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise ValueError(f"the year {local.year} is no year in which terms were accepted")
    precision = DAY if time is None else SECOND if time["second"] else MINUTE
    return Instant(_in_utc(local, time["zone"] if time else None, zone, text), precision)


def _date_of(plain: str, order: str) -> tuple[tuple[int, int, int], str]:
    """Year, month and day, and what follows them."""
    for pattern in (_ISO, _DOTS):
        if found := pattern.match(plain):
            return (int(found["year"]), int(found["month"]), int(found["day"])), plain[found.end() :]
    if found := _EITHER.match(plain):
        first, second = int(found["first"]), int(found["second"])
        order = order or _only_order(first, second) or DateOrder.DAY_FIRST
        day, month = (first, second) if order == DateOrder.DAY_FIRST else (second, first)
        return (int(found["year"]), month, day), plain[found.end() :]
    if found := _NAMED.match(plain):
        name = (found["month"] or found["name"])[:3]
        if name in MONTHS:
            day = int(found["day"] or found["number"])
            return (int(found["year"]), MONTHS.index(name) + 1, day), plain[found.end() :]
    raise ValueError(f"“{plain}” is no date that can be read" if plain else "there is no time")


def _clock(time: re.Match[str]) -> tuple[int, int, int]:
    hour, half = int(time["hour"]), (time["half"] or "")[:1]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, int(time["minute"]), int(time["second"] or 0)


def _in_utc(local: datetime, given: str | None, zone: tzinfo, text: str) -> datetime:
    if given:
        return local - _offset(given)
    early, late = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        raise ValueError(f"the clock was changed at “{text}”: this time is there twice, or not at all")
    return early.astimezone(UTC)


def _offset(given: str) -> timedelta:
    if given[0] not in "+-":
        return timedelta()
    digits = given[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return offset if given[0] == "+" else -offset
