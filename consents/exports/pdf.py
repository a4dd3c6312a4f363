"""The register as PDF: a table for each state."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import IO, Any

from consents.exports.register import Entry, Register
from consents.exports.writers import json_digest
from consents.models import Consent
from tenants.exports.pdf import document, group, instant, joined, typeset

HEADINGS = {
    "Service": 14, "Third party": 10, "Covers": 9, "Requested": 12, "Decided": 14, "Holds": 14, "Legal basis": 11,
    "Contract": 12, "Record": 14,
}  # fmt: skip


def pour_pdf(register: Register, out: IO[bytes]) -> None:
    """The register for people: a table for each state, and the digest of the same register as JSON."""
    out.write(typeset(_document(register)))


def _document(register: Register) -> dict[str, Any]:
    return document(
        title=f"Register of sharing consents: {register.tenant.name}",
        tenant=register.tenant,
        description="What the tenant allowed to flow to third parties: by whom, when, why and until when.",
        as_of=register.as_of,
        about=[
            ("Consents", str(len(register))),
            ("SHA-256 of this register as JSON", json_digest(register)),
        ],
        groups=_groups(register),
    )


def _groups(register: Register) -> list[dict[str, Any]]:
    rows: dict[str, list[list[str]]] = defaultdict(list)
    for entry in register:
        rows[entry.state].append(_cells(entry))
    return [
        group(state.label, HEADINGS, rows[state], f"No consent is {state.label.lower()}.")
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
        joined(
            consent.get_legal_basis_display(), consent.get_safeguard_display(), consent.safeguard_reference
        ),
        joined(consent.contract_reference, consent.contract_parties, consent.terms_url),
        str(consent.record_id),
    ]


def _decided(entry: Entry) -> str:
    consent = entry.consent
    steps = f"{entry.open_steps} steps open" if entry.open_steps else ""
    return joined(
        _by(consent.granted_at, consent.granted_by, "granted"),
        _by(consent.declined_at, consent.declined_by, "declined"),
        _by(consent.withdrawn_at, consent.withdrawn_by, "withdrawn"),
        consent.withdraw_reason or consent.decline_reason or consent.grant_reason,
        steps,
    )


def _holds(consent: Consent) -> str:
    if consent.effective_from is None:
        return "not"
    until = f"until {instant(consent.ends_at)}" if consent.ends_at else "until withdrawn"
    return f"from {instant(consent.effective_from)} {until}"


def _by(at: datetime | None, who: str, verb: str = "") -> str:
    return f"{verb} {instant(at)} by {who}".strip() if at else ""
