"""The deeds of the catalog: loading a file, entering by hand, comparing editions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from audit.context import Action, deed
from audit.models import AuditEvent
from audit.services import record as record_event
from catalog import never
from catalog.files import CatalogFile, Document, Surroundings, parse
from catalog.kinds import (
    KINDS,
    REFERENCE_CATALOG,
    Ids,
    Kind,
    Record,
    State,
    hand_entered,
    header_of,
    kind_of,
    state_of,
)
from catalog.models import Catalog, Edition, Element, Entry, FlowElement
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.roles import Permission

HEADER = "catalog"
T = TypeVar("T")


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

    @property
    def has_changes(self) -> bool:
        return any(not report.is_empty for report in self.kinds.values())

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


# --- Loading a file -----------------------------------------------------------------------------------------------------


def load_catalog(*, content: bytes, by: Principal, dry_run: bool = False, note: str = "") -> LoadReport:
    """Make the catalog be what the file says, as a new dated edition; with the same content nothing happens.

    Rows that the file no longer has are marked as removed, never deleted; what was entered by hand stays as it is.
    Loads of one catalog wait for each other. Raises CatalogFileInvalid with every mistake of the file (and nothing
    is loaded), PermissionDenied.
    """
    require(by, Permission.EDIT_CATALOG)
    file = parse(content)
    _ = file.own_mistakes  # most of the work for a large file, and needs no lock
    with transaction.atomic():
        catalog = _locked(file.catalog_code)
        before = _entered_state(catalog)
        document = file.checked(_surroundings(file, before))
        report = LoadReport(document.header["code"], _differences(catalog, before, document), dry_run=dry_run)
        if report.has_changes and not dry_run:
            edition = {"released_on": document.released_on, "sha256": file.sha256, "note": note or document.note}
            report.edition = _write(catalog, document.header, document.state, report.kinds, edition)
    return report


def _locked(code: str) -> Catalog | None:
    """The catalog, for this transaction's use alone; None where it is new."""
    return Catalog.objects.select_for_update().filter(code=code).first()


@dataclass(frozen=True)
class _Before:
    """The current rows, those of files apart from those entered by hand."""

    filed: State
    by_hand: State


def _entered_state(catalog: Catalog | None) -> _Before:
    state = state_of(catalog) if catalog else {name: {} for name in KINDS}
    by_hand = hand_entered(catalog) if catalog else set()
    return _Before(
        {name: {c: r for c, r in records.items() if (name, c) not in by_hand} for name, records in state.items()},
        {name: {c: r for c, r in records.items() if (name, c) in by_hand} for name, records in state.items()},
    )


def _surroundings(file: CatalogFile, before: _Before) -> Surroundings:
    """Rules of the reference catalog hold for every file; the reference's own file may say them anew, but a rule that
    it drops still holds for what it adds."""
    restated = file.codes_of("elements") if file.catalog_code == REFERENCE_CATALOG else set()
    rules = [rule for rule in _rules_of_reference() if rule.code not in restated]
    return Surroundings(rules, before.by_hand)


def _rules_of_reference() -> list[never.NeverRule]:
    """The never-rules of the reference catalog as it stands."""
    rows = Element.objects.current().never_collected().filter(catalog__code=REFERENCE_CATALOG)
    return [never.rule_of(row) for row in rows.values("code", "name", "never_phrases", "never_scope")]


def _differences(catalog: Catalog | None, before: _Before, document: Document) -> dict[str, KindReport]:
    header = header_of(catalog) if catalog else None
    reports = {HEADER: _compared({document.header["code"]: header} if header else {}, {document.header["code"]: document.header})}
    if header is None:
        reports[HEADER] = KindReport()  # a new catalog is its rows; it is not a record among them
    for name in KINDS:
        after = {c: r for c, r in document.state[name].items() if c not in before.by_hand[name]}
        reports[name] = _compared(before.filed[name], after)
    return reports


def _compared(before: Mapping[str, Record], after: Mapping[str, Record]) -> KindReport:
    both = before.keys() & after.keys()
    changed = {code: _changed_keys(before[code], after[code]) for code in sorted(both)}
    return KindReport(
        added=sorted(after.keys() - before.keys()),
        changed={code: keys for code, keys in changed.items() if keys},
        removed=sorted(before.keys() - after.keys()),
    )


def _changed_keys(before: Record, after: Record) -> list[str]:
    return [key for key in after if before[key] != after[key]]


