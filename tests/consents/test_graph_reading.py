"""Reading Microsoft Graph's answers: every kind and form of them, and everything that can be wrong with one."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consents.graph.kinds import KINDS
from consents.graph.names import service_called
from consents.graph.observations import Reading
from consents.graph.reading import read_content, read_documents, read_files
from privacy_console.errors import Refused
from privacy_console.graph.files import files_of
from tests.consents.graph.samples import (
    FOLDER,
    SECRETS,
    TENANT,
    binding,
    certificate,
    consent,
    page,
    partner,
    reading,
    sample,
    samples,
    token,
)


def by_id(found: Reading) -> dict[str, Any]:
    return {one.external_id: one for one in found.observations}


def codes(found: Reading) -> list[str]:
    return [problem.code for problem in found.problems]


def read_text(text: str) -> Reading:
    return read_content([("answer.json", text.encode())])


# --- Each kind -------------------------------------------------------------------------------------------------------


def test_a_folder_with_every_kind() -> None:
    found = read_files([TENANT])
    assert found.problems == []
    assert found.kinds == found.complete == set(KINDS)
    assert (found.name, found.records, len(found.observations)) == ("tenant", 10, 10)
    services = {(one.kind, one.service, one.on) for one in found.observations}
    assert services == {
        ("dataSharingConsent", "apns", True),
        ("dataSharingConsent", "managed_google_play", True),
        ("dataSharingConsent", "lifeguard_ota", False),
        ("depOnboardingSetting", "asm_dep", True),
        ("vppToken", "vpp", True),
        ("applePushNotificationCertificate", "apns", True),
        ("androidManagedStoreAccountEnterpriseSettings", "managed_google_play", True),
        ("deviceManagementPartner", "jamf_compliance", True),
        ("deviceManagementPartner", "", False),
    }


def test_what_an_observation_says() -> None:
    found = by_id(read_files([TENANT]))
    vpp = found["9ceb2f92-0000-4000-8000-000000000002"]
    assert (vpp.connection, vpp.names[1], vpp.called) == ("München", "Schulungs-Apps", "Schulungs-Apps")
    assert (vpp.account, vpp.expires) == ("vpp@contoso.example", datetime(2025, 12, 31, tzinfo=UTC))
    dep = found["40342229-0000-4000-8000-000000000001"]
    assert dep.since == datetime(2024, 11, 30, 8, 0, 35, 131750, tzinfo=UTC)
    apns = found["b8f1c0de-0000-4000-8000-000000000001"]
    assert (apns.serial, apns.names, apns.credential) == ("0A1B2C3D", ("",), "apns_certificate")


@pytest.mark.parametrize(
    ("record", "is_on"),
    [
        (binding("notBound"), False),
        (binding("bound"), True),
        (binding("boundAndValidated"), True),
        (binding("unbinding"), True),
        (partner(), True),
        (partner(partnerState="unresponsive"), True),
        (partner(partnerState="terminated"), False),
        (partner(partnerState="rejected"), False),
        (partner(isConfigured=False), False),
        (certificate(), True),
        (certificate(expirationDateTime="0001-01-01T00:00:00Z"), False),
        (token("Berlin", dataSharingConsentGranted=False), False),
        (consent("VPP", granted=False, grantDateTime="0001-01-01T00:00:00Z"), False),
    ],
)
def test_when_data_flows(record: dict[str, Any], is_on: bool) -> None:
    assert reading(record).observations[0].on is is_on


def test_a_token_of_version_1_0_has_no_flag_and_was_agreed_to() -> None:
    record = token("Berlin")
    del record["dataSharingConsentGranted"]
    assert reading(record).observations[0].on


def test_secrets_are_not_read() -> None:
    assert not any(secret in repr(read_files([TENANT])) for secret in SECRETS)
    assert not any(secret in json.dumps(read_files([TENANT]).as_data()) for secret in SECRETS)


def test_what_was_read_can_be_carried_and_taken_up_again() -> None:
    for found in (read_files([TENANT]), samples("wrong", "languages.json", "duplicates.json")):
        carried = json.loads(json.dumps(found.as_data()))
        assert Reading.from_data(carried) == found


# --- Each form -------------------------------------------------------------------------------------------------------

FORMS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "object": lambda record: record,
    "object in value": lambda record: {"value": record},
    "list in value": lambda record: {"value": [record]},
    "page": lambda record: page("vppToken", record),
    "bare list": lambda record: [record],
    "list of pages": lambda record: [{"value": [record]}],
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_record_in_every_form(form: str) -> None:
    record = token("Berlin")
    document = FORMS[form](record)
    from_text = read_text(json.dumps(document))
    assert from_text.observations == reading(record).observations
    documents = document if isinstance(document, list) else [document]
    assert read_documents(documents, "x").observations == from_text.observations
    assert from_text.complete == (
        {"vppToken"} if form in ("list in value", "page", "list of pages") else set()
    )


def test_the_kind_is_told_by_type_or_address_or_properties() -> None:
    record = token("Berlin")
    del record["@odata.type"]
    by_properties, by_address = (
        reading(record),
        reading(page("vppToken", {"id": "1", "expirationDateTime": LATER})),
    )
    assert [one.kind for one in (*by_properties.observations, *by_address.observations)] == ["vppToken"] * 2
    selected = page("vppToken", {"id": "1", "expirationDateTime": LATER})
    selected["@odata.context"] += "(id,expirationDateTime)"
    assert reading(selected).kinds == {"vppToken"}
    entity = certificate() | {
        "@odata.context": "https://x/$metadata#deviceManagement/applePushNotificationCertificate/$entity"
    }
    del entity["@odata.type"]
    assert reading(entity).kinds == {"applePushNotificationCertificate"}


LATER = "2096-01-01T00:00:00Z"


def test_with_and_without_byte_order_mark() -> None:
    with_mark = samples("bom.json")
    assert with_mark.observations[0].connection == "Übersee"
    text = (FOLDER / "bom.json").read_bytes().removeprefix(b"\xef\xbb\xbf")
    assert read_content([("bom.json", text)]).observations == with_mark.observations


def test_the_digest_is_that_of_the_file() -> None:
    import hashlib

    content = (FOLDER / "bom.json").read_bytes()
    assert samples("bom.json").sha256 == hashlib.sha256(content).hexdigest()
    assert len({samples("pages").sha256, samples("pages/vppTokens-1.json").sha256}) == 2


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_a_set_of_pages_is_whole() -> None:
    found = samples("pages")
    assert (len(found.observations), found.complete, found.problems) == (8, frozenset({"vppToken"}), [])


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_missing_last_page_is_told(missing: int) -> None:
    names = [f"pages/vppTokens-{number}.json" for number in (1, 2, 3) if number != missing]
    found = samples(*names)
    assert found.observations
    if missing == 3:
        assert (codes(found), found.complete) == (["missing_page"], frozenset())
        assert "the page after this one is missing" in found.problems[0].detail


def test_a_page_twice_is_a_page_once() -> None:
    first, last = sample("pages/vppTokens-1.json"), sample("pages/vppTokens-3.json")
    found = reading(first, first, last)
    assert (codes(found), len(found.observations)) == ([], 5)
    assert codes(reading(first, first)) == ["missing_page"]


def test_counted_addresses_show_a_gap() -> None:
    tokens = [token(str(number)) for number in range(6)]
    link = "https://graph.microsoft.com/beta/deviceAppManagement/vppTokens?%24skip={}"
    first = page("vppToken", *tokens[:2], nextLink=link.format(2))
    second = page("vppToken", *tokens[2:4], nextLink=link.format(4))
    last = page("vppToken", *tokens[4:])
    assert codes(reading(first, second, last)) == []
    gap = reading(second, last)
    assert (codes(gap), gap.complete) == (["missing_page"], frozenset())


def test_a_page_that_says_how_many_there_are() -> None:
    assert codes(reading(page("vppToken", token("a"), count=1))) == []
    found = reading(page("vppToken", token("a"), count=2))
    assert (codes(found), found.complete) == (["missing_page"], frozenset())


def test_an_empty_list_says_that_there_is_none() -> None:
    found = reading(page("vppToken"))
    assert (found.complete, found.says_something, found.records) == (frozenset({"vppToken"}), True, 0)
    assert codes(reading({"value": []})) == ["empty_page"]


# --- Names in any language -------------------------------------------------------------------------------------------


def test_names_are_known_or_not_and_never_guessed() -> None:
    found = {one.called: one.service for one in samples("languages.json").observations}
    assert found == {
        "Apple-MDM-Push-Zertifikat": "",
        "Google Play géré": "",
        "Apple MDM プッシュ": "",
        "apple mdm push": "apns",
        "Future Connector": "",
    }


def test_every_known_name_is_of_a_service_and_has_a_source() -> None:
    known = json.loads((FOLDER.parents[2] / "consents/reference/graph_services.json").read_text())
    for kind, services in known.items():
        for code, names in services.items():
            for one in names:
                assert one["source"]
                assert service_called(kind, one["name"].upper() + " ") == code
    assert service_called("deviceManagementPartner", "Apple MDM Push") == ""


# --- What is wrong ---------------------------------------------------------------------------------------------------


def test_each_wrong_record_is_told_with_its_place_and_the_others_go_on() -> None:
    found = samples("wrong/records.json")
    told = [(p.place.line, p.place.pointer, p.record) for p in found.problems]
    assert told == [
        (3, "/value/0", "1"),
        (9, "/value/1", ""),
        (16, "/value/2", "3"),
        (23, "/value/3", ""),
        (24, "/value/4", ""),
    ]
    details = [problem.detail for problem in found.problems]
    assert details[0] == "dataSharingConsent cannot be read: granted is missing."
    assert details[1] == (
        "dataSharingConsent cannot be read: id should be text, and is a number; granted should be true or false, and "
        "is text; grantDateTime should be a time, and is a number."
    )
    assert [one.external_id for one in found.observations] == ["6"]
    assert found.complete == set()


@pytest.mark.parametrize("field", ["id", "serviceDisplayName", "granted", "grantDateTime"])
@pytest.mark.parametrize("value", [None, 7, [], {}, "\0", "\ud800", "x" * 300, " "])
def test_wrong_values_of_a_property(field: str, value: Any) -> None:
    found = reading(consent("VPP") | {field: value})
    assert (codes(found), found.observations) == (["unreadable_record"], [])
    assert field in found.problems[0].detail
    assert "x" * 300 not in found.problems[0].detail


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("0001-01-01T00:00:00-08:00", None),
        ("9999-12-31T23:59:59.9999999Z", None),
        ("9999-12-31T23:59:59-10:00", None),
        ("2026-05-02T09:14:55.1234567+02:00", datetime(2026, 5, 2, 7, 14, 55, 123456, tzinfo=UTC)),
    ],
)
def test_dates_that_only_fill_a_property_are_not_given(text: str, instant: datetime | None) -> None:
    found = reading(consent("VPP", grantDateTime=text))
    assert found.problems == []
    assert found.observations[0].since == instant


@pytest.mark.parametrize(
    "text", ["2026-05-02", "2026-05-02T09:14:55", "yesterday", "2026-13-01T00:00:00Z", ""]
)
def test_what_is_no_time_with_a_zone(text: str) -> None:
    assert codes(reading(consent("VPP", grantDateTime=text))) == ["unreadable_record"]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{"value": [\n  {"id": 1,}\n]}', 2, 12),
        ('{"value": [\n  {"id": 1} {"id": 2}\n]}', 2, 13),
        ('{"value": []}\n]', 2, 1),
        ("", 1, 1),
        ("{", 1, 2),
        ('{"value"', 1, 9),
        ("[1, 2", 1, 6),
        ("nonsense", 1, 1),
        ("{'value': []}", 1, 2),
    ],
)
def test_a_file_that_is_no_json_is_refused_with_line_and_column(text: str, line: int, column: int) -> None:
    found = read_text(text)
    assert (codes(found), found.observations) == (["malformed_json"], [])
    assert (found.problems[0].place.line, found.problems[0].place.column) == (line, column)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"value": NaN}', f'{{"id": {"9" * 5000}}}', '{"a":' * 99_999]
)
def test_what_no_reader_takes(text: str) -> None:
    assert codes(read_text(text)) == ["malformed_json"]


def test_a_refused_file_counts_for_nothing_and_makes_no_list_whole(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(page("vppToken", token("Berlin"))))
    (tmp_path / "b.json").write_text(json.dumps(page("depOnboardingSetting"))[:-1])
    (tmp_path / "c.json").write_text(json.dumps(certificate()))
    found = read_files([tmp_path])
    assert [one.kind for one in found.observations] == ["vppToken", "applePushNotificationCertificate"]
    assert found.complete == {"applePushNotificationCertificate"}


def test_other_encodings_errors_and_strange_records() -> None:
    assert codes(samples("wrong/utf16.json")) == ["wrong_encoding"]
    assert codes(read_content([("x", b'{"value": "\xff"}')])) == ["wrong_encoding"]
    refused = samples("wrong/refused.json")
    assert (codes(refused), "(Forbidden)" in refused.problems[0].detail) == (["no_answer"], True)
    strange = reading(
        {"value": [{"@odata.type": "#microsoft.graph.managedDevice", "id": str(n)} for n in range(900)]}
    )
    assert (codes(strange), "899 more" in strange.problems[0].detail) == (["unknown_kind"], True)
    assert codes(reading(3, None, "x", [[]])) == ["not_an_object"] * 4


def test_duplicates_count_once_and_contradictions_not_at_all() -> None:
    found = samples("duplicates.json")
    assert [one.connection for one in found.observations] == ["Berlin", "Trier"]
    assert (codes(found), found.complete) == (["contradiction"], frozenset())
    assert found.problems[0].record.endswith("22")


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_files([tmp_path / "none.json"])
    with pytest.raises(Refused, match="There is no"):
        read_files([tmp_path])


def test_a_folder_is_read_by_name_and_a_file_once(tmp_path: Path) -> None:
    for name in ("b.json", "A.JSON", "notes.txt", ".hidden"):
        (tmp_path / name).write_text("{}")
    assert [file.name for file in files_of([tmp_path, tmp_path / "b.json"])] == ["A.JSON", "b.json"]


# --- Anything at all -------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
NAMES = sorted(
    {mark for kind in KINDS.values() for mark in kind.marks} | {"id", "granted", "expirationDateTime"}
)
RECORDS = st.dictionaries(
    st.sampled_from(
        [*NAMES, "value", "@odata.type", "@odata.context", "@odata.nextLink", "@odata.count", "error"]
    ),
    VALUES
    | st.sampled_from([f"#microsoft.graph.{name}" for name in KINDS])
    | st.sampled_from([LATER, "bound"]),
    max_size=8,
)
DOCUMENTS = VALUES | RECORDS | st.builds(lambda records: {"value": records}, st.lists(RECORDS, max_size=4))


@settings(max_examples=300)
@given(st.lists(DOCUMENTS, min_size=1, max_size=3))
def test_no_document_breaks_the_reader(documents: list[Any]) -> None:
    decoded = read_documents(documents, "fuzz")
    written = read_content([(f"{n}.json", json.dumps(one).encode()) for n, one in enumerate(documents)])
    for found in (decoded, written):
        assert len(found.observations) <= found.records
        json.dumps(found.as_data()).encode("utf-8")


@settings(max_examples=300)
@given(st.binary(max_size=300) | st.text(alphabet='{}[]",:vale1 \n\\u', max_size=60).map(str.encode))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    found = read_content([("fuzz.json", content)])
    try:
        json.loads(content)
    except ValueError:
        assert found.problems
    assert found.records or found.problems or found.kinds


def test_it_reads_what_the_json_module_reads() -> None:
    """The scanner and the standard reader agree on every text that is cut or changed at one place."""
    text, noise = json.dumps(page("vppToken", token("Bérlin"), token("Bonn"))), random.Random(3)
    for _ in range(2_000):
        at = noise.randrange(len(text))
        changed = text[:at] + noise.choice(["", *'{}[]",:\\ 1x']) + text[at + 1 :]
        try:
            json.loads(changed)
            is_json = True
        except ValueError:
            is_json = False
        assert ("malformed_json" not in codes(read_text(changed))) == is_json, changed


# --- Large -----------------------------------------------------------------------------------------------------------


def test_100_000_records_are_read(tmp_path: Path) -> None:
    record = json.dumps(token("Berlin", id="???", locationName="???"))
    records = ",".join(record.replace("???", str(number)) for number in range(100_000))
    file = tmp_path / "many.json"
    file.write_text(f'{{"value":[{records}]}}')
    assert len(read_files([file]).observations) == 100_000


def test_memory_beside_the_text_is_what_is_observed(tmp_path: Path) -> None:
    file = tmp_path / "wide.json"
    record = json.dumps(token("Berlin", id="???", note=["x" * 10] * 300))
    file.write_text(
        f'{{"value":[{",".join(record.replace("???", str(number)) for number in range(2_000))}]}}'
    )
    size = file.stat().st_size
    tracemalloc.start()
    assert len(read_files([file]).observations) == 2_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.5 * size, f"{peak / size:.1f} times the file"
