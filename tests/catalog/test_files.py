"""Reading a catalog file: everything wrong with it at once, each with its line."""

import json
from typing import Any

import pytest

from catalog.files import parse
from catalog.models import Catalog
from catalog.positions import locate, pointer
from catalog.problems import CatalogFileInvalid
from tests.catalog.documents import element, line_of, load, problems_of, small, written

pytestmark = pytest.mark.django_db


def codes_of(content: bytes) -> list[str]:
    return [problem.code for problem in problems_of(content)]


def test_a_good_file_has_no_problems() -> None:
    assert problems_of(written(small())) == []


def test_a_byte_order_mark_is_tolerated() -> None:
    assert problems_of(b"\xef\xbb\xbf" + written(small())) == []


def test_keys_with_a_default_may_be_absent() -> None:
    document = {key: small()[key] for key in ("format", "catalog", "edition")}
    assert problems_of(written(document)) == []


class TestWhatStopsReading:
    @pytest.mark.parametrize(
        ("content", "code", "line"),
        [
            (b"", "malformed_json", 1),
            (b"  \n ", "malformed_json", 2),
            (written(small())[:-40], "truncated", 0),
            (written(small())[:700], "truncated", 0),
            (b'{\n"a": 1,\n}', "malformed_json", 3),
            (b"{'a': 1}", "malformed_json", 1),
            (b'{"a": NaN}', "malformed_json", 1),
            (b'{"a": ' + b"1" * 5000 + b"}", "malformed_json", 1),
            (b"[" * 100_000, "malformed_json", 1),
            (json.dumps(small()).encode("utf-16"), "wrong_encoding", 1),
            (json.dumps(small()).encode("utf-16-le"), "wrong_encoding", 1),
            (json.dumps(small()).encode("utf-32"), "wrong_encoding", 1),
            ('{\n"name": "Gerät"}'.encode("latin-1"), "wrong_encoding", 2),
            (b"\x89PNG\r\n\x1a\n\x00", "wrong_encoding", 1),
        ],
    )
    def test_is_one_problem(self, content: bytes, code: str, line: int) -> None:
        (problem,) = problems_of(content)
        assert problem.code == code
        assert problem.line == (line or content.count(b"\n") + 1)

    def test_truncation_says_where(self) -> None:
        (problem,) = problems_of(b'{"format": "privacy-console')
        assert "cut off" in problem.detail
        assert "column 12" in problem.detail

    def test_fifty_megabytes_are_refused_unread(self) -> None:
        (problem,) = problems_of(b" " * (50 * 1024 * 1024))
        assert problem.code == "too_large"
        assert "at most 20 MB" in problem.detail

    @pytest.mark.parametrize("document", [[], "text", 1, None, [small()]])
    def test_other_json(self, document: Any) -> None:
        (problem,) = problems_of(written(document))
        assert (problem.code, problem.line) == ("wrong_type", 1)


def ten_mistakes() -> tuple[bytes, dict[str, str]]:
    """A file with ten different mistakes, and by code a text of the line each stands on."""
    document = small()
    document["format"] = "privacy-console/catalog/9"
    document["elements"] += [
        element("device.serial", "Serial again"),
        element("device.one", "Without its category", category="nowhere"),
        element("device.two", "Of another collection", collection="optional"),
        element("device.three", "Without a condition", mam="conditional"),
        element("device.four", "For a refused purpose", purpose="marketing"),
        element("device.five", "Photos on the device"),
        element("device.six", "With a key too many", colour="red"),
        {"code": "device.seven", "name": "Without most of it"},
        element("device.eight", "With a wrong type", dpv="pd:Name"),
    ]
    document["services"][0]["purpose_text"] = "Advertising of repairs"
    expected = {
        "wrong_format": '"format"',
        "duplicate_code": "Serial again",
        "unknown_reference": "nowhere",
        "wrong_collection": "Of another collection",
        "condition_missing": "Without a condition",
        "refused_purpose": "For a refused purpose",
        "never_collected": "Photos on the device",
        "unknown_key": "With a key too many",
        "missing_key": "Without most of it",
        "wrong_type": "With a wrong type",
    }
    return written(document), expected


