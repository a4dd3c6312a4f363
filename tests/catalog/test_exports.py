"""Every export is read again by a reader of its format, and says what the edition holds."""

import csv
import io
import json
import re
from typing import Any

import pytest
import yaml
from django.core.exceptions import PermissionDenied
from openpyxl import load_workbook

from audit.models import AuditEvent
from catalog.exports import Export, Format, export_catalog
from catalog.fideslang import DATA_USES
from catalog.kinds import KINDS, REFERENCE_FILE, state_of
from catalog.models import Catalog, Edition
from catalog.services import add_entry, load_catalog
from privacy_console.errors import Refused
from tenants.access import Shell
from tests.cast import Cast
from tests.catalog.documents import element, load, small

pytestmark = pytest.mark.django_db

FIDES_KEY = re.compile(r"^[a-zA-Z0-9_.<>-]+$")


@pytest.fixture
def intune() -> Catalog:
    return Catalog.objects.get(code="intune")


@pytest.fixture
def fleet() -> Catalog:
    load(small())
    return Catalog.objects.get(code="fleet")


def export(catalog: Catalog, format_name: str, **options: Any) -> Export:
    return export_catalog(catalog=catalog, format_name=format_name, by=Shell(), **options)


def by_code(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        (r | ({"elements": sorted(r["elements"])} if "elements" in r else {}) for r in records),
        key=lambda r: r["code"],
    )


class TestEveryFormat:
    @pytest.mark.parametrize("format_name", Format.values)
    def test_is_the_same_each_time(self, intune: Catalog, format_name: str) -> None:
        assert export(intune, format_name).content == export(intune, format_name).content

    @pytest.mark.parametrize("format_name", Format.values)
    def test_is_recorded(self, fleet: Catalog, format_name: str) -> None:
        export(fleet, format_name)
        event = AuditEvent.objects.of_platform().get(activity="catalog.exported")
        kind = {"kind": "elements"} if format_name == "csv" else {}
        assert event.details == {"format": format_name, "edition": 1, **kind}
        assert event.resource_type == "catalog.edition"

    def test_is_named_after_its_edition(self, fleet: Catalog) -> None:
        assert export(fleet, "csv", kind="flows").filename == "fleet-edition-1-flows.csv"
        assert export(fleet, "json").filename == "fleet-edition-1.json"

    @pytest.mark.parametrize(
        ("options", "code"),
        [({"format_name": "pdf"}, "unknown_format"), ({"format_name": "csv", "kind": "x"}, "unknown_kind")],
    )
    def test_others_are_refused(self, fleet: Catalog, options: dict[str, Any], code: str) -> None:
        with pytest.raises(Refused) as refusal:
            export(fleet, **options)
        assert refusal.value.code == code

    def test_of_no_edition_or_another_catalogs(self, fleet: Catalog, intune: Catalog) -> None:
        empty = Catalog.objects.create(code="empty", name="Empty", processor="Nobody")
        for options in ({}, {"edition": intune.latest_edition}):
            with pytest.raises(Refused):
                export(empty, "json", **options)

    def test_for_whoever_may_read_the_catalog(self, fleet: Catalog, cast: Cast) -> None:
        assert export_catalog(catalog=fleet, format_name="json", by=cast.auditor).content
        with pytest.raises(PermissionDenied):
            export_catalog(catalog=fleet, format_name="json", by=cast.employee)


class TestTheCatalogFile:
    def test_of_the_packaged_catalog_is_the_packaged_file(self, intune: Catalog) -> None:
        exported, packaged = (
            json.loads(export(intune, "json").content),
            json.loads(REFERENCE_FILE.read_bytes()),
        )
        for name in KINDS:
            assert exported[name] == by_code(packaged[name])
        assert {k: v for k, v in exported.items() if k not in KINDS} == {
            k: v for k, v in packaged.items() if k not in KINDS
        }

    def test_has_a_record_on_each_line(self, intune: Catalog) -> None:
        lines = export(intune, "json").content.decode().splitlines()
        assert sum(line.startswith('  {"code"') for line in lines) == 426

    def test_loaded_again_changes_nothing(self, intune: Catalog) -> None:
        assert load_catalog(content=export(intune, "json").content, by=Shell()).edition is None

    def test_also_with_entries_by_hand(self, fleet: Catalog) -> None:
        values = element("device.colour", "Colour", source="Us")
        add_entry(catalog=fleet, kind="elements", values=values, by=Shell(), reason="Ours.")
        content = export(fleet, "json").content
        assert b"device.colour" in content
        assert load_catalog(content=content, by=Shell()).edition is None

    def test_of_a_past_edition_takes_the_catalog_back(self, fleet: Catalog) -> None:
        first = Edition.objects.get(catalog=fleet)
        before = state_of(fleet)
        changed = small()
        changed["elements"][0]["name"] = "Serial"
        changed["regions"].clear()
        load(changed)
        past = export(fleet, "json", edition=first).content
        assert load_catalog(content=past, by=Shell()).edition
        assert state_of(fleet) == before


