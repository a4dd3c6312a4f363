"""How the admin pages write a value: dates with their zone, yes and no, links, badges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import singledispatch
from typing import Any

from django import template
from django.utils import formats, timezone
from django.utils.html import conditional_escape, escape, format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe

from audit.timeline import DescribedEvent
from tenants.pages.parts import Badge, Code, Link, Several

register = template.Library()

LONG_CODE = 20
NONE = format_html('<span class="pc-none">{}</span>', "—")


def moment(value: datetime) -> SafeString:
    """A date and time, with the zone it is given in."""
    local = _local(value)
    text = f"{formats.date_format(local, 'j M Y, H:i:s')} {local.tzname()}"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


def minute(value: datetime) -> SafeString:
    """A date and time without seconds, for lists; whoever points at it sees all of it."""
    local = _local(value)
    text = f"{formats.date_format(local, 'j M Y, H:i')} {local.tzname()}"
    return format_html('<time datetime="{0}" title="{0}">{1}</time>', value.isoformat(), text)


def _local(value: datetime) -> datetime:
    """The time in the pages' zone; at the end of the calendar, where a zone would pass it, as it is."""
    try:
        return timezone.localtime(value)
    except OverflowError:
        return value


@register.filter
def show(value: Any) -> SafeString:
    """The value as HTML, escaped; a dash for what is empty."""
    return NONE if value is None or value in ("", [], ()) else _html(value)


@singledispatch
def _html(value: Any) -> SafeString:
    return conditional_escape(value)


@_html.register
def _(value: str) -> SafeString:
    is_paragraphs = "\n" in value and not isinstance(value, SafeString)
    # linebreaks escapes what it is given here.
    return mark_safe(linebreaks(value, autoescape=True)) if is_paragraphs else conditional_escape(value)  # noqa: S308


@_html.register
def _(value: bool) -> SafeString:
    return format_html("{}", "Yes" if value else "No")


@_html.register
def _(value: Link) -> SafeString:
    return format_html('<a class="pc-link" href="{}">{}</a>', value.url, show(value.text))


@_html.register
def _(value: Badge) -> SafeString:
    return format_html('<span class="pc-badge pc-{}">{}</span>', value.tone, value.text)


@_html.register
def _(value: Code) -> SafeString:
    text = escape(value.text)
    if len(text) > LONG_CODE:  # A narrow column may break it after its dots.
        text = mark_safe(text.replace(".", ".<wbr>"))  # noqa: S308
    return format_html('<code class="pc-code">{}</code>', text)


@_html.register
def _(value: datetime) -> SafeString:
    return moment(value)


@_html.register
def _(value: date) -> SafeString:
    return format_html("{}", formats.date_format(value, "j M Y"))


@_html.register(list)
@_html.register(tuple)
def _(value: Sequence[Any]) -> SafeString:
    return format_html_join(", ", "{}", ((show(item),) for item in value))


@_html.register
def _(value: Several) -> SafeString:
    return format_html_join(" ", "{}", ((show(item),) for item in value.values)) or NONE


@register.filter
def had_values(described: DescribedEvent) -> bool:
    """Whether there was something before: a created object had nothing."""
    return any(change.old_words for change in described.changes)


@register.filter
def cut_underscores(code: str) -> str:
    """`tenant_admin` as words."""
    return code.replace("_", " ")
