"""What sets two states of a catalog apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.kinds import KINDS, Record, State
from catalog.models import Edition

HEADER = "catalog"


@dataclass
class KindReport:
    """What a load did to one kind: codes, and for changed ones the keys that changed."""

    added: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)

    def as_data(self) -> dict[str, Any]:
        return {"added": self.added, "changed": self.changed, "removed": self.removed}


@dataclass
class LoadReport:
    """What a load did, or with `dry_run` would do. edition: the new one; None where nothing changed (or dry)."""

    catalog: str
    kinds: dict[str, KindReport]
    edition: Edition | None = None
    dry_run: bool = False
    is_new: bool = False

    @property
    def has_changes(self) -> bool:
        return self.is_new or any(not report.is_empty for report in self.kinds.values())

    def count(self, what: str) -> int:
        """How many records were `added`, `changed` or `removed`."""
        return sum(len(getattr(report, what)) for report in self.kinds.values())

    def as_data(self) -> dict[str, Any]:
        return {
            "catalog": self.catalog,
            "edition": self.edition.number if self.edition else None,
            "dry_run": self.dry_run,
            **{what: self.count(what) for what in ("added", "changed", "removed")},
            "kinds": {name: report.as_data() for name, report in self.kinds.items() if not report.is_empty},
        }


def reports_of(header: tuple[Record, Record], before: State, after: State) -> dict[str, KindReport]:
    """By kind, what differs between two states; header: the `catalog` part, before and after."""
    code = header[1]["code"]
    reports = {HEADER: report_of({code: header[0]}, {code: header[1]})}
    return reports | {name: report_of(before[name], after[name]) for name in KINDS}


def report_of(before: Mapping[str, Record], after: Mapping[str, Record]) -> KindReport:
    """What differs between two sets of records, by code."""
    both = sorted(before.keys() & after.keys())
    changed = {code: changed_keys(before[code], after[code]) for code in both}
    return KindReport(
        added=sorted(after.keys() - before.keys()),
        changed={code: keys for code, keys in changed.items() if keys},
        removed=sorted(before.keys() - after.keys()),
    )


def changed_keys(before: Record, after: Record) -> list[str]:
    return [key for key in after if before[key] != after[key]]


@dataclass(frozen=True)
class KindComparison:
    """One kind in two editions. added, removed: records by code. changed: by code and key, the old and new value."""

    added: dict[str, Record]
    removed: dict[str, Record]
    changed: dict[str, dict[str, tuple[Any, Any]]]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True)
class Comparison:
    """Two editions of a catalog: what led from the first to the second."""

    before: Edition
    after: Edition
    kinds: dict[str, KindComparison]

    @property
    def has_changes(self) -> bool:
        return any(not kind.is_empty for kind in self.kinds.values())

    def as_data(self) -> dict[str, Any]:
        kinds = {name: kind for name, kind in self.kinds.items() if not kind.is_empty}
        return {
            "catalog": self.before.catalog.code,
            "before": self.before.number,
            "after": self.after.number,
            "kinds": {name: _comparison_as_data(kind) for name, kind in kinds.items()},
        }


def _comparison_as_data(kind: KindComparison) -> dict[str, Any]:
    changed = {
        code: {key: {"old": old, "new": new} for key, (old, new) in values.items()}
        for code, values in kind.changed.items()
    }
    return {"added": kind.added, "changed": changed, "removed": kind.removed}


def comparison_of(before: Mapping[str, Record], after: Mapping[str, Record]) -> KindComparison:
    """The records and values behind `report_of`."""
    report = report_of(before, after)
    return KindComparison(
        {code: after[code] for code in report.added},
        {code: before[code] for code in report.removed},
        {c: {k: (before[c][k], after[c][k]) for k in keys} for c, keys in report.changed.items()},
    )
