"""The receipt: what whoever gave a consent is handed. It says in short what was agreed, and names the record."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from consents.models import Consent
from consents.records.canonical import DIGEST, sealed
from consents.records.described import Described
from consents.records.nodes import filled, iso, urn_of
from consents.records.vocabulary import RECEIPT_PROFILE, RECEIPT_SCHEMA, context, node
from consents.records.writing import record_of

TAKEN_OVER = (
    "dct:title", "dct:language", "dpv:hasConsentStatus", "dpv:hasDataController", "dpv:hasRecipient",
    "dpv:hasLegalBasis", "dpv:hasJurisdiction", "pc:connection", "pc:holds",
)  # fmt: skip


def receipt_of(consent: Consent, as_of: datetime) -> dict[str, Any]:
    """The receipt for the record as known at the instant: its digest names that state of the record."""
    record = record_of(consent, as_of)
    described = Described.of(consent, as_of)
    digest = record[DIGEST]["pc:sha256"]
    return sealed(
        filled(
            {
                "@context": context(),
                "@id": uuid.uuid5(consent.record_id, digest).urn,
                "@type": "dpv:ConsentReceipt",
                "dct:conformsTo": [node(RECEIPT_PROFILE), node(RECEIPT_SCHEMA)],
                "dct:issued": iso(as_of),
                "dct:source": {"@id": urn_of(consent), "@type": "dpv:ConsentRecord", "pc:sha256": digest},
                **{name: record[name] for name in TAKEN_OVER if name in record},
                "pc:givenBy": consent.granted_by or consent.requested_by,
                "pc:given": iso(consent.granted_at),
                "pc:terms": _terms(consent),
                "dpv:hasPurpose": _joined(record, "dpv:hasPurpose"),
                "dpv:hasPersonalData": _concepts(described),
                "pc:flows": len(described.flows),
                "pc:personalFlows": sum(covered.flow.personal for covered in described.flows),
                "dpv:hasConsentControl": node("dpv:WithdrawConsent"),
            }
        )
    )


def _terms(consent: Consent) -> dict[str, str]:
    return filled({"pc:address": consent.terms_url, "pc:sha256": consent.terms_sha256})


def _joined(record: dict[str, Any], name: str) -> list[dict[str, str]]:
    codes = {one["@id"] for process in record["dpv:hasProcess"] for one in process.get(name, ())}
    return [node(code) for code in sorted(codes)]


def _concepts(described: Described) -> list[dict[str, str]]:
    """The categories of personal data, in the vocabulary's terms."""
    return [node(code) for code in sorted({code for element in described.elements for code in element.dpv})]
