"""A consent as a record: the structure of ISO/IEC TS 27560:2023, the terms of the Data Privacy Vocabulary, JSON-LD."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from consents.models import Consent
from consents.records.canonical import sealed
from consents.records.described import Described
from consents.records.nodes import catalog_urn, filled, iso, tenant_urn, urn_of
from consents.records.processing import flow_entry, processes
from consents.records.vocabulary import (
    LEGAL_BASIS,
    RECORD_PROFILE,
    RECORD_SCHEMA,
    SAFEGUARD,
    STATUS,
    context,
    country,
    node,
)

PEOPLE = "The people who use the devices that the tenant manages, and its administrators."
AUTHORISATION = (
    "The tenant authorises the sharing as controller. Whether the people themselves consented is said by the legal "
    "basis (GDPR Art. 6(1)), where it is given."
)


def record_of(consent: Consent, as_of: datetime) -> dict[str, Any]:
    """The record of a consent as known at the instant, with the digest of itself; what is empty is left out."""
    return sealed(_record(Described.of(consent, as_of)))


def _record(described: Described) -> dict[str, Any]:
    consent = described.consent
    return filled(
        {
            "@context": context(),
            "@id": urn_of(consent),
            "@type": "dpv:ConsentRecord",
            "dct:conformsTo": [node(RECORD_PROFILE), node(RECORD_SCHEMA)],
            "dpv:hasIdentifier": str(consent.record_id),
            "dct:title": consent.name,
            "dct:description": AUTHORISATION,
            "dct:language": "en",
            "dct:created": iso(consent.requested_at),
            "dct:creator": node(tenant_urn(described)),
            "dct:replaces": node(urn_of(described.supersedes)) if described.supersedes else None,
            "dpv:hasConsentStatus": node(STATUS[Consent.State(described.state)]),
            **parties(described),
            "dpv:hasJurisdiction": node(f"loc:{described.tenant.country}"),
            "dpv:hasLegalBasis": _legal_basis(consent),
            "pc:transfer": _transfer(described),
            "dpv:hasNotice": _terms(consent),
            "pc:contract": _contract(consent),
            "pc:service": _service(described),
            "pc:connection": consent.connection,
            "pc:justification": consent.justification,
            "pc:holds": holds(consent),
            "pc:agreedTo": _edition(described),
            "dpv:hasProcess": processes(described),
            "pc:flow": [flow_entry(covered) for covered in described.flows],
            "pc:event": _events(consent, described.state),
            "pc:endingStep": [_step(described, step) for step in described.steps],
            "pc:provenance": _provenance(described),
        }
    )


# --- Who ---


def parties(described: Described) -> dict[str, Any]:
    """Controller, processor, recipient and data subjects."""
    tenant, party = described.tenant, described.third_party
    return {
        "dpv:hasDataController": {
            "@id": tenant_urn(described),
            "@type": "dpv:DataController",
            "dpv:hasIdentifier": str(tenant.directory_id),
            "dpv:hasName": tenant.name,
            **country(tenant.country),
        },
        "dpv:hasDataProcessor": {
            "@id": catalog_urn(described, "processor"),
            "@type": "dpv:DataProcessor",
            "dpv:hasName": described.catalog.processor,
        },
        "dpv:hasRecipient": {
            "@id": catalog_urn(described, "third-party", party.code),
            "@type": ["dpv:Recipient", "dpv:ThirdParty"],
            "dpv:hasIdentifier": party.code,
            "dpv:hasName": party.name,
            **country(party.country),
        },
        "dpv:hasDataSubject": {
            "@id": f"{tenant_urn(described)}#people",
            "@type": "dpv:DataSubject",
            "dct:description": PEOPLE,
        },
    }


# --- On what grounds ---


def _legal_basis(consent: Consent) -> dict[str, str] | None:
    return node(LEGAL_BASIS[Consent.LegalBasis(consent.legal_basis)]) if consent.legal_basis else None


def _transfer(described: Described) -> dict[str, Any]:
    """Into which country the data goes, and what allows that (GDPR Chapter V)."""
    consent, party = described.consent, described.third_party
    safeguard = SAFEGUARD[Consent.Safeguard(consent.safeguard)] if consent.safeguard else ""
    return filled(
        {
            "dpv:hasDataExporter": node(tenant_urn(described)),
            "dpv:hasDataImporter": node(catalog_urn(described, "third-party", party.code)),
            **country(party.country),
            "dpv:hasLegalBasis": node(safeguard) if safeguard else None,
            "dct:description": consent.safeguard_reference,
        }
    )


def _terms(consent: Consent) -> dict[str, Any] | None:
    """The third party's terms as they were when the consent was asked for."""
    about = filled(
        {
            "pc:address": consent.terms_url,
            "pc:text": consent.terms_text,
            "pc:sha256": consent.terms_sha256,
        }
    )
    return {"@type": "dpv:Notice", **about} if about else None


