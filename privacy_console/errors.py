"""Refusals that are nobody's mistake in typing: the state of things does not allow the deed."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models


class Refused(Exception):
    """A deed that cannot be done now.

    code: stable, for machines (`already_granted`). detail: a sentence for the person, saying what to do.
    The API answers 409, a page explains, a command exits 1 with the sentence.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class ScopeRequired(RuntimeError):
    """Someone read tenant-owned rows without saying for whom."""

    def __init__(self, model: type[models.Model]) -> None:
        super().__init__(
            f"{model.__name__} belongs to tenants: say for whom with .for_tenant(tenant), .for_user(user), "
            "or, where it must be, .across_tenants()."
        )


def first_of(problems: Sequence[str], most: int, *, of: int) -> str:
    """The first of so many problems in one line, and how many more there are."""
    shown = problems[:most]
    more = of - len(shown)
    return "; ".join([*shown, *([f"and {more:,} more"] if more > 0 else [])])
