"""Instants: in as ISO 8601 with a zone, out as UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.request import Request

from privacy_console.rest.problems import BadQuery

# In an address a plus sign that nobody encoded arrives as a space.
_LOST_PLUS = re.compile(r" (\d{2}:?\d{2})\Z")


def parse_instant(text: str) -> datetime:
    """An ISO 8601 time with zone, as UTC. Raises ValueError with a sentence for the person."""
    try:
        instant = parse_datetime(_LOST_PLUS.sub(r"+\1", text))
        if instant is None:
            raise ValueError
        if timezone.is_naive(instant):
            raise LookupError
        return instant.astimezone(UTC)
    except LookupError:
        raise ValueError("Say the time zone too, for example 2026-11-20T10:00:00Z.") from None
    except (ValueError, OverflowError):
        raise ValueError("Give a time as ISO 8601, for example 2026-11-20T10:00:00Z.") from None


def as_of(request: Request) -> datetime | None:
    """The instant that `?as_of=` asks for; None where it is not given. Raises BadQuery, also for the future."""
    text = request.query_params.get("as_of")
    if text is None:
        return None
    try:
        instant = parse_instant(text)
    except ValueError as error:
        raise BadQuery({"as_of": ("invalid_instant", str(error))}) from None
    if instant > timezone.now():
        raise BadQuery({"as_of": ("in_the_future", "Nobody knows yet what will be known then.")})
    return instant


class InstantField(serializers.DateTimeField):
    """A point in time: written with its zone, shown in UTC."""

    default_error_messages = {"naive": "Say the time zone too, for example 2026-11-20T10:00:00Z."}

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            self.fail("naive")
        return super().enforce_timezone(value)


class InstantFormField(forms.Field):
    """The same for filters."""

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        try:
            return parse_instant(value)
        except ValueError as error:
            raise forms.ValidationError(str(error), "invalid_instant") from None
