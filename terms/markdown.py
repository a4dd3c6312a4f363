"""Markdown (CommonMark) as HTML that can do nothing: what is not on the list of harmless tags does not come through.

Two walls: the reader takes HTML in the source for text, and the cleaner (nh3, ammonia) drops whatever a mistake of the
first might let pass.
"""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong", "table",
    "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    **{tag: {"dir"} for tag in ("p", "li", "h3", "h4", "h5", "h6", "td", "th", "blockquote")},
}
SCHEMES = {"http", "https", "mailto", "tel"}
BLOCKS = {"paragraph_open", "heading_open", "list_item_open", "td_open", "th_open", "blockquote_open"}
LOWEST_HEADING = 6
# The page has the title as its first heading and its own parts as the second.
HEADINGS_BELOW = 2


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")
    reader.validateLink = _is_whole_address  # type: ignore[method-assign]
    return reader


def _is_whole_address(url: str) -> bool:
    """Links lead to addresses that name their scheme: a relative one would lead into the console itself."""
    return urlsplit(url.strip()).scheme.lower() in SCHEMES


def as_html(source: str) -> SafeString:
    """The text as harmless HTML, headings below those of the page; each block finds its own direction of writing."""
    reader = _reader()
    tokens = reader.parse(source)
    for token in tokens:
        if token.type in BLOCKS:
            token.attrSet("dir", "auto")
    _nest_headings(tokens)
    html = reader.renderer.render(tokens, reader.options, {})
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return mark_safe(clean)  # noqa: S308 - cleaned above, against a list of what is allowed


def _nest_headings(tokens: list[Token]) -> None:
    """Each heading one level below the one that it belongs to, whichever signs were written: none is left out."""
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
            above = [*(each for each in above if each < level), level]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(len(above) + HEADINGS_BELOW, LOWEST_HEADING)}"
