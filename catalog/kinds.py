"""The kinds of records a catalog has, and how a record of the file and a row of the database become one another.

Loading, comparing and exporting all speak of records: dictionaries with the keys of the file format, where rows refer
to each other by code. So what is loaded, compared and exported is the same thing by construction.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeAlias

from django.db.models import Model

from catalog.models import (
    AdequacyDecision,
    AtRestException,
    BoundaryPhase,
    Catalog,
    Category,
    Datacentre,
    Edition,
    Element,
    ElementPair,
    Entry,
    Feature,
    FeatureElement,
    Flow,
    FlowElement,
    Region,
    Service,
    ThirdParty,
)

FORMAT = "privacy-console/catalog/1"
FOLDER = Path(__file__).parent
REFERENCE_FILE = FOLDER / "reference" / "intune.json"
REFERENCE_CATALOG = "intune"

Record: TypeAlias = dict[str, Any]
State: TypeAlias = dict[str, dict[str, Record]]
"""By kind and code, what a catalog holds."""


def name_of(record: Record) -> str:
    """What a record is called: a datacentre is called after its city."""
    return str(record.get("name") or record.get("city") or "")


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a catalog file (draft 2020-12)."""
    return json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Kind:
    """One list of the file and its model.

    references: the keys that name a record of another kind by its code. columns: keys that the model calls otherwise.
    lists: the keys that name several records of another kind, kept as codes.
    pairs: the rows behind the key `elements`, for a kind that has it.
    """

    name: str
    model: type[Entry]
    definition: str
    references: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    pairs: type[ElementPair] | None = None

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def properties(self) -> dict[str, dict[str, Any]]:
        return schema()["$defs"][self.definition]["properties"]  # type: ignore[no-any-return]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.properties)

    @cached_property
    def dates(self) -> frozenset[str]:
        """The keys that hold a day, or nothing where it is not known."""
        return frozenset(
            key
            for key, rule in self.properties.items()
            if rule.get("$ref") in ("#/$defs/date", "#/$defs/day")
        )

    def complete(self, values: Record) -> Record:
        """The record with every key: what the file leaves out has its default. Sets are sorted."""
        defaults = {key: rule["default"] for key, rule in self.properties.items() if "default" in rule}
        record: Record = {key: values.get(key, defaults.get(key)) for key in self.keys}
        return record | {"elements": sorted(record["elements"])} if "elements" in record else record

    def columns_of(self, record: Record, ids: Ids) -> dict[str, Any]:
        """The model's columns for a complete record; ids turn the codes it refers to into keys."""
        columns: dict[str, Any] = {}
        for key, value in record.items():
            columns |= self._columns_of(key, value, ids)
        if "name" not in record:
            columns["name"] = name_of(record)
        return columns

    def _columns_of(self, key: str, value: Any, ids: Ids) -> dict[str, Any]:
        if key in self.references:
            return {f"{key}_id": ids[self.references[key]][value]}
        if key == "override":
            return {
                "override_rule": (value or {}).get("rule", ""),
                "override_reason": (value or {}).get("reason", ""),
            }
        if key in self.dates:
            return {key: date.fromisoformat(value) if value else None}
        return {} if key == "elements" else {self.columns.get(key, key): value}

    def record_of(self, row: Mapping[str, Any], codes: Codes) -> Record:
        """The record a row of columns stands for, without what other tables hold (its elements)."""
        return {key: self._value_of(key, row, codes) for key in self.keys if key != "elements"}

    def _value_of(self, key: str, row: Mapping[str, Any], codes: Codes) -> Any:
        if key in self.references:
            return codes[self.references[key]][row[f"{key}_id"]]
        if key == "override":
            is_set = bool(row["override_rule"])
            return {"rule": row["override_rule"], "reason": row["override_reason"]} if is_set else None
        if key in self.dates:
            return row[key].isoformat() if row[key] else ""
        return row[self.columns.get(key, key)]


Ids: TypeAlias = dict[str, dict[str, int]]
Codes: TypeAlias = dict[str, dict[int, str]]

# In the order in which they refer to each other.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("categories", Category, "category"),
        Kind("elements", Element, "element", {"category": "categories"}),
        Kind("features", Feature, "feature", pairs=FeatureElement),
        Kind("third_parties", ThirdParty, "third_party"),
        Kind("services", Service, "service", {"third_party": "third_parties"}, {"per_tenant": "connections"}),
        Kind("flows", Flow, "flow", {"service": "services"}, pairs=FlowElement),
        Kind("regions", Region, "region"),
        Kind("datacentres", Datacentre, "datacentre"),
        Kind("boundary_phases", BoundaryPhase, "boundary_phase", {"region": "regions"}),
        Kind("at_rest_exceptions", AtRestException, "at_rest_exception", lists={"regions": "regions"}),
        Kind("adequacy_decisions", AdequacyDecision, "adequacy_decision"),
    )
}


def kind_of(model: type[Model]) -> Kind:
    """The kind whose rows are of this model."""
    return next(kind for kind in KINDS.values() if kind.model is model)


def all_codes(catalog: Catalog) -> Codes:
    """Every code by key, of removed rows too. A code never changes, so this holds for any edition."""
    return {
        name: dict(kind.model.objects.filter(catalog=catalog).values_list("pk", "code"))
        for name, kind in KINDS.items()
    }


def header_of(catalog: Catalog, edition: Edition | None = None) -> Record:
    """The `catalog` part of the file, as it is now or was in an edition."""
    past = Catalog.history.up_to_event(edition.last_event).filter(id=catalog.pk).first() if edition else None
    return {key: getattr(past or catalog, key) for key in ("code", "name", "processor", "description")}


def state_of(catalog: Catalog, edition: Edition | None = None) -> State:
    """What the catalog holds now, or held in an edition: two queries for each kind."""
    codes = all_codes(catalog)
    state: State = {}
    for name, kind in KINDS.items():
        rows = _rows(kind, catalog, edition)
        state[name] = {row["code"]: kind.record_of(row, codes) for row in rows}
        if kind.pairs is not None:
            owner = f"{kind.pairs.owner}_id"
            pairs = kind.pairs.in_edition(edition).values_list(owner, "element_id")
            _add_elements(kind, state[name], pairs, codes)
    return state


def _rows(kind: Kind, catalog: Catalog, edition: Edition | None) -> Iterable[dict[str, Any]]:
    entries = kind.model.objects
    rows = entries.recorded_in(edition) if edition else entries.current().filter(catalog=catalog)
    return rows.order_by("code").values()


def _add_elements(
    kind: Kind, records: dict[str, Record], pairs: Iterable[tuple[int, int]], codes: Codes
) -> None:
    of_entry: dict[str, list[str]] = defaultdict(list)
    for entry, element in pairs:
        if entry in codes[kind.name]:
            of_entry[codes[kind.name][entry]].append(codes["elements"][element])
    for code, record in records.items():
        record["elements"] = sorted(of_entry[code])
        # In the order of the file's keys, so that exports and differences read the same.
        records[code] = {key: record[key] for key in kind.keys}


def hand_entered(catalog: Catalog) -> set[tuple[str, str]]:
    """Kind and code of every current row that an operator entered by hand."""
    return {
        (name, code)
        for name, kind in KINDS.items()
        for code in kind.model.objects.current()
        .filter(catalog=catalog, by_hand=True)
        .values_list("code", flat=True)
    }
