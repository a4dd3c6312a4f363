"""Values that people type."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date, datetime, timedelta

from django.utils import timezone


def moment(text: str) -> datetime:
    """An instant from `2027-01-31` (the start of that day), an ISO 8601 time, or `90d` from now; for `type=`."""
    if text.endswith("d") and text[:-1].isdecimal() and len(text) <= 6:
        return timezone.now() + timedelta(days=int(text[:-1]))
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(
            f"“{text}” is no date: write 2027-01-31, or 90d for 90 days from now."
        ) from None
    return given if timezone.is_aware(given) else timezone.make_aware(given)


def day(text: str) -> date:
    """A calendar day from `2027-01-31`; for `type=`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no day: write 2027-01-31.") from None
