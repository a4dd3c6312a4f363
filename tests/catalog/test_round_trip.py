"""Whatever a catalog says: loaded and exported, it says the same; and no file, however odd, does half."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog.exports import export_catalog
from catalog.kinds import KINDS
from catalog.models import Catalog
from catalog.problems import CatalogFileInvalid
from catalog.services import load_catalog
from tenants.access import Shell
from tests.catalog.documents import attempt, small, written

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
NAME = TEXT.filter(lambda text: bool(text.strip()))
CODE = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,12}", fullmatch=True)
PLACE = st.tuples(st.sampled_from([name for name in KINDS if name in small()]), st.integers(0, 1))
FREE_TEXTS = (
    "note",
    "source",
    "statement",
    "condition",
    "collection_condition",
    "message",
    "group",
    "example",
)


def fill(record: dict[str, Any], texts: dict[str, str]) -> None:
    record.update({key: text for key, text in texts.items() if key in record})


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """The small catalog with random texts, values, and records left out or added; always valid."""
    document = small()
    for name, kind in KINDS.items():
        document[name] = [kind.complete(record) for record in document.get(name, ())]
        for record in document[name]:
            fill(record, draw(st.fixed_dictionaries({}, optional=dict.fromkeys(FREE_TEXTS, TEXT))))
            if "name" in record:
                record["name"] = draw(NAME)
            record["inferred"] = draw(st.booleans())
            record["source_date"] = draw(st.just("") | st.dates().map(str))
    for code in draw(st.lists(CODE, unique_by=str.lower, max_size=4)):
        document["regions"].append(
            KINDS["regions"].complete(
                {"code": f"r{code}", "name": draw(NAME), "kind": "local", "provider": "fleet",
                 "countries": draw(st.lists(st.sampled_from(["DE", "FR", "US"]), unique=True))}
            )
        )  # fmt: skip
    document["flows"][0]["elements"] = draw(
        st.lists(st.sampled_from(["device.serial", "person.name"]), unique=True)
    )
    document["features"][0]["elements"] = draw(st.sampled_from([[], ["person.name"]]))
    for name in draw(st.lists(st.sampled_from(["features", "flows", "regions", "datacentres"]), unique=True)):
        document[name] = document[name][: draw(st.integers(0, 1))]
    document["boundary_phases"] = [
        KINDS["boundary_phases"].complete(
            {"code": f"since.{region['code']}", "region": region["code"], "name": draw(NAME),
             "starts_on": str(draw(st.dates())), "covers": draw(NAME)}
        )
        for region in document["regions"][: draw(st.integers(0, 2))]
    ]  # fmt: skip
    return document


def sorted_by_code(document: dict[str, Any]) -> dict[str, Any]:
    lists = {
        name: sorted((kind.complete(record) for record in document[name]), key=lambda r: str(r["code"]))
        for name, kind in KINDS.items()
    }
    return document | lists


class RoundTrip(TestCase):
    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(st.lists(documents(), min_size=1, max_size=2))
    def test_what_is_loaded_is_exported(self, states: list[dict[str, Any]]) -> None:
        """Also over an earlier state, whatever that was: but for texts that match a never-rule, which are refused."""
        for document in states:
            report = attempt(written(document))
            if isinstance(report, CatalogFileInvalid):
                assert {problem.code for problem in report.problems} == {"never_collected"}
                return
            exported = export_catalog(
                catalog=Catalog.objects.get(code="fleet"), format_name="json", by=Shell()
            ).content
            assert sorted_by_code(json.loads(exported)) == {
                **sorted_by_code(document),
                # Without a change there is no edition, and the last one keeps its own date and note.
                **({} if report.edition else {"edition": json.loads(exported)["edition"]}),
            }
            assert load_catalog(content=exported, by=Shell()).edition is None

    @settings(max_examples=80, suppress_health_check=list(HealthCheck))
    @given(
        place=PLACE,
        key=st.sampled_from(sorted({key for kind in KINDS.values() for key in kind.keys} | {"other"})),
        value=st.recursive(
            st.none() | st.booleans() | st.integers() | TEXT,
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=4,
        ),
    )
    def test_any_value_anywhere_is_loaded_or_told_with_its_line(
        self, place: tuple[str, int], key: str, value: Any
    ) -> None:
        document = small()
        name, index = place
        document[name][min(index, len(document[name]) - 1)][key] = value
        outcome = attempt(written(document))
        if isinstance(outcome, CatalogFileInvalid):
            assert all(problem.line > 1 for problem in outcome.problems)
            assert not Catalog.objects.filter(code="fleet").exists()
        else:
            assert outcome.edition is not None

    @settings(max_examples=100, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=200) | st.tuples(st.integers(0, 3000), st.binary(max_size=3)))
    def test_any_bytes_are_loaded_or_told(self, damage: bytes | tuple[int, bytes]) -> None:
        content = damage if isinstance(damage, bytes) else written(small())
        if isinstance(damage, tuple):
            at, piece = damage
            content = content[:at] + piece + content[at + 1 :]
        outcome = attempt(content, dry_run=True)
        assert not isinstance(outcome, CatalogFileInvalid) or outcome.problems
