"""Which of the languages at hand a reader gets (RFC 4647, lookup)."""

from __future__ import annotations

from collections.abc import Sequence


def best_of(wished: Sequence[str], at_hand: Sequence[str], default: str) -> str:
    """The first wished language that is at hand, taking `de` for `de-CH` and the other way round; else the default."""
    for tag in wished:
        found = _match(tag, at_hand)
        if found is not None:
            return found
    return default


def _match(tag: str, at_hand: Sequence[str]) -> str | None:
    exact = {language.lower(): language for language in at_hand}
    parts = tag.lower().split("-")
    while parts:
        if "-".join(parts) in exact:
            return exact["-".join(parts)]
        parts.pop()
    primary = tag.lower().split("-")[0]
    return next((language for language in at_hand if language.lower().split("-")[0] == primary), None)