class TestTables:
    def test_csv_of_each_kind(self, intune: Catalog) -> None:
        for name, records in state_of(intune).items():
            content = export(intune, "csv", kind=name).content.decode()
            rows = list(csv.DictReader(io.StringIO(content, newline="")))
            assert [row["code"] for row in rows] == sorted(records)
            assert [row["note"] for row in rows] == [records[row["code"]]["note"] for row in rows]

    def test_xlsx_has_a_sheet_for_each(self, intune: Catalog) -> None:
        book = load_workbook(io.BytesIO(export(intune, "xlsx").content))
        assert book.sheetnames == list(KINDS)
        for name, records in state_of(intune).items():
            head, *rows = book[name].iter_rows(values_only=True)
            assert head[0] == "code"
            assert [row[0] for row in rows] == sorted(records)

    def test_formulas_are_harmless(self) -> None:
        document = small()
        document["elements"][0] |= {"name": "=cmd|' /C calc'!A0", "example": "@SUM(1)", "note": "-1+1"}
        load(document)
        catalog = Catalog.objects.get(code="fleet")
        (row,) = [
            r
            for r in csv.DictReader(io.StringIO(export(catalog, "csv").content.decode()))
            if r["code"] == "device.serial"
        ]
        assert (row["name"][0], row["example"][0], row["note"][0]) == ("'", "'", "'")
        sheet = load_workbook(io.BytesIO(export(catalog, "xlsx").content))["elements"]
        cells = [cell for line in sheet.iter_rows() for cell in line]
        assert not [c for c in cells if c.data_type == "f"]
        assert "'=cmd|' /C calc'!A0" in [c.value for c in cells]

    def test_an_override_has_two_columns(self, fleet: Catalog) -> None:
        document = small()
        override = {"rule": "never.photos", "reason": "Wanted."}
        document["elements"].append(element("device.damage", "Photo", override=override))
        load(document)
        rows = list(csv.DictReader(io.StringIO(export(fleet, "csv").content.decode())))
        assert [(r["override_rule"], r["override_reason"]) for r in rows if r["override_rule"]] == [
            ("never.photos", "Wanted.")
        ]


class TestFideslang:
    @pytest.fixture
    def manifest(self, intune: Catalog) -> dict[str, Any]:
        return yaml.safe_load(export(intune, "fideslang").content)  # type: ignore[no-any-return]

    def test_keys_are_what_fideslang_takes(self, manifest: dict[str, Any]) -> None:
        for category in manifest["data_category"]:
            assert FIDES_KEY.match(category["fides_key"])
            assert category.get("parent_key", "") == category["fides_key"].rpartition(".")[0]
        keys = [c["fides_key"] for c in manifest["data_category"]]
        assert len(keys) == len(set(keys))

    def test_every_collected_element_is_a_category_and_a_field(self, manifest: dict[str, Any]) -> None:
        keys = {c["fides_key"] for c in manifest["data_category"]}
        (dataset,) = manifest["dataset"]
        fields = [f for collection in dataset["collections"] for f in collection["fields"]]
        assert len(fields) == 147
        assert {key for field in fields for key in field["data_categories"]} < keys
        assert not [key for key in keys if ".never" in key]

    def test_systems_refer_to_what_is_there(self, manifest: dict[str, Any]) -> None:
        keys = {c["fides_key"] for c in manifest["data_category"]}
        service, *parties = manifest["system"]
        assert [p["name"] for p in parties] == ["Apple", "Google", "Jamf", "Zebra Technologies"]
        systems = {system["fides_key"] for system in parties}
        for flow in (*service["egress"], *service["ingress"]):
            assert (flow["type"], flow["fides_key"] in systems) == ("system", True)
            assert set(flow["data_categories"]) <= keys
        for declaration in service["privacy_declarations"]:
            assert set(declaration["data_categories"]) <= keys
            assert set(declaration.get("egress", [])) <= {flow["fides_key"] for flow in service["egress"]}
            assert declaration["data_use"] in {*DATA_USES.values(), "third_party_sharing"}
        assert service["dataset_references"] == [manifest["dataset"][0]["fides_key"]]

    def test_points_in_codes_do_not_make_parents(self) -> None:
        document = small()
        document["categories"].append({"code": "a.b", "name": "AB", "collection": "required"})
        document["elements"].append(element("a.b.c.d", "ABCD", category="a.b"))
        load(document)
        content = export(Catalog.objects.get(code="fleet"), "fideslang").content
        keys = {c["fides_key"]: c.get("parent_key") for c in yaml.safe_load(content)["data_category"]}
        assert keys["fleet.a>b.c>d"] == "fleet.a>b"


