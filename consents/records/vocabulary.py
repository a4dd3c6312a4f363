"""The terms of a record: which concept of the Data Privacy Vocabulary 2.0 stands for what of a consent.

What the vocabulary has no term for (the checklist, the address of the one who granted) is under `pc:`.
"""

from __future__ import annotations

from typing import Any

from catalog.dpv import prefixes, purpose_concept
from consents.models import Consent

RECORD_SCHEMA = "urn:privacy-console:schema:consent-record:1"
RECEIPT_SCHEMA = "urn:privacy-console:schema:consent-receipt:1"
RECORD_PROFILE = "dpv-27560:record"
RECEIPT_PROFILE = "dpv-27560:receipt-record"

STATUS = {
    Consent.State.REQUESTED: "dpv:ConsentRequested",
    Consent.State.GRANTED: "dpv:ConsentGiven",
    Consent.State.DECLINED: "dpv:ConsentRefused",
    # Taken back by the one who gave it: here the tenant, which is why it is not “revoked”.
    Consent.State.WITHDRAWN: "dpv:ConsentWithdrawn",
    Consent.State.EXPIRED: "dpv:ConsentExpired",
}
STATE_OF = {concept: state.value for state, concept in STATUS.items()}
LEGAL_BASIS = {
    Consent.LegalBasis.CONSENT: "eu-gdpr:A6-1-a",
    Consent.LegalBasis.CONTRACT: "eu-gdpr:A6-1-b",
    Consent.LegalBasis.LEGAL_OBLIGATION: "eu-gdpr:A6-1-c",
    Consent.LegalBasis.VITAL_INTERESTS: "eu-gdpr:A6-1-d",
    Consent.LegalBasis.PUBLIC_TASK: "eu-gdpr:A6-1-e",
    Consent.LegalBasis.LEGITIMATE_INTERESTS: "eu-gdpr:A6-1-f",
}
SAFEGUARD = {
    Consent.Safeguard.ADEQUACY: "eu-gdpr:A45-3",
    Consent.Safeguard.STANDARD_CLAUSES: "eu-gdpr:A46-2-c",
    Consent.Safeguard.BINDING_RULES: "eu-gdpr:A46-2-b",
    # The vocabulary has the single cases of Art. 49(1) only, and which it was the consent does not say.
    Consent.Safeguard.DEROGATION: "dpv:DataTransferLegalBasis",
}
LEGAL_BASIS_OF = {concept: basis.value for basis, concept in LEGAL_BASIS.items()}
SAFEGUARD_OF = {concept: safeguard.value for safeguard, concept in SAFEGUARD.items()}


def context() -> dict[str, str]:
    """The `@context`, whole: a reader needs no network."""
    return {
        **prefixes(),
        "dpv-27560": "https://w3id.org/dpv/schema/dpv-27560#",
        "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
        "loc": "https://w3id.org/dpv/loc#",
        "pc": "urn:privacy-console:terms:",
    }


def node(code: str) -> dict[str, str]:
    """A concept by its code: `{"@id": "dpv:Share"}`."""
    return {"@id": code}


def country(code: str) -> dict[str, Any]:
    return {"dpv:hasCountry": node(f"loc:{code}")} if code else {}


def purpose(code: str) -> dict[str, str]:
    """A purpose of the catalog as the vocabulary's concept."""
    return node(purpose_concept(code))