class TestEveryProblemAtOnce:
    def test_each_with_its_line(self) -> None:
        content, expected = ten_mistakes()
        found: dict[str, int] = {}
        for problem in problems_of(content):
            found.setdefault(problem.code, problem.line)
        assert found == {code: line_of(content, text) for code, text in expected.items()}

    def test_in_the_order_of_the_lines(self) -> None:
        problems = problems_of(ten_mistakes()[0])
        assert [p.line for p in problems] == sorted(p.line for p in problems)
        assert len([p for p in problems if p.code == "missing_key"]) == 5
        assert [p.code for p in problems].count("refused_purpose") == 2

    def test_nothing_is_loaded(self) -> None:
        with pytest.raises(CatalogFileInvalid):
            load(json.loads(ten_mistakes()[0]))
        assert not Catalog.objects.filter(code="fleet").exists()

    def test_of_one_record_too(self) -> None:
        document = small()
        document["elements"].append(
            element("device.x", "Photo", purpose="profiling", category="no", example=7)
        )
        found = [(p.code, p.pointer) for p in problems_of(written(document))]
        assert sorted(found) == [
            ("never_collected", "/elements/2"),
            ("refused_purpose", "/elements/2/purpose"),
            ("unknown_reference", "/elements/2/category"),
            ("wrong_type", "/elements/2/example"),
        ]

    def test_lines_of_a_file_written_otherwise(self) -> None:
        document = small()
        document["flows"][1]["direction"] = "sideways"
        content = json.dumps(document, indent=4).replace("\n", "\r\n").encode()
        (problem,) = problems_of(content)
        assert problem.line == line_of(content, "sideways")
        assert problem.pointer == "/flows/1/direction"


class TestKeysThatStandTwice:
    def test_are_found_where_they_stand(self) -> None:
        content = written(small()).replace(b'"name": "Person"', b'"name": "Person", "name": "People"')
        (problem,) = problems_of(content)
        assert (problem.code, problem.pointer) == ("duplicate_key", "/categories/1/name")
        assert problem.line == line_of(content, "People")

    def test_also_whole_lists_and_escaped_spellings(self) -> None:
        content = written(small()).rstrip(b"}\n") + b',\n "\\u0065lements": [],\n "format": "x"\n}'
        assert [p.pointer for p in problems_of(content) if p.code == "duplicate_key"] == [
            "/elements",
            "/format",
        ]


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        (lambda d: d["elements"][0].update(source_date="15.01.2026"), "wrong_value", "/elements/0/source_date"),
        (lambda d: d["elements"][0].update(source_date="2026-02-30"), "wrong_value", "/elements/0/source_date"),
        (lambda d: d["edition"].update(released_on=""), "wrong_value", "/edition/released_on"),
        (lambda d: d["elements"][0].update(name="  "), "wrong_value", "/elements/0/name"),
        (lambda d: d["elements"][0].update(name="x" * 301), "too_long", "/elements/0/name"),
        (lambda d: d["elements"][0].update(name="bad \x00 sign"), "wrong_value", "/elements/0/name"),
        (lambda d: d["elements"][0].update(note="half \ud83d"), "wrong_value", "/elements/0/note"),
        (lambda d: d["elements"][0].update(iso19944="tea_leaves"), "unknown_reference", "/elements/0/iso19944"),
        (lambda d: d["elements"][0].update(dpv=["schema:Person"]), "wrong_value", "/elements/0/dpv/0"),
        (lambda d: d["elements"][0].update(override={"rule": "x"}), "missing_key", "/elements/0/override/reason"),
        (lambda d: d["elements"][0].update(override="never.photos"), "wrong_type", "/elements/0/override"),
        (lambda d: d["elements"][0].update(never_phrases=[["x"]]), "wrong_value", "/elements/0/never_phrases"),
        (lambda d: d["categories"][0].update(code="a b"), "wrong_value", "/categories/0/code"),
        (lambda d: d["catalog"].update(code="fleet\n"), "wrong_value", "/catalog/code"),
        (lambda d: d["regions"][0].update(countries=["DE", "DE"]), "wrong_value", "/regions/0/countries"),
        (lambda d: d["regions"][0].update(countries=["Germany"]), "wrong_value", "/regions/0/countries/0"),
        (lambda d: d["regions"][0].update(opened_on="2025-05-01", closed_on="2025-05-01"), "wrong_order",
         "/regions/0/closed_on"),
        (lambda d: d["regions"][0].update(opened_on="May 2025"), "wrong_value", "/regions/0/opened_on"),
        (lambda d: d["adequacy_decisions"][0].update(ends_on="2000-07-25"), "wrong_order",
         "/adequacy_decisions/0/ends_on"),
        (lambda d: d["adequacy_decisions"][0].update(decided_on=""), "wrong_value",
         "/adequacy_decisions/0/decided_on"),
        (lambda d: d["adequacy_decisions"][0].update(partial=True), "scope_missing", "/adequacy_decisions/0/scope"),
        (lambda d: d["at_rest_exceptions"][0].update(regions=["MOON"]), "unknown_reference",
         "/at_rest_exceptions/0/regions/0"),
        (lambda d: d.update(boundary_phases=[{"code": "a", "region": "MOON", "name": "A", "starts_on": "2025-01-01",
                                              "covers": "All"}]), "unknown_reference", "/boundary_phases/0/region"),
        (lambda d: d["flows"][0].update(elements=["device.lost"]), "unknown_reference", "/flows/0/elements/0"),
        (lambda d: d["flows"][0].update(purpose_text="For profiling"), "refused_purpose", "/flows/0/purpose_text"),
        (lambda d: d["flows"].append(None), "wrong_type", "/flows/2"),
        (lambda d: d["services"][0].update(third_party="nobody"), "unknown_reference", "/services/0/third_party"),
        (lambda d: d.update(elemnts=[]), "unknown_key", "/elemnts"),
        (lambda d: d.pop("edition"), "missing_key", "/edition"),
    ],
)  # fmt: skip
def test_single_mistakes(change: Any, code: str, where: str) -> None:
    document = small()
    change(document)
    assert (code, where) in [(p.code, p.pointer) for p in problems_of(json.dumps(document).encode())]