def expanded(value: Any, context: dict[str, str]) -> Any:
    """Terms and compact IRIs as full IRIs: as much of JSON-LD expansion as this graph needs."""
    if isinstance(value, list):
        return [expanded(each, context) for each in value]
    if isinstance(value, dict):
        return {full(key, context): expanded_value(key, each, context) for key, each in value.items()}
    return value


def expanded_value(key: str, value: Any, context: dict[str, str]) -> Any:
    if key in ("@id", "@type"):
        return [full(each, context) for each in value] if isinstance(value, list) else full(value, context)
    return expanded(value, context)


def full(name: str, context: dict[str, str]) -> str:
    prefix, colon, rest = name.partition(":")
    return context[prefix] + rest if colon and prefix in context else name


def ids_in(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for each in value for found in ids_in(each)]
    if isinstance(value, dict):
        own = [value["@id"]] if set(value) == {"@id"} else []
        return own + [found for each in value.values() for found in ids_in(each)]
    return []


class TestDpv:
    DPV = "https://w3id.org/dpv#"

    @pytest.fixture
    def graph(self, intune: Catalog) -> list[dict[str, Any]]:
        document = json.loads(export(intune, "dpv").content)
        return expanded(document["@graph"], document["@context"])  # type: ignore[no-any-return]

    def test_every_collected_element_is_data(self, graph: list[dict[str, Any]]) -> None:
        elements = [n for n in graph if ":element:" in n["@id"]]
        assert len(elements) == 147
        kinds = {node["@type"][1] for node in elements}
        assert kinds == {f"{self.DPV}PersonalData", f"{self.DPV}NonPersonalData"}

    def test_concepts_of_personal_data_belong_to_personal_data(self, graph: list[dict[str, Any]]) -> None:
        broader = "http://www.w3.org/2004/02/skos/core#broader"
        mapped = [n for n in graph if broader in n]
        assert mapped
        for node in mapped:
            assert f"{self.DPV}PersonalData" in node["@type"]
            assert all(concept["@id"].startswith("https://w3id.org/dpv/pd#") for concept in node[broader])

    def test_references_lead_somewhere(self, graph: list[dict[str, Any]]) -> None:
        known = {node["@id"] for node in graph}
        assert len(known) == len(graph)
        ours = {found for found in ids_in(graph) if found.startswith("urn:")}
        assert ours <= known

    def test_purposes_and_recipients(self, graph: list[dict[str, Any]]) -> None:
        processes = {n["@id"]: n for n in graph if n["@type"] == f"{self.DPV}Process"}
        security = processes["urn:privacy-console:intune:process:security"]
        assert security[f"{self.DPV}hasPurpose"] == {"@id": f"{self.DPV}EnforceSecurity"}
        vpp = processes["urn:privacy-console:intune:process:vpp:to_third_party"]
        assert vpp[f"{self.DPV}hasRecipient"] == {"@id": "urn:privacy-console:intune:third-party:apple"}
        assert f"{self.DPV}hasLegalBasis" not in vpp
