"""Words for what the first screen shows: deadlines, waiting times, activities."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone

register = template.Library()


def _days_from_today(moment: datetime) -> int:
    return (timezone.localdate(moment) - timezone.localdate()).days


@register.filter
def until(due: datetime) -> str:
    """How long there is: `today`, `tomorrow`, `in 12 days`."""
    days = _days_from_today(due)
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days" if days > 0 else "overdue")


@register.filter
def for_days(since: datetime) -> str:
    """How long it has been: `since today`, `for 1 day`, `for 12 days`."""
    days = -_days_from_today(since)
    return "since today" if days <= 0 else f"for {days} day{'s' if days > 1 else ''}"


@register.filter
def in_words(code: str) -> str:
    """A code as people say it: `consent.granted` is “Consent granted”."""
    return code.replace(".", " ").replace("_", " ").capitalize()


@register.filter
def panel_template(panel: str) -> str:
    """The template of a panel of the first screen."""
    return f"console/dashboard/{panel}.html"
