"""The register as PDF: tagged (PDF/UA-1), set from data by a template of our own, with fonts that are built in."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import IO, Any

import typst
from django.utils import timezone

from consents.exports.register import Entry, Register
from consents.exports.writers import json_digest
from consents.models import Consent

TEMPLATE = Path(__file__).with_name("register.typ")
LETTERS = Path(__file__).with_name("letters.json")
LONGEST_WORD = 18
"""Longer words in a table are given places where a line may end: half a record's id, for one."""
BREAK = "\u200b"
HEADINGS = {
    "Service": 14, "Third party": 10, "Covers": 9, "Requested": 12, "Decided": 14, "Holds": 14, "Legal basis": 11,
    "Contract": 12, "Record": 14,
}  # fmt: skip


def pour_pdf(register: Register, out: IO[bytes]) -> None:
    """The register for people: a table for each state, and the digest of the same register as JSON."""
    out.write(typeset(_document(register)))


def typeset(document: dict[str, Any]) -> bytes:
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


def _document(register: Register) -> dict[str, Any]:
    tenant, as_of = register.tenant, register.as_of
    name = printable(tenant.name)
    title = f"Register of sharing consents: {name}"
    return {
        "title": title,
        "author": name,
        "description": "What the tenant allowed to flow to third parties: by whom, when, why and until when.",
        "footer": f"as of {_instant(as_of)}",
        "about": [
            ["Tenant", f"{name} ({tenant.slug}), directory {tenant.directory_id}, {tenant.country}"],
            ["As of", f"{_instant(as_of)}: the register as it was known then ({as_of.isoformat()})"],
            ["Made", _instant(timezone.now())],
            ["Times", f"in the zone {timezone.get_current_timezone_name()}"],
            ["Consents", str(len(register))],
            ["SHA-256 of this register as JSON", json_digest(register)],
        ],
        "groups": _groups(register),
        "note": "Letters that the built-in fonts lack are written as their code, for example <U+65E5>; the other "
        "formats have them as they are.",
    }


def _groups(register: Register) -> list[dict[str, Any]]:
    rows: dict[str, list[list[str]]] = defaultdict(list)
    for entry in register:
        rows[entry.state].append([_breakable(printable(cell)) for cell in _cells(entry)])
    return [
        {
            "title": f"{state.label} ({len(rows[state])})",
            "headings": list(HEADINGS),
            "widths": list(HEADINGS.values()),
            "rows": rows[state],
            "empty": f"No consent is {state.label.lower()}.",
        }
        for state in Consent.State
    ]


def _cells(entry: Entry) -> list[str]:
    """One consent, in the order of the headings."""
    consent, party = entry.consent, entry.third_party
    return [
        consent.name,
        f"{party.name} ({party.country})" if party.country else party.name,
        f"{len(entry.flows)} data, {entry.personal} personal" if entry.flows else "nothing",
        _by(consent.requested_at, consent.requested_by),
        _decided(entry),
        _holds(consent),
        _joined(
            consent.get_legal_basis_display(), consent.get_safeguard_display(), consent.safeguard_reference
        ),
        _joined(consent.contract_reference, consent.contract_parties, consent.terms_url),
        str(consent.record_id),
    ]


def _decided(entry: Entry) -> str:
    consent = entry.consent
    steps = f"{entry.open_steps} steps open" if entry.open_steps else ""
    return _joined(
        _by(consent.granted_at, consent.granted_by, "granted"),
        _by(consent.declined_at, consent.declined_by, "declined"),
        _by(consent.withdrawn_at, consent.withdrawn_by, "withdrawn"),
        consent.withdraw_reason or consent.decline_reason or consent.grant_reason,
        steps,
    )


def _holds(consent: Consent) -> str:
    if consent.effective_from is None:
        return "not"
    until = f"until {_instant(consent.ends_at)}" if consent.ends_at else "until withdrawn"
    return f"from {_instant(consent.effective_from)} {until}"


def _by(at: datetime | None, who: str, verb: str = "") -> str:
    return f"{verb} {_instant(at)} by {who}".strip() if at else ""


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _instant(value: datetime | date) -> str:
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M %Z}"
    return value.isoformat()


# --- Text that the fonts can show ---


@cache
def _letters() -> frozenset[str]:
    """Every letter that the built-in fonts have, apart from ASCII; `tests/consents/test_export.py` tries them."""
    ranges = json.loads(LETTERS.read_text(encoding="utf-8"))["ranges"]
    return frozenset(chr(code) for first, last in ranges for code in range(first, last + 1))


def printable(text: str) -> str:
    """The text as the fonts can show it: blanks for what breaks lines, codes for letters that they lack."""
    words = unicodedata.normalize("NFC", text).split()
    return " ".join("".join(map(_shown, word)) for word in words)


def _shown(letter: str) -> str:
    is_known = " " < letter <= "~" or letter in _letters()
    return letter if is_known else f"<U+{ord(letter):04X}>"


def _breakable(text: str) -> str:
    parts = (
        [word[at : at + LONGEST_WORD] for at in range(0, len(word), LONGEST_WORD)] for word in text.split(" ")
    )
    return " ".join(BREAK.join(part) for part in parts)
