"""What a file says, row by row, before it is compared with anything here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from privacy_console.graph.places import Place, Problem

LONGEST_NAME, LONGEST_USER_NAME, LONGEST_ID = 256, 254, 64
GREATEST_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Told:
    """One acceptance, as the file tells of it.

    directory_id: the user's id in the directory, "" where the file has none. version: the number that it has there.
    precision: how exactly the file gives the time; it tells apart a coarser time from another one.
    """

    place: Place
    user_principal_name: str
    display_name: str
    directory_id: str
    version: int
    accepted_at: datetime
    precision: timedelta


Item = Told | Problem
Items = Iterator[Item]


def mistakes_in(user_principal_name: str, display_name: str, directory_id: str) -> Iterator[str]:
    """Why a name or an id cannot be kept."""
    for what, text, longest in (
        ("the user name", user_principal_name, LONGEST_USER_NAME),
        ("the display name", display_name, LONGEST_NAME),
        ("the user's id", directory_id, LONGEST_ID),
    ):
        if len(text) > longest:
            yield f"{what} is longer than {longest} characters"
        if not text.isprintable():
            yield f"{what} contains control characters"
    if not (user_principal_name or directory_id):
        yield "no user is named"