# --- Writing an edition ---------------------------------------------------------------------------------------------------


def _write(
    catalog: Catalog | None,
    header: Record,
    after: State,
    reports: dict[str, KindReport],
    values: Mapping[str, Any],
    *,
    by_hand: bool = False,
    activity: str = "catalog.loaded",
) -> Edition:
    """Write the differences as the next edition. Must run inside the transaction that holds the catalog's lock."""
    if catalog is None:
        catalog = Catalog.objects.create(**header)
    elif header_of(catalog) != header:
        Catalog.objects.filter(pk=catalog.pk).update(**header)
    counts = {what: sum(len(getattr(r, what)) for r in reports.values()) for what in ("added", "changed", "removed")}
    number = (catalog.editions.aggregate(last=Max("number"))["last"] or 0) + 1
    with deed(activity, on=Edition, action=Action.CREATE):
        edition = Edition.objects.create(catalog=catalog, number=number, **counts, **values)
    _write_rows(edition, after, reports, by_hand)
    # Known only now, so it is an update of its own: the edition is the state after its last event.
    edition.last_event = AuditEvent.objects.across_tenants().aggregate(last=Max("id"))["last"] or 0
    edition.save(update_fields=["last_event"])
    return edition


def _write_rows(edition: Edition, after: State, reports: dict[str, KindReport], by_hand: bool) -> None:
    ids: Ids = {}
    for name, kind in KINDS.items():
        _write_kind(kind, edition, after[name], reports[name], ids, by_hand)
        ids[name] = dict(kind.model.objects.filter(catalog=edition.catalog_id).values_list("code", "pk"))
    _write_carried(edition, after["flows"], reports["flows"], ids)
    _record_overrides(edition, after["elements"], reports["elements"], ids)


def _write_kind(
    kind: Kind, edition: Edition, after: Mapping[str, Record], report: KindReport, ids: Ids, by_hand: bool
) -> None:
    if report.is_empty:
        return
    written = {*report.added, *report.changed}
    existing = {row.code: row for row in kind.model.objects.filter(catalog=edition.catalog_id)}
    new, old = [], []
    for code in sorted(written):
        columns = kind.columns_of(after[code], ids) | {"changed_in": edition, "removed_in": None, "by_hand": by_hand}
        row = existing.get(code)
        if row is None:
            new.append(kind.model(catalog_id=edition.catalog_id, added_in=edition, **columns))
        else:
            for column, value in columns.items():
                setattr(row, column, value)
            old.append(row)
    kind.model.objects.bulk_create(new)
    if old:
        kind.model.objects.bulk_update(old, list(columns), batch_size=200)
    for codes in _batches(report.removed):
        kind.model.objects.filter(catalog=edition.catalog_id, code__in=codes).update(removed_in=edition)


def _write_carried(edition: Edition, after: Mapping[str, Record], report: KindReport, ids: Ids) -> None:
    """The elements of added and changed flows, by difference: what stays leaves no trace."""
    written = {*report.added, *report.changed}
    wanted = {(ids["flows"][f], ids["elements"][e]) for f in written for e in after[f]["elements"]}
    flows = {ids["flows"][code] for code in written}
    rows = FlowElement.objects.filter(flow__catalog=edition.catalog_id).values_list("pk", "flow_id", "element_id")
    present = {(flow, element): pk for pk, flow, element in rows if flow in flows} if flows else {}
    for keys in _batches([pk for pair, pk in present.items() if pair not in wanted]):
        FlowElement.objects.filter(pk__in=keys).delete()
    FlowElement.objects.bulk_create(
        FlowElement(flow_id=flow, element_id=element) for flow, element in sorted(wanted - present.keys())
    )


def _batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """SQLite takes a limited number of values in one statement."""
    return (values[start : start + 500] for start in range(0, len(values), 500))


def _record_overrides(edition: Edition, after: Mapping[str, Record], report: KindReport, ids: Ids) -> None:
    """Each rule that is newly set aside is a deed of its own in the timeline."""
    changed = (code for code, keys in report.changed.items() if "override" in keys)
    for code in (*report.added, *changed):
        override = after[code]["override"]
        if override:
            record_event(
                "catalog.never_rule_overridden",
                category="catalog",
                resource=Element(pk=ids["elements"][code], name=after[code]["name"]),
                details={**override, "element": code, "catalog": edition.catalog.code, "edition": edition.number},
            )
