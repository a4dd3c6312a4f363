"""Where the page at hand stands, and words for what the first screen shows: deadlines, waiting times, activities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone

from audit.models import AuditEvent
from audit.timeline import resource_in_words
from privacy_console.navigation import Step, way_to

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
def deed_in_words(event: AuditEvent) -> str:
    """What was done, with the kind of object in words: “Ending step assigned”."""
    subject, _, deed = event.activity.partition(".")
    is_own = event.resource_type.endswith(f".{subject}")
    return in_words(f"{resource_in_words(event.resource_type) if is_own else subject} {deed}")


@register.filter
def panel_template(panel: str) -> str:
    """The template of a panel of the first screen."""
    return f"console/dashboard/{panel}.html"


@register.inclusion_tag("console/way.html", takes_context=True)
def way_here(context: Any) -> dict[str, Any]:
    """Where the page at hand stands: in the words of the sidebar, each once."""
    opts, obj = context.get("opts"), context.get("original")
    if opts is None:
        return {"steps": [Step(context.get("title") or "")]}
    return {"steps": way_to(opts, obj, context.get("called", ""), context.get("here", ""))}
