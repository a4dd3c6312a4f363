"""Whether all pages of a list are there. A page says where the next one is, and nothing of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from privacy_console.graph.places import Place, Problem

_SKIP = re.compile(r"[?&]\$skip=(\d{1,9})(?:&|$)")


@dataclass(frozen=True)
class Page:
    """A page of a list: how many records it held, where the next is, and how many there are in all, if it says so."""

    place: Place
    records: int
    next_link: str
    total: int | None

    @classmethod
    def of(cls, place: Place, records: int, annotations: dict[str, Any]) -> Page:
        link, total = annotations.get("@odata.nextLink"), annotations.get("@odata.count")
        is_number = isinstance(total, int) and not isinstance(total, bool)
        return cls(place, records, link if isinstance(link, str) else "", total if is_number else None)

    @property
    def skipped_before_next(self) -> int | None:
        """How many records come before the next page, where its address counts them."""
        found = _SKIP.search(unquote(self.next_link))
        return int(found.group(1)) if found else None


def missing_pages(kind: str, address: str, pages: Sequence[Page]) -> Iterator[Problem]:
    """What shows that pages of the list are missing.

    A page between the first and the last is only missed where the addresses count records, or a page says how many
    there are: Graph's addresses of pages are mostly tokens that say nothing.
    """
    onward = {page.next_link: page for page in pages if page.next_link}
    if onward and len(onward) >= _distinct(pages):
        last = list(onward.values())[-1]
        yield _missing(kind, last.place, f"{address}: the page after this one is missing")
        return
    counts = {page.skipped_before_next: page for page in onward.values()}
    if None not in counts and counts:
        before = sum(page.records for page in onward.values())
        furthest = max(count for count in counts if count is not None)
        if before < furthest:
            detail = f"{address}: {furthest} records come before the last page, and {before} are here"
            yield _missing(kind, counts[furthest].place, detail)
            return
    yield from _fewer_than_said(kind, address, pages)


def _distinct(pages: Sequence[Page]) -> int:
    """How many pages there are, one that is there twice counted once; those without a next one all count."""
    return len({page.next_link for page in pages if page.next_link}) + sum(
        not page.next_link for page in pages
    )


def _fewer_than_said(kind: str, address: str, pages: Sequence[Page]) -> Iterator[Problem]:
    found = sum(page.records for page in pages)
    for page in pages:
        if page.total is not None and page.total > found:
            detail = f"{address}: there are {page.total} records, and {found} are here"
            yield _missing(kind, page.place, detail)
            return


def _missing(kind: str, place: Place, detail: str) -> Problem:
    detail = f"{detail}. Nothing is concluded from what is not in it."
    return Problem(place, "missing_page", detail, kind)
