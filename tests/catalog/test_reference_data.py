"""The packaged reference catalog, as data: complete, consistent, dated, and true to its own never-rules."""

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

Record = dict[str, Any]

REFERENCE = Path(__file__).parents[2] / "catalog" / "reference"
LISTS = (
    "categories", "elements", "features", "third_parties", "services", "flows", "regions", "datacentres",
    "boundary_phases", "at_rest_exceptions", "adequacy_decisions",
)  # fmt: skip


def read(name: str) -> dict[str, Any]:
    return json.loads((REFERENCE / name).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


CATALOG = read("intune.json")
ISO = read("iso19944.json")
DPV = read("dpv.json")
ELEMENTS: list[Record] = CATALOG["elements"]
RULES = [element for element in ELEMENTS if element["collection"] == "never"]
COLLECTED = [element for element in ELEMENTS if element["collection"] != "never"]
FLOWS: list[Record] = CATALOG["flows"]
FEATURES: list[Record] = CATALOG["features"]


def codes(records: list[Record]) -> set[str]:
    return {record["code"] for record in records}


# The matching rule of catalog/reference/README.md, in its shortest form.


def words(text: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    plain = re.findall(r"[^\W_]+", f"{text} {spaced}".casefold())
    return {*plain, *(word[:-1] for word in plain if len(word) > 3 and word.endswith("s"))}


def matches(rule: Record, element: Record) -> bool:
    """Whether the never-rule forbids the element."""
    if not element["category"].startswith(rule["never_scope"]):
        return False
    present = words(f"{element['name']} {element['code']} {element['example']}")
    return any(set(phrase) <= present for phrase in rule["never_phrases"])


def matching_rules(name: str, *, code: str = "own.item", category: str = "own") -> set[str]:
    element = {"name": name, "code": code, "category": category, "example": ""}
    return {rule["code"] for rule in RULES if matches(rule, element)}


def test_every_optional_element_belongs_to_a_feature() -> None:
    optional = {element["code"] for element in ELEMENTS if element["collection"] == "optional"}
    assert {code for feature in FEATURES for code in feature["elements"]} == optional


def test_the_features_are_the_five_of_the_sources() -> None:
    assert {feature["code"]: feature["role_change"] for feature in FEATURES} == {
        "device_query": "",
        "enhanced_inventory": "",
        "client_diagnostics": "",
        "windows_diagnostic_data": "processor_to_controller",
        "licence_attestation": "",
    }


def test_a_feature_brings_what_its_condition_names() -> None:
    """Elements of the data platform say by which of the two features they are shown."""
    brought = {feature["code"]: set(feature["elements"]) for feature in FEATURES}
    for element in ELEMENTS:
        if element["category"] == "opt_platform":
            said = element["collection_condition"]
            assert ("device query" in said) == (element["code"] in brought["device_query"]), element["code"]
            assert ("inventory" in said) == (element["code"] in brought["enhanced_inventory"]), element[
                "code"
            ]


def test_every_element_of_the_sources_is_there() -> None:
    kinds = Counter(element["collection"] for element in ELEMENTS)
    assert kinds == {"required": 76, "optional": 71, "never": 11}


def test_mam_says_what_the_source_says() -> None:
    assert Counter(e["mam"] for e in ELEMENTS) == {"": 71, "yes": 39, "no": 31 + len(RULES), "conditional": 6}
    assert all(element["mam_condition"] for element in ELEMENTS if element["mam"] == "conditional")
    assert not any(element["mam_condition"] for element in ELEMENTS if element["mam"] in ("no", ""))


def test_every_flow_of_the_sources_is_there() -> None:
    parties = {service["code"]: service["third_party"] for service in CATALOG["services"]}
    assert Counter((parties[flow["service"]], flow["direction"]) for flow in FLOWS) == {
        ("apple", "to_third_party"): 29,
        ("apple", "from_third_party"): 60,
        ("google", "to_third_party"): 18,
        ("google", "from_third_party"): 7,
        ("zebra", "to_third_party"): 16,
        ("jamf", "from_third_party"): 1,
    }


def test_the_condition_of_the_application_inventory_belongs_to_its_category() -> None:
    category = next(c for c in CATALOG["categories"] if c["code"] == "app_inventory")
    assert "corporate-owned" in category["condition"]
    inventory = [element for element in ELEMENTS if element["category"] == "app_inventory"]
    assert {e["mam_condition"] for e in inventory if e["mam"] == "conditional"} == {"Managed apps only"}
    assert not any(element["collection_condition"] for element in inventory)


@pytest.mark.parametrize("name", LISTS)
def test_codes_are_unique(name: str) -> None:
    assert len(codes(CATALOG[name])) == len(CATALOG[name])


@pytest.mark.parametrize("name", LISTS)
def test_every_record_of_a_list_has_the_same_keys_and_no_null(name: str) -> None:
    assert len({tuple(record) for record in CATALOG[name]}) == 1
    nulls = {key for record in CATALOG[name] for key, value in record.items() if value is None}
    assert nulls <= {"override"}


@pytest.mark.parametrize("file", ["intune.json", "iso19944.json", "dpv.json"])
def test_one_record_stands_on_one_line(file: str) -> None:
    lines = [line.strip().rstrip(",") for line in (REFERENCE / file).read_text(encoding="utf-8").splitlines()]
    records = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    assert records == [r for value in read(file).values() if isinstance(value, list) for r in value]


def test_references_resolve() -> None:
    assert {e["category"] for e in ELEMENTS} == codes(CATALOG["categories"])
    assert {s["third_party"] for s in CATALOG["services"]} <= codes(CATALOG["third_parties"])
    assert {f["service"] for f in FLOWS} == codes(CATALOG["services"])
    assert {code for f in FLOWS for code in f["elements"]} <= codes(COLLECTED)


def test_an_element_is_collected_as_its_category_is() -> None:
    category = {c["code"]: c["collection"] for c in CATALOG["categories"]}
    assert all(e["collection"] == category[e["category"]] for e in ELEMENTS)
    assert all(e["code"].startswith(e["category"] + ".") for e in ELEMENTS)


def test_flows_carry_required_elements_only_and_personal_ones_only_when_personal() -> None:
    element = {e["code"]: e for e in ELEMENTS}
    for flow in FLOWS:
        carried = [element[code] for code in flow["elements"]]
        assert all(e["collection"] == "required" for e in carried), flow["code"]
        if any(e["classification"] == "personal" for e in carried):
            assert flow["personal"], flow["code"]


def test_nothing_is_shared_with_configuration_manager() -> None:
    party = next(p for p in CATALOG["third_parties"] if p["code"] == "configuration_manager")
    assert not party["shares_data"]
    assert party["statement"]
    assert "configuration_manager" not in {s["third_party"] for s in CATALOG["services"]}


def test_values_are_of_their_vocabularies() -> None:
    allowed = {
        "mam": {"yes", "no", "conditional", ""},
        "classification": {"personal", "non_personal", "access_control"},
        "identifiability": {
            "identifiable", "pseudonymous", "account", "secret", "support", "org_tenant", "system_metadata",
        },
        "purpose": codes(DPV["purposes"]),
        "iso19944": codes(ISO["categories"]),
        "iso19944_qualifier": codes(ISO["qualifiers"]),
    }  # fmt: skip
    for element in ELEMENTS:
        wrong = {key: element[key] for key, values in allowed.items() if element[key] not in values}
        assert not wrong, (element["code"], wrong)


def test_personal_elements_and_no_others_map_to_personal_data_concepts() -> None:
    known = codes(DPV["personal_data"])
    for element in ELEMENTS:
        assert set(element["dpv"]) <= known, element["code"]
        if element["classification"] != "access_control":
            assert bool(element["dpv"]) == (element["classification"] == "personal"), element["code"]


def test_vocabularies_hold_what_is_used_and_its_parents_and_nothing_else() -> None:
    assert_closed(ISO["categories"], {e["iso19944"] for e in ELEMENTS})
    assert_closed(DPV["personal_data"], {concept for e in ELEMENTS for concept in e["dpv"]})
    purposes = {p["concept"] for p in DPV["purposes"] + DPV["refused_purposes"]}
    assert_closed(DPV["purpose_concepts"], purposes)


def assert_closed(concepts: list[Record], used: set[str]) -> None:
    parents = {c["code"]: c.get("parents", [c.get("parent")]) for c in concepts}
    reached, waiting = set(), [*used]
    while waiting:
        code = waiting.pop()
        reached.add(code)
        waiting += [parent for parent in parents[code] if parent]
    assert reached == set(parents)


def test_purposes_that_are_refused_are_nobodys_purpose() -> None:
    assert codes(DPV["refused_purposes"]) == {"profiling", "advertising", "marketing"}
    assert not codes(DPV["refused_purposes"]) & codes(DPV["purposes"])


def test_dates_are_days_and_none_is_later_than_the_edition() -> None:
    released = date.fromisoformat(CATALOG["edition"]["released_on"])
    dates = [
        date.fromisoformat(r["source_date"]) for name in LISTS for r in CATALOG[name] if r["source_date"]
    ]
    assert max(dates) == released


def test_every_record_names_a_document_and_no_file() -> None:
    for name in LISTS:
        for record in CATALOG[name]:
            assert record["source"], record["code"]
            assert not re.search(r"\.(txt|md|csv|json)\b|/|@", record["source"]), record["source"]


def test_regions_are_those_of_the_sources() -> None:
    assert Counter((r["provider"], r["kind"]) for r in CATALOG["regions"]) == {
        ("intune", "geography"): 3,
        ("intune", "local"): 3,
        ("m365", "macro"): 3,
        ("m365", "boundary"): 1,
        ("m365", "local"): 4,
        ("eu", "legal"): 1,
    }
    region = {r["code"]: r for r in CATALOG["regions"]}
    assert len(region["EUDB"]["countries"]) == 31
    assert region["EU"]["countries"] == region["EUDB"]["countries"]
    assert "GB" not in region["EUDB"]["countries"]


def test_switzerland_is_in_the_data_boundary_and_outside_the_economic_area() -> None:
    region = {r["code"]: set(r["countries"]) for r in CATALOG["regions"]}
    assert region["EUDB"] - region["EEA"] == {"CH"}
    assert len(region["EEA"]) == 30


def test_the_boundary_came_in_three_phases() -> None:
    phases = [(p["region"], p["starts_on"][:7]) for p in CATALOG["boundary_phases"]]
    assert phases == [("EUDB", "2023-01"), ("EUDB", "2024-01"), ("EUDB", "2025-02")]


def test_exceptions_are_from_regions_that_are_there() -> None:
    named = {code for exception in CATALOG["at_rest_exceptions"] for code in exception["regions"]}
    assert named <= codes(CATALOG["regions"])
    assert {e["code"] for e in CATALOG["at_rest_exceptions"] if not e["regions"]} == {
        "support", "edge_caching", "directory", "preview",
    }  # fmt: skip


def in_force(country: str, day: str) -> list[str]:
    return [
        d["code"]
        for d in CATALOG["adequacy_decisions"]
        if d["country"] == country and d["decided_on"] <= day < (d["ends_on"] or "9")
    ]


def test_adequacy_is_as_the_commission_decided() -> None:
    countries = {d["country"] for d in CATALOG["adequacy_decisions"] if not d["ends_on"]}
    assert countries == {
        "AD", "AR", "BR", "CA", "CH", "FO", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "US", "UY"
    }  # fmt: skip
    assert in_force("US", "2015-10-05") == ["US.safe_harbour"]
    assert in_force("US", "2019-01-01") == ["US.privacy_shield"]
    assert in_force("US", "2020-07-16") == []
    assert in_force("US", "2026-01-01") == ["US.dpf"]
    assert in_force("GB", "2021-06-27") == []
    assert in_force("GB", "2025-12-20") == ["GB", "GB.2025"]
    assert in_force("GB", "2027-01-01") == ["GB.2025"]


def test_no_adequacy_decision_is_about_the_economic_area_itself() -> None:
    area = next(r for r in CATALOG["regions"] if r["code"] == "EEA")
    assert not {d["country"] for d in CATALOG["adequacy_decisions"]} & set(area["countries"])


def test_countries_are_two_letters_and_listed_once() -> None:
    for region in CATALOG["regions"]:
        assert region["countries"] == sorted(set(region["countries"])), region["code"]
    one = [
        r["country"] for name in ("third_parties", "datacentres", "adequacy_decisions") for r in CATALOG[name]
    ]
    several = (*CATALOG["regions"], *CATALOG["at_rest_exceptions"])
    many = [country for record in several for country in record["countries"]]
    assert all(re.fullmatch(r"[A-Z]{2}", country) for country in one + many)


def test_only_rules_have_phrases() -> None:
    assert all(rule["never_phrases"] and all(rule["never_phrases"]) for rule in RULES)
    assert not any(e["never_phrases"] or e["never_scope"] or e["override"] for e in COLLECTED)


def test_phrases_are_words_as_the_rule_reads_them() -> None:
    for rule in RULES:
        for phrase in rule["never_phrases"]:
            assert all(word in words(word) and word.isalnum() for word in phrase), (rule["code"], phrase)


def test_no_rule_forbids_what_the_catalog_says_is_collected() -> None:
    clashes = [(r["code"], e["code"]) for r in RULES for e in COLLECTED if matches(r, e)]
    assert not clashes


def test_every_rule_forbids_its_own_name() -> None:
    for rule in RULES:
        assert matches(rule, rule | {"category": rule["never_scope"] or "own"}), rule["code"]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("Browsing history", "never.call_web_history"),
        ("Web history", "never.call_web_history"),
        ("Visited websites", "never.call_web_history"),
        ("Call log", "never.call_web_history"),
        ("CallLogEntries", "never.call_web_history"),
        ("Phone calls", "never.call_web_history"),
        ("SMS messages", "never.text_messages"),
        ("SMSMessages", "never.text_messages"),
        ("Text message body", "never.text_messages"),
        ("iMessage threads", "never.text_messages"),
        ("Contact list", "never.contacts"),
        ("Contacts", "never.contacts"),
        ("Address book", "never.contacts"),
        ("Personal e-mail content", "never.personal_email"),
        ("PERSONAL EMAIL", "never.personal_email"),
        ("Calendar entries", "never.calendar_events"),
        ("Photo library", "never.photos"),
        ("Camera roll", "never.photos"),
        ("Pictures", "never.photos"),
        ("Password of a personal account", "never.personal_passwords"),
        ("Document content", "never.user_documents"),
        ("Contents of documents", "never.user_documents"),
    ],
)
def test_a_rule_forbids_its_subject_under_other_names(name: str, rule: str) -> None:
    assert rule in matching_rules(name)


@pytest.mark.parametrize("code", ["device.call_log", "device.photos", "own.sms", "device.addressBook"])
def test_a_rule_looks_at_the_code_too(code: str) -> None:
    assert matching_rules("Item", code=code)


@pytest.mark.parametrize(
    "name",
    [
        "Contact information (name, phone number, email address)",
        "Static authenticators",
        "Email discussions with Microsoft support",
        "Device name",
        "Phone number",
        "Email address of the owner",
        "Certificate contents hash",
        "Time of the last call of the service interface",
        "Document retention label",
        "Device passcode state",
    ],
)
def test_what_only_sounds_alike_is_allowed(name: str) -> None:
    assert not matching_rules(name)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("Device name", "never.diag_device_name"),
        ("Phone number", "never.diag_phone"),
        ("File content", "never.diag_content"),
    ],
)
def test_rules_about_optional_diagnostics_hold_there_only(name: str, rule: str) -> None:
    assert rule in matching_rules(name, category="opt_client_hw")
    assert rule not in matching_rules(name, category="hardware")
