"""Refusals that are nobody's mistake in typing: the state of things does not allow the deed."""

from __future__ import annotations


class Refused(Exception):
    """A deed that cannot be done now.

    code: stable, for machines (`already_granted`). detail: a sentence for the person, saying what to do.
    The API answers 409, a page explains, a command exits 1 with the sentence.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail
