"""What a record says of the processing: for which purposes which data goes which way, flow by flow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catalog.held import is_personal
from catalog.models import Element, Flow
from consents.records.described import Covered, Described
from consents.records.nodes import catalog_urn, filled, tenant_urn
from consents.records.vocabulary import country, node, purpose

STORAGE = (
    "At the recipient the data is stored under the tenant's own contract with it, in the recipient's country."
)
WAYS = {
    Flow.Direction.TO_THIRD_PARTY: ("dpv:Share", "dpv:hasRecipient"),
    Flow.Direction.FROM_THIRD_PARTY: ("dpv:Obtain", "dpv:hasDataSource"),
}


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


def flow_entry(covered: Covered) -> dict[str, Any]:
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
