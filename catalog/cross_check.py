"""What a schema cannot say of a catalog file: how its records fit each other, and what is around them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from catalog.kinds import FOLDER, KINDS, Kind, Record, State
from catalog.never import NeverRule, rules_in, unanswered
from catalog.positions import Path
from catalog.problems import REFUSED, Mistake, names_refused_purpose


@dataclass(frozen=True)
class Surroundings:
    """What the file is held against besides itself.

    rules: never-rules that hold whatever the file says. staying: records of the same catalog that stay beside it,
    by kind and code: for a file, what operators entered by hand.
    """

    rules: Sequence[NeverRule] = ()
    staying: State = field(default_factory=dict)


@cache
def iso_categories() -> frozenset[str]:
    """The data categories of ISO/IEC 19944-1 that the console knows."""
    vocabulary = json.loads((FOLDER / "reference" / "iso19944.json").read_text(encoding="utf-8"))
    return frozenset(category["code"] for category in vocabulary["categories"])


@dataclass(frozen=True)
class Placed:
    """A record with its place; keys whose values the schema refuses have neutral ones."""

    path: Path
    record: Record
    is_sound: bool = True

    def mistake(self, code: str, detail: str, *key: str | int) -> Mistake:
        return Mistake((*self.path, *key), code, f"“{self.record['code']}” {detail}.")


def cross_mistakes(document: Any, known: Sequence[Mistake], around: Surroundings) -> Iterator[Mistake]:
    """Mistakes between records. known: those of single values, which are not judged again."""
    if isinstance(document, dict):
        yield from _Cross(document, {m.path[:3] for m in known}, around).mistakes()


class _Cross:
    """The checks between records. Of a record with mistakes of its own, the other values are judged all the same."""

    def __init__(self, document: Mapping[str, Any], faulty: set[Path], around: Surroundings) -> None:
        self.around = around
        self.placed = {name: list(_placed(kind, document, faulty)) for name, kind in KINDS.items()}
        self.coded = {name: list(coded(document, name)) for name in KINDS}
        staying = around.staying
        self.codes = {n: {code for _, code in self.coded[n]} | set(staying.get(n, {})) for n in KINDS}
        elements = [item.record for item in self.placed["elements"]]
        staying_elements = staying.get("elements", {})
        self.rules = [*around.rules, *rules_in(elements), *rules_in(staying_elements.values())]
        self.collection = {
            name: {code: r["collection"] for code, r in staying.get(name, {}).items()}
            | {item.record["code"]: item.record["collection"] for item in self.placed[name]}
            for name in ("categories", "elements")
        }

    def mistakes(self) -> Iterator[Mistake]:
        yield from self._repeated_codes()
        for kind, items in ((KINDS[name], items) for name, items in self.placed.items()):
            for item in items:
                yield from self._unknown_references(kind, item)
                yield from self._clash(kind, item)
                if "purpose_text" in item.record and names_refused_purpose(item.record["purpose_text"]):
                    yield item.mistake("refused_purpose", f"has a refused purpose. {REFUSED}", "purpose_text")
        of_kind = {"elements": self._element, "features": self._feature, "flows": self._flow, **PLACES}
        for name, check in of_kind.items():
            for item in self.placed[name]:
                yield from check(item)
        yield from self._left_behind()
        yield from self._staying_against_new_rules()

    def _repeated_codes(self) -> Iterator[Mistake]:
        for name, coded in self.coded.items():
            first: dict[str, Path] = {}
            for path, code in coded:
                if code in first:
                    where = f"record {int(first[code][1]) + 1} of “{name}”"
                    yield Mistake(
                        (*path, "code"), "duplicate_code", f"The code “{code}” is taken by {where} already."
                    )
                first.setdefault(code, path)

    def _unknown_references(self, kind: Kind, item: Placed) -> Iterator[Mistake]:
        for key, target in kind.references.items():
            if item.record[key] and item.record[key] not in self.codes[target]:
                yield item.mistake(
                    "unknown_reference",
                    f"refers to an unknown {key.replace('_', ' ')}: “{item.record[key]}”",
                    key,
                )
        for key, target in kind.lists.items():
            for index, code in enumerate(item.record[key]):
                if code not in self.codes[target]:
                    yield item.mistake("unknown_reference", f"names an unknown entry: “{code}”", key, index)

    def _clash(self, kind: Kind, item: Placed) -> Iterator[Mistake]:
        entered = self.around.staying.get(kind.name, {}).get(item.record["code"])
        if entered is not None and item.is_sound and entered != kind.complete(item.record):
            detail = (
                "was entered by hand, with other content; give the record another code, or amend the entry"
            )
            yield item.mistake("entered_by_hand", detail, "code")

    def _element(self, item: Placed) -> Iterator[Mistake]:
        element = item.record
        expected = self.collection["categories"].get(element["category"])
        if expected and element["collection"] and expected != element["collection"]:
            detail = f"is {element['collection']}, but its category “{element['category']}” is {expected}"
            yield item.mistake("wrong_collection", detail, "collection")
        yield from element_mistakes(item)
        for match in unanswered(element, self.rules):
            yield item.mistake("never_collected", match.detail)

    def _feature(self, item: Placed) -> Iterator[Mistake]:
        yield from self._unknown_elements(item, "brings")
        for index, code in enumerate(item.record["elements"]):
            collection = self.collection["elements"].get(code, "optional")
            if collection and collection != "optional":
                detail = f"brings “{code}”, which is {collection}; a feature brings optional elements"
                yield item.mistake("wrong_collection", detail, "elements", index)

    def _flow(self, item: Placed) -> Iterator[Mistake]:
        yield from self._unknown_elements(item, "carries")
        for index, code in enumerate(item.record["elements"]):
            if self.collection["elements"].get(code) == "never":
                yield item.mistake(
                    "never_collected", f"carries “{code}”, which is never collected", "elements", index
                )

    def _unknown_elements(self, item: Placed, verb: str) -> Iterator[Mistake]:
        for index, code in enumerate(item.record["elements"]):
            if code not in self.codes["elements"]:
                detail = f"{verb} an unknown element: “{code}”"
                yield item.mistake("unknown_reference", detail, "elements", index)

    def _left_behind(self) -> Iterator[Mistake]:
        """What stays refers to what must stay too."""
        for name, records in self.around.staying.items():
            for record in records.values():
                for key, target, code in references_of(KINDS[name], record):
                    if code not in self.codes[target]:
                        detail = (
                            f"“{code}” is missing, but “{record['code']}” refers to it ({key}), which stays."
                        )
                        yield Mistake((target,), "still_referred_to", detail)

    def _staying_against_new_rules(self) -> Iterator[Mistake]:
        for item in self.placed["elements"]:
            rules = rules_in([item.record])
            for element in self.around.staying.get("elements", {}).values() if rules else ():
                if unanswered(element, rules):
                    detail = f"is a rule that forbids “{element['code']}”, which is there already"
                    yield item.mistake("never_collected", detail)


def _records(document: Mapping[str, Any], name: str) -> Iterator[tuple[Path, Any]]:
    records = document.get(name)
    yield from (((name, i), r) for i, r in enumerate(records if isinstance(records, list) else ()))


def coded(document: Mapping[str, Any], name: str) -> Iterator[tuple[Path, str]]:
    """Path and code of each record in one list of the file."""
    for path, record in _records(document, name):
        if isinstance(record, dict) and isinstance(record.get("code"), str):
            yield path, record["code"]


def _placed(kind: Kind, document: Mapping[str, Any], faulty: set[Path]) -> Iterator[Placed]:
    neutral = {key: rule.get("default", "") for key, rule in kind.properties.items()}
    for path, record in _records(document, kind.name):
        if isinstance(record, dict):
            sound = {key: value for key, value in record.items() if (*path, key) not in faulty}
            yield Placed(path, neutral | sound, is_sound=len(sound) == len(record) and path not in faulty)


def references_of(kind: Kind, record: Record) -> Iterator[tuple[str, str, str]]:
    """Every reference of a record: key, kind referred to, code."""
    yield from ((key, target, record[key]) for key, target in kind.references.items())
    yield from ((key, target, code) for key, target in kind.lists.items() for code in record[key])
    yield from (("elements", "elements", code) for code in record.get("elements", ()))


def element_mistakes(item: Placed) -> Iterator[Mistake]:
    """What can be wrong with an element by itself, beyond the schema."""
    element = item.record
    if element["mam"] == "conditional" and not element["mam_condition"].strip():
        yield item.mistake(
            "condition_missing", "says “mam”: “conditional” without a “mam_condition”", "mam_condition"
        )
    if element["iso19944"] and element["iso19944"] not in iso_categories():
        detail = f"has an unknown category of ISO/IEC 19944-1: “{element['iso19944']}”"
        yield item.mistake("unknown_reference", detail, "iso19944")
    is_rule = element["collection"] == "never"
    if is_rule and not element["never_phrases"]:
        yield item.mistake(
            "rule_without_phrases", "is never collected, but has no “never_phrases” to recognise it by"
        )
    if element["never_phrases"] and element["collection"] in ("required", "optional"):
        yield item.mistake("wrong_value", "has “never_phrases” although it is collected", "never_phrases")


def region_mistakes(item: Placed) -> Iterator[Mistake]:
    """A region opens before it closes."""
    yield from _order(item, "opened_on", "closed_on", "closes before it opens")


def adequacy_mistakes(item: Placed) -> Iterator[Mistake]:
    """A decision ends after it was made, and says for whom it holds where it does not hold for all."""
    yield from _order(item, "decided_on", "ends_on", "ends before it was made")
    if item.record["partial"] and not item.record["scope"].strip():
        yield item.mistake(
            "scope_missing", "is partial, but has no “scope” that says for whom it holds", "scope"
        )


def _order(item: Placed, first: str, last: str, detail: str) -> Iterator[Mistake]:
    """Days are compared as they are written."""
    if item.record[first] and item.record[last] and item.record[last] <= item.record[first]:
        yield item.mistake("wrong_order", f"{detail}: {item.record[last]}", last)


PLACES: dict[str, Callable[[Placed], Iterator[Mistake]]] = {
    "regions": region_mistakes,
    "adequacy_decisions": adequacy_mistakes,
}
