"""A register or report as PDF: tagged (PDF/UA-1), set from data by a template of our own, with built-in fonts."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.utils import timezone

from tenants.models import Tenant

TEMPLATE = Path(__file__).with_name("register.typ")
LETTERS = Path(__file__).with_name("letters.json")
LONGEST_WORD = 18
"""Longer words in a table are given places where a line may end: half a record's id, for one."""
BREAK = "\u200b"
NOTE = (
    "Letters that the built-in fonts lack are written as their code, for example <U+65E5>; the other formats have "
    "them as they are."
)


def typeset(document: Mapping[str, Any]) -> bytes:
    """The document through the template. No network, no fonts of the system."""
    # By its path: for a template given as text the typesetter would keep a number that it never gives back.
    return typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        sys_inputs={"data": json.dumps(document)},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        format="pdf",
    )


def document(
    *,
    title: str,
    tenant: Tenant,
    description: str,
    as_of: datetime,
    about: Iterable[tuple[str, str]],
    groups: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What the template sets: title, facts, and tables as `group` makes them."""
    name = printable(tenant.name)
    return {
        "title": printable(title),
        "author": name,
        "description": description,
        "footer": f"as of {instant(as_of)}",
        "about": [
            ["Tenant", f"{name} ({tenant.slug}), directory {tenant.directory_id}, {tenant.country}"],
            ["As of", f"{instant(as_of)}: as it was known then ({as_of.isoformat()})"],
            ["Made", instant(timezone.now())],
            ["Times", f"in the zone {timezone.get_current_timezone_name()}"],
            *([label, printable(value)] for label, value in about),
        ],
        "groups": groups,
        "note": NOTE,
    }


def group(
    title: str, headings: Mapping[str, int], rows: Sequence[Sequence[str]], empty: str
) -> dict[str, Any]:
    """A table under a title. headings: each with its share of the width; empty: what is said without any row."""
    return {
        "title": f"{title} ({len(rows)})",
        "headings": list(headings),
        "widths": list(headings.values()),
        "rows": [[breakable(printable(cell)) for cell in row] for row in rows],
        "empty": empty,
    }


def joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def instant(value: datetime | date) -> str:
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M %Z}"
    return value.isoformat()


# --- Text that the fonts can show ---


@cache
def letters() -> frozenset[str]:
    """Every letter that the built-in fonts have, apart from ASCII; `tests/consents/test_export.py` tries them."""
    ranges = json.loads(LETTERS.read_text(encoding="utf-8"))["ranges"]
    return frozenset(chr(code) for first, last in ranges for code in range(first, last + 1))


def printable(text: str) -> str:
    """The text as the fonts can show it: blanks for what breaks lines, codes for letters that they lack."""
    words = unicodedata.normalize("NFC", text).split()
    return " ".join("".join(map(_shown, word)) for word in words)


def _shown(letter: str) -> str:
    is_known = " " < letter <= "~" or letter in letters()
    return letter if is_known else f"<U+{ord(letter):04X}>"


def breakable(text: str) -> str:
    parts = (
        [word[at : at + LONGEST_WORD] for at in range(0, len(word), LONGEST_WORD)] for word in text.split(" ")
    )
    return " ".join(BREAK.join(part) for part in parts)
