"""A small catalog of another device-management service, and ways to write it down."""

from __future__ import annotations

import copy
import json
from typing import Any

from catalog.differences import LoadReport
from catalog.exports import write_document
from catalog.problems import CatalogFileInvalid, Problem
from catalog.services import load_catalog
from tenants.access import Shell

SOURCE = {"source": "Fleet manual", "source_date": "2026-01-15"}

_SMALL: dict[str, Any] = {
    "format": "privacy-console/catalog/1",
    "catalog": {"code": "fleet", "name": "Fleet", "processor": "Fabrikam", "description": "A service of our own."},
    "edition": {"released_on": "2026-01-15", "note": "First."},
    "categories": [
        {"code": "device", "name": "Device", "collection": "required", **SOURCE},
        {"code": "person", "name": "Person", "collection": "optional", **SOURCE},
    ],
    "elements": [
        {
            "code": "device.serial", "category": "device", "name": "Serial number", "collection": "required",
            "classification": "non_personal", "identifiability": "pseudonymous", "purpose": "service_provision",
            "mam": "conditional", "mam_condition": "On company devices", "example": "C02X",
            "iso19944": "connectivity_data", "iso19944_qualifier": "pseudonymized", **SOURCE,
        },
        {
            "code": "person.name", "category": "person", "name": "Name", "collection": "optional",
            "classification": "personal", "identifiability": "identifiable", "purpose": "support",
            "dpv": ["pd:Name"], **SOURCE,
        },
    ],
    "features": [{"code": "greeting", "name": "Greeting", "condition": "New devices", **SOURCE}],
    "third_parties": [{"code": "depot", "name": "Repair depot", "country": "DE", **SOURCE}],
    "services": [{"code": "repairs", "third_party": "depot", "name": "Repairs", "purpose_text": "Mends.", **SOURCE}],
    "flows": [
        {
            "code": "depot.out.serial", "service": "repairs", "direction": "to_third_party", "name": "Serial number",
            "personal": False, "elements": ["device.serial"], **SOURCE,
        },
        {
            "code": "depot.out.name", "service": "repairs", "direction": "to_third_party", "name": "Who sent it",
            "personal": True, "elements": ["person.name"], "purpose_text": "Sends it back.", **SOURCE,
        },
    ],
    "regions": [{"code": "EU", "name": "Europe", "kind": "geography", "provider": "fleet", "countries": ["DE", "FR"]}],
    "datacentres": [{"code": "eu.berlin", "country": "DE", "geography": "Europe", "city": "Berlin"}],
    "at_rest_exceptions": [
        {"code": "mail", "name": "Mail", "covers": "What is written to the help desk.", "countries": ["US"], **SOURCE},
    ],
    "adequacy_decisions": [
        {
            "code": "CH", "name": "Switzerland", "country": "CH", "reference": "Decision 2000/518/EC",
            "decided_on": "2000-07-26", **SOURCE,
        },
    ],
}  # fmt: skip


def small() -> dict[str, Any]:
    """The small catalog, to be changed at will."""
    return copy.deepcopy(_SMALL)


def element(code: str, name: str, **values: Any) -> dict[str, Any]:
    """A collected element with what it must have."""
    return {
        "code": code,
        "category": code.split(".", maxsplit=1)[0],
        "name": name,
        "collection": "required",
        "classification": "personal",
        "identifiability": "identifiable",
        "purpose": "service_provision",
    } | values


def written(document: Any) -> bytes:
    """The document as a file with one record on each line."""
    return write_document(document) if isinstance(document, dict) else json.dumps(document).encode()


def load(document: dict[str, Any], **options: Any) -> Any:
    """Load it as whoever is at the command line."""
    return load_catalog(content=written(document), by=Shell(), **options)


def attempt(content: bytes, **options: Any) -> LoadReport | CatalogFileInvalid:
    """The report of a load, or its refusal."""
    try:
        return load_catalog(content=content, by=Shell(), **options)
    except CatalogFileInvalid as invalid:
        return invalid


def problems_of(content: bytes) -> list[Problem]:
    """What a file is refused for."""
    outcome = attempt(content, dry_run=True)
    return outcome.problems if isinstance(outcome, CatalogFileInvalid) else []


def line_of(content: bytes, text: str) -> int:
    """The first line of the file that contains the text."""
    return next(n for n, line in enumerate(content.decode().splitlines(), 1) if text in line)
