"""An edition as a graph in the W3C community group's Data Privacy Vocabulary."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from catalog.held import Held, is_personal
from catalog.kinds import FOLDER, Record


@cache
def _vocabulary() -> dict[str, Any]:
    return json.loads((FOLDER / "reference" / "dpv.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def dpv_graph(held: Held) -> dict[str, Any]:
    """The edition as a graph in the Data Privacy Vocabulary 2.0 (JSON-LD 1.1).

    Each collected element is a dpv:PersonalData (or dpv:NonPersonalData) narrower than the concepts it maps to; each
    purpose a dpv:Process with the elements collected for it, and so is each optional feature; each service at a third
    party one or two processes, for what is shared (dpv:hasRecipient) and what is obtained (dpv:hasDataSource). No legal
    basis is claimed: a tenant's sharing consent is none. Never-rules, regions and datacentres are left out.
    """
    header = held.header
    processor = {
        "@id": _urn(held, "processor"),
        "@type": "dpv:DataProcessor",
        "dct:title": header["processor"],
    }
    edition = {
        "@id": _urn(held, "edition", str(held.edition.number)),
        "@type": "dcat:Dataset",
        "dct:title": header["name"],
        "dct:description": header["description"],
        "dct:issued": {"@value": held.edition.released_on.isoformat(), "@type": "xsd:date"},
        "dct:identifier": f"{header['code']} edition {held.edition.number}",
    }
    parties = (_dpv_party(held, party) for party in held.records("third_parties") if party["shares_data"])
    elements = (_dpv_element(held, element) for element in held.collected)
    processes = (*_dpv_purposes(held), *_dpv_features(held), *_dpv_sharing(held))
    graph = [edition, processor, *parties, *elements, *processes]
    return {"@context": prefixes(), "@graph": graph}


def prefixes() -> dict[str, str]:
    """The prefixes of the vocabularies in use: a whole `@context`."""
    return {
        **_vocabulary()["vocabulary"]["prefixes"],
        "dct": "http://purl.org/dc/terms/",
        "dcat": "http://www.w3.org/ns/dcat#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }


def purpose_concept(purpose: str) -> str:
    """The code of the concept for one of the catalog's purposes."""
    return next(str(one["concept"]) for one in _vocabulary()["purposes"] if one["code"] == purpose)


def _urn(held: Held, *parts: str) -> str:
    return ":".join(["urn:privacy-console", held.header["code"], *parts])


def _iri(code: str) -> dict[str, str]:
    """A concept by its full IRI: as the vocabulary lists it, or by its prefix where it does not."""
    known = {c["code"]: c["iri"] for key in ("personal_data", "purpose_concepts") for c in _vocabulary()[key]}
    prefix, _, name = code.partition(":")
    return {"@id": known.get(code) or _vocabulary()["vocabulary"]["prefixes"][prefix] + name}


def _dpv_party(held: Held, party: Record) -> dict[str, Any]:
    return {
        "@id": _urn(held, "third-party", party["code"]),
        "@type": "dpv:DataSubProcessor" if party["agent_of_processor"] else "dpv:ThirdParty",
        "dct:title": party["name"],
        **({"dct:description": party["statement"]} if party["statement"] else {}),
    }


def _dpv_element(held: Held, element: Record) -> dict[str, Any]:
    return {
        "@id": _urn(held, "element", element["code"]),
        "@type": ["skos:Concept", "dpv:PersonalData" if is_personal(element) else "dpv:NonPersonalData"],
        "skos:notation": element["code"],
        "skos:prefLabel": element["name"],
        **({"skos:broader": [_iri(code) for code in element["dpv"]]} if element["dpv"] else {}),
        **({"skos:note": element["note"]} if element["note"] else {}),
        **({"dct:source": element["source"]} if element["source"] else {}),
    }


def _dpv_purposes(held: Held) -> Iterable[dict[str, Any]]:
    for purpose in _vocabulary()["purposes"]:
        elements = [e for e in held.collected if e["purpose"] == purpose["code"]]
        if elements:
            yield {
                "@id": _urn(held, "process", purpose["code"]),
                "@type": "dpv:Process",
                "dpv:hasPurpose": _iri(purpose["concept"]),
                "dpv:hasProcessing": {"@id": "dpv:Collect"},
                "dpv:hasDataProcessor": {"@id": _urn(held, "processor")},
                **_dpv_data(held, elements),
            }


def _dpv_features(held: Held) -> Iterable[dict[str, Any]]:
    """What is collected when a feature is on; the processor is named where it stays one."""
    for feature in held.records("features"):
        elements = [held.state["elements"][code] for code in feature["elements"]]
        processor = {"dpv:hasDataProcessor": {"@id": _urn(held, "processor")}}
        yield {
            "@id": _urn(held, "feature", feature["code"]),
            "@type": "dpv:Process",
            "dct:title": feature["name"],
            **({"dct:description": feature["statement"]} if feature["statement"] else {}),
            "dpv:hasProcessing": {"@id": "dpv:Collect"},
            **({} if feature["role_change"] else processor),
            **_dpv_data(held, elements),
        }


def _dpv_data(held: Held, elements: Iterable[Record]) -> dict[str, Any]:
    data: dict[str, list[dict[str, str]]] = defaultdict(list)
    for element in elements:
        term = "dpv:hasPersonalData" if is_personal(element) else "dpv:hasData"
        data[term].append({"@id": _urn(held, "element", element["code"])})
    return dict(sorted(data.items()))


def _dpv_sharing(held: Held) -> Iterable[dict[str, Any]]:
    for service in held.records("services"):
        yield from _dpv_way(held, service, "to_third_party", "dpv:Share", "dpv:hasRecipient")
        yield from _dpv_way(held, service, "from_third_party", "dpv:Obtain", "dpv:hasDataSource")


def _dpv_way(
    held: Held, service: Record, direction: str, processing: str, relation: str
) -> Iterable[dict[str, Any]]:
    if not held.flows_of(service, direction):
        return
    yield {
        "@id": _urn(held, "process", service["code"], direction),
        "@type": "dpv:Process",
        "dct:title": service["name"],
        **({"dct:description": service["purpose_text"]} if service["purpose_text"] else {}),
        "dpv:hasPurpose": _iri("dpv:ServiceProvision"),
        "dpv:hasProcessing": {"@id": processing},
        "dpv:hasDataProcessor": {"@id": _urn(held, "processor")},
        relation: {"@id": _urn(held, "third-party", service["third_party"])},
        **_dpv_data(held, held.elements_of(service, direction)),
    }


def write_dpv(held: Held) -> bytes:
    """The graph as JSON-LD."""
    return (json.dumps(dpv_graph(held), ensure_ascii=False, indent=1) + "\n").encode()
