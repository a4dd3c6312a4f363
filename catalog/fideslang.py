"""An edition as a manifest of the Fides language (fideslang), for tools that read one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import yaml

from catalog.held import Held
from catalog.kinds import Record

# The nearest of fideslang's default data uses.
DATA_USES = {
    "service_provision": "essential.service",
    "security": "essential.service.security",
    "service_improvement": "functional.service.improve",
    "support": "essential.service.operations.support",
    "billing": "essential.service.payment_processing",
    "audit": "essential.service.operations",
    "legal_obligation": "essential.legal_obligation",
}
SHARING = "third_party_sharing"
DATA_SUBJECTS = ["employee"]


def fideslang_manifest(held: Held) -> dict[str, Any]:
    """The edition as a fideslang manifest.

    data_category: a tree of our own (catalog, category, element), since fideslang's is coarser; ISO/IEC 19944-1, DPV,
    collection and the features that bring it go along as tags. dataset: the catalog, its categories as collections,
    elements as fields. system: the service, with a privacy declaration for each purpose and each service at a third
    party, and the third parties data is exchanged with. For purposes only what is personal is declared. Never-rules,
    regions and datacentres have no place there.
    """
    return {
        "data_category": _fides_categories(held),
        "dataset": [_fides_dataset(held)],
        "system": [_fides_service(held), *_fides_parties(held)],
    }


def fides_key(held: Held, element: Record) -> str:
    """catalog.category.element. Points inside a code become `>`, as fideslang reads a point as a parent's name."""
    leaf = element["code"].removeprefix(element["category"] + ".")
    return ".".join([held.header["code"], _key_part(element["category"]), _key_part(leaf)])


def _key_part(code: str) -> str:
    return code.replace(".", ">")


def _fides_categories(held: Held) -> list[dict[str, Any]]:
    root = held.header["code"]
    top = [{"fides_key": root, "name": held.header["name"], "description": held.header["description"]}]
    groups = [
        {
            "fides_key": f"{root}.{_key_part(category['code'])}",
            "name": category["name"],
            "description": category["note"] or category["name"],
            "parent_key": root,
        }
        for category in held.records("categories")
        if category["collection"] != "never"
    ]
    return [*top, *groups, *(_fides_element(held, element) for element in held.collected)]


def _fides_element(held: Held, element: Record) -> dict[str, Any]:
    key = fides_key(held, element)
    tags = [f"collection:{element['collection']}", f"classification:{element['classification']}"]
    tags += [f"iso19944:{element['iso19944']}"] if element["iso19944"] else []
    tags += [f"iso19944_qualifier:{element['iso19944_qualifier']}"] if element["iso19944_qualifier"] else []
    tags += [f"feature:{code}" for code in held.features_of(element)]
    return {
        "fides_key": key,
        "name": element["name"],
        "description": element["note"] or element["name"],
        "parent_key": key.rpartition(".")[0],
        "tags": [*tags, *element["dpv"]],
    }


def _fides_dataset(held: Held) -> dict[str, Any]:
    fields: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for element in held.collected:
        key = fides_key(held, element)
        name = key.rpartition(".")[2]
        fields[element["category"]].append(
            {"name": name, "description": element["name"], "data_categories": [key]}
        )
    names = {category["code"]: category["name"] for category in held.records("categories")}
    collections = [
        {"name": code, "description": names[code], "fields": fields[code]} for code in sorted(fields)
    ]
    return {
        "fides_key": _dataset_key(held),
        "name": held.header["name"],
        "description": held.header["description"],
        "collections": collections,
    }


def _dataset_key(held: Held) -> str:
    return f"{held.header['code']}-data"


def _fides_service(held: Held) -> dict[str, Any]:
    return {
        "fides_key": held.header["code"],
        "name": held.header["name"],
        "description": held.header["description"],
        "system_type": "Service",
        "responsibility": ["Processor"],
        "legal_name": held.header["processor"],
        "egress": _fides_flows(held, "to_third_party"),
        "ingress": _fides_flows(held, "from_third_party"),
        "privacy_declarations": [*_fides_purposes(held), *_fides_sharing(held)],
        "dataset_references": [_dataset_key(held)],
    }


def _fides_purposes(held: Held) -> Iterable[dict[str, Any]]:
    for purpose, use in DATA_USES.items():
        keys = [fides_key(held, e) for e in held.personal if e["purpose"] == purpose]
        if keys:
            yield {
                "name": purpose.replace("_", " ").capitalize(),
                "data_categories": keys,
                "data_use": use,
                "data_subjects": DATA_SUBJECTS,
            }


def _fides_sharing(held: Held) -> Iterable[dict[str, Any]]:
    for service in held.records("services"):
        out, back = (_carried(held, service, way) for way in ("to_third_party", "from_third_party"))
        party = _party_key(held, service["third_party"])
        if any(flow["service"] == service["code"] for flow in held.records("flows")):
            yield {
                "name": service["name"],
                "data_categories": sorted({*out, *back}),
                "data_use": SHARING if out else DATA_USES["service_provision"],
                "data_subjects": DATA_SUBJECTS,
                "egress": [party] if held.flows_of(service, "to_third_party") else [],
                "ingress": [party] if held.flows_of(service, "from_third_party") else [],
                "data_shared_with_third_parties": bool(out),
                "third_parties": held.state["third_parties"][service["third_party"]]["name"],
                "shared_categories": out,
            }


def _carried(held: Held, service: Record, direction: str) -> list[str]:
    """The keys of the elements that flow one way through a service."""
    return sorted(fides_key(held, element) for element in held.elements_of(service, direction))


def _party_key(held: Held, code: str) -> str:
    return f"{held.header['code']}-{code}"


def _fides_flows(held: Held, direction: str) -> list[dict[str, Any]]:
    keys: dict[str, set[str]] = defaultdict(set)
    for service in held.records("services"):
        if held.flows_of(service, direction):
            keys[service["third_party"]].update(_carried(held, service, direction))
    return [
        {"fides_key": _party_key(held, code), "type": "system", "data_categories": sorted(keys[code])}
        for code in sorted(keys)
    ]


def _fides_parties(held: Held) -> Iterable[dict[str, Any]]:
    for party in held.records("third_parties"):
        if party["shares_data"]:
            yield {
                "fides_key": _party_key(held, party["code"]),
                "name": party["name"],
                "description": party["statement"] or party["name"],
                "system_type": "Third Party",
                "responsibility": ["Sub-Processor" if party["agent_of_processor"] else "Controller"],
                "privacy_declarations": [],
            }


def write_fideslang(held: Held) -> bytes:
    """The manifest as YAML."""
    manifest = fideslang_manifest(held)
    return yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110).encode()


class _Dumper(yaml.SafeDumper):
    """Without anchors: a list that occurs twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