def _contract(consent: Consent) -> dict[str, Any] | None:
    about = filled(
        {
            "dct:identifier": consent.contract_reference,
            "pc:parties": consent.contract_parties,
            "pc:signedOn": iso(consent.contract_signed_on),
            "pc:endsOn": iso(consent.contract_ends_on),
        }
    )
    return {"@type": "dpv:Contract", **about} if about else None


def holds(consent: Consent) -> dict[str, Any]:
    """From when it holds, until when that was agreed, and until when it does."""
    return filled(
        {
            "pc:from": iso(consent.effective_from),
            "pc:agreedUntil": iso(consent.effective_until),
            "pc:until": iso(consent.ends_at),
        }
    )


# --- For what ---


def _service(described: Described) -> dict[str, Any]:
    service = described.service
    return filled(
        {
            "@id": catalog_urn(described, "service", service.code),
            "dct:identifier": service.code,
            "dct:title": service.name,
            "dct:description": service.purpose_text,
        }
    )


def _edition(described: Described) -> dict[str, Any]:
    edition = described.edition
    if edition is None:
        return {"@type": "dcat:Dataset", "pc:catalog": described.catalog.code}
    return filled(
        {
            "@id": catalog_urn(described, "edition", str(edition.number)),
            "@type": "dcat:Dataset",
            "pc:catalog": described.catalog.code,
            "pc:edition": edition.number,
            "dct:issued": iso(edition.released_on),
            "pc:sha256": edition.sha256,
        }
    )


# --- What happened ---


def _events(consent: Consent, state: str) -> list[dict[str, Any]]:
    """The events of the life, in their order."""
    found = [
        _event("requested", consent.requested_at, consent.requested_by),
        _event("granted", consent.granted_at, consent.granted_by, consent.grant_reason)
        | filled(
            {
                "pc:role": consent.granted_role,
                "pc:origin": consent.granted_origin,
                "pc:ipAddress": consent.granted_address,
            }
        ),
        _event("declined", consent.declined_at, consent.declined_by, consent.decline_reason),
        _event("withdrawn", consent.withdrawn_at, consent.withdrawn_by, consent.withdraw_reason),
        _event("expired", consent.ends_at if state == Consent.State.EXPIRED else None, ""),
    ]
    return [event for event in found if "dct:date" in event]


def _event(state: str, at: datetime | None, who: str, why: str = "") -> dict[str, Any]:
    if at is None:
        return {}
    return filled(
        {
            "dpv:hasConsentStatus": node(STATUS[Consent.State(state)]),
            "dct:date": iso(at),
            "pc:by": who,
            "pc:reason": why,
        }
    )


def _step(described: Described, step: Any) -> dict[str, Any]:
    return filled(
        {
            "dct:identifier": step.code,
            "dct:title": step.title,
            "dct:description": step.instructions,
            "dct:source": step.source,
            "pc:dueOn": iso(step.due_on),
            "pc:owner": described.owners.get(step.owner_id, ""),
            "pc:status": step.status,
            "pc:proof": step.proof,
            "pc:doneAt": iso(step.done_at),
            "pc:doneBy": step.done_by,
        }
    )


def _provenance(described: Described) -> dict[str, Any]:
    """Where in this console's trail the record comes from: the one part that another console does not repeat."""
    return filled(
        {
            "pc:tenant": described.tenant.slug,
            "pc:consent": str(described.consent.pk),
            "pc:restoredFrom": described.consent.restored_from,
            "pc:auditEvent": [
                filled(
                    {
                        "dct:identifier": str(event.pk),
                        "pc:activity": event.activity,
                        "dct:date": iso(event.occurred_at),
                        "pc:by": event.attribution.actor_name,
                        "pc:role": event.attribution.actor_role,
                        "pc:origin": event.attribution.origin,
                    }
                )
                for event in described.events
            ],
        }
    )
