"""A share as a number with a bar; the bar is for the eye, the number for everybody."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

BAR = (
    '<span class="pc-share"><span>{} of {}</span>'
    '<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
    '<rect class="track" width="100" height="8"></rect>'
    '<rect class="{}" width="{}" height="8"></rect></svg></span>'
)


def share(number: int, of: int, tone: str = "good") -> SafeString:
    """`number` of `of`, with a bar so long. tone: good, bad, warn or info."""
    return format_html(BAR, f"{number:,}", f"{of:,}", tone, f"{percent(number, of):.2f}")


def percent(number: int, of: int) -> float:
    return 100 * number / of if of else 0.0