def test_a_misspelt_key_is_recognised() -> None:
    document = small()
    document["elements"][0]["exmaple"] = document["elements"][0].pop("example")
    (problem,) = problems_of(written(document))
    assert "did you mean “example”" in problem.detail


def test_a_flow_cannot_carry_what_is_never_collected() -> None:
    document = small()
    document["categories"].append({"code": "never", "name": "Never", "collection": "never"})
    document["elements"].append(
        element("never.keys", "Keystrokes", collection="never", never_phrases=[["keystroke"]])
    )
    document["flows"][0]["elements"].append("never.keys")
    (problem,) = problems_of(written(document))
    assert (problem.code, problem.pointer) == ("never_collected", "/flows/0/elements/1")


class TestPositions:
    def test_agree_with_the_document(self) -> None:
        text = json.dumps({"a/b": [{"~": 'q"{[,:'}, [], {}, [[1], "x"]], "": {"c": None}}, indent=1)
        found = locate(
            text, [("a/b", 0, "~"), ("a/b", 3, 0, 0), ("a/b", 3, 1), ("", "c"), ("", "missing"), ()]
        )
        lines = text.splitlines()
        assert {path: lines[line - 1].strip().rstrip(",") for path, line in found.lines.items()} == {
            ("a/b", 0, "~"): '"~": "q\\"{[,:"',
            ("a/b", 3, 0, 0): "1",
            ("a/b", 3, 1): '"x"',
            ("", "c"): '"c": null',
            ("", "missing"): '"": {',
            (): "{",
        }

    def test_pointers_are_escaped(self) -> None:
        assert pointer(("a/b", 0, "~")) == "/a~1b/0/~0"

    def test_a_mistake_at_the_end_of_a_large_file_is_found_where_it_is(self) -> None:
        document = small()
        document["elements"] = [element(f"device.e{n}", f"Number {n}", note="n" * 300) for n in range(5000)]
        document["elements"][-1]["purpose"] = "marketing"
        document["flows"] = []
        content = written(document)
        (problem,) = problems_of(content)
        assert problem.line == line_of(content, '"marketing"')


def test_a_file_knows_its_digest_and_its_catalog() -> None:
    file = parse(b'{"catalog": {"code": 7}}')
    assert file.catalog_code == ""
    assert len(file.sha256) == 64
