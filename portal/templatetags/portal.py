"""The words of the pages in the reader's language, and times with their zone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.utils import formats, timezone
from django.utils.translation import get_language_info

from portal.words import LANGUAGES, NAMES, time_format
from portal.words import say as said

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Context, key: str, **values: Any) -> str:
    """A sentence of the catalogue of words."""
    return said(str(context["language"]), key, **values)


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime) -> str:
    """An instant with its zone, as one writes it in the page's language."""
    return formats.date_format(timezone.localtime(at), time_format(str(context["language"])))


@register.simple_tag(takes_context=True)
def language_links(context: Context) -> list[dict[str, Any]]:
    """Where the pages switch to each language; from a page that answers a form, its address is opened anew."""
    request = context["request"]
    asked = request.GET.copy()
    links = []
    for tag in LANGUAGES:
        asked["language"] = tag
        address = f"{request.path}?{asked.urlencode()}"
        links.append(
            {"tag": tag, "name": NAMES[tag], "address": address, "is_current": tag == context["language"]}
        )
    return links


@register.filter
def language_name(tag: str) -> str:
    """What the language calls itself; its tag where that is not known."""
    try:
        return str(get_language_info(tag.lower())["name_local"]).capitalize()
    except KeyError:
        return tag
