"""A consent as a record: the structure of ISO/IEC TS 27560:2023, the terms of the Data Privacy Vocabulary, JSON-LD."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from catalog.held import is_personal
from catalog.models import Element, Flow
from consents.models import Consent
from consents.records.canonical import sealed
from consents.records.described import Covered, Described
from consents.records.vocabulary import (
    LEGAL_BASIS,
    RECORD_PROFILE,
    RECORD_SCHEMA,
    SAFEGUARD,
    STATUS,
    context,
    country,
    node,
    purpose,
)
from privacy_console.timestamps import utc_text

PEOPLE = "The people who use the devices that the tenant manages, and its administrators."
AUTHORISATION = (
    "The tenant authorises the sharing as controller. Whether the people themselves consented is said by the legal "
    "basis (GDPR Art. 6(1)), where it is given."
)
STORAGE = (
    "At the recipient the data is stored under the tenant's own contract with it, in the recipient's country."
)
WAYS = {
    Flow.Direction.TO_THIRD_PARTY: ("dpv:Share", "dpv:hasRecipient"),
    Flow.Direction.FROM_THIRD_PARTY: ("dpv:Obtain", "dpv:hasDataSource"),
}


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
            "dct:created": instant(consent.requested_at),
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
            "pc:flow": [_flow(covered) for covered in described.flows],
            "pc:event": _events(consent, described.state),
            "pc:endingStep": [_step(described, step) for step in described.steps],
            "pc:provenance": _provenance(described),
        }
    )


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without those that say nothing."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def urn_of(consent: Consent) -> str:
    return f"urn:uuid:{consent.record_id}"


def tenant_urn(described: Described) -> str:
    return f"urn:uuid:{described.tenant.directory_id}"


def catalog_urn(described: Described, *parts: str) -> str:
    return ":".join(["urn:privacy-console", described.catalog.code, *parts])


def instant(value: datetime | date | None) -> str | None:
    """ISO 8601, times in UTC."""
    if isinstance(value, datetime):
        return utc_text(value)
    return value.isoformat() if value else None


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
            "pc:signedOn": instant(consent.contract_signed_on),
            "pc:endsOn": instant(consent.contract_ends_on),
        }
    )
    return {"@type": "dpv:Contract", **about} if about else None


def holds(consent: Consent) -> dict[str, Any]:
    """From when it holds, until when that was agreed, and until when it does."""
    return filled(
        {
            "pc:from": instant(consent.effective_from),
            "pc:agreedUntil": instant(consent.effective_until),
            "pc:until": instant(consent.ends_at),
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
            "dct:issued": instant(edition.released_on),
            "pc:sha256": edition.sha256,
        }
    )


def processes(described: Described) -> list[dict[str, Any]]:
    """One for each way that data goes; before the grant one for the purpose alone."""
    ways = [way for way in WAYS if any(covered.flow.direction == way for covered in described.flows)]
    return [_process(described, way) for way in ways] or [_purpose_alone(described)]


def _purpose_alone(described: Described) -> dict[str, Any]:
    return {
        "@type": "dpv:Process",
        "dct:title": described.service.name,
        "dpv:hasPurpose": [node("dpv:ServiceProvision")],
        "dpv:hasProcessing": [node("dpv:Share")],
    }


def _process(described: Described, way: str) -> dict[str, Any]:
    processing, relation = WAYS[Flow.Direction(way)]
    party = node(catalog_urn(described, "third-party", described.third_party.code))
    elements = _elements([covered for covered in described.flows if covered.flow.direction == way])
    return filled(
        {
            "@type": "dpv:Process",
            "dct:title": f"{described.service.name}: {Flow.Direction(way).label.lower()}",
            "dpv:hasPurpose": _purposes(elements),
            "dpv:hasProcessing": [node(processing)],
            "dpv:hasDataController": node(tenant_urn(described)),
            relation: party,
            "dpv:hasPersonalData": [_element(described, one) for one in elements if _is_personal(one)],
            "dpv:hasData": [_element(described, one) for one in elements if not _is_personal(one)],
            "dpv:hasStorageCondition": {
                "@type": "dpv:StorageCondition",
                "dct:description": STORAGE,
                **country(described.third_party.country),
            },
            "dpv:hasConsentControl": node("dpv:WithdrawConsent"),
        }
    )


def _elements(flows: Iterable[Covered]) -> list[Element]:
    found = {element.code: element for covered in flows for element in covered.elements}
    return [found[code] for code in sorted(found)]


def _purposes(elements: Iterable[Element]) -> list[dict[str, str]]:
    codes = {purpose(element.purpose)["@id"] for element in elements} | {"dpv:ServiceProvision"}
    return [node(code) for code in sorted(codes)]


def _is_personal(element: Element) -> bool:
    return is_personal({"classification": element.classification, "dpv": element.dpv})


def _element(described: Described, element: Element) -> dict[str, Any]:
    """An element of the catalog, narrower than the vocabulary's concepts for it."""
    return filled(
        {
            "@id": catalog_urn(described, "element", element.code),
            "@type": "dpv:PersonalData" if _is_personal(element) else "dpv:NonPersonalData",
            "skos:notation": element.code,
            "skos:prefLabel": element.name,
            "skos:broader": [node(code) for code in element.dpv],
        }
    )


def _flow(covered: Covered) -> dict[str, Any]:
    flow = covered.flow
    return filled(
        {
            "dct:identifier": flow.code,
            "dct:title": flow.name,
            "dct:description": covered.purpose,
            "pc:direction": flow.direction,
            "pc:personal": flow.personal,
            "pc:element": sorted(element.code for element in covered.elements),
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
            "dct:date": instant(at),
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
            "pc:dueOn": instant(step.due_on),
            "pc:owner": described.owners.get(step.owner_id, ""),
            "pc:status": step.status,
            "pc:proof": step.proof,
            "pc:doneAt": instant(step.done_at),
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
                        "dct:date": instant(event.occurred_at),
                        "pc:by": event.attribution.actor_name,
                        "pc:role": event.attribution.actor_role,
                        "pc:origin": event.attribution.origin,
                    }
                )
                for event in described.events
            ],
        }
    )
