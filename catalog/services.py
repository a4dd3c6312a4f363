"""The deeds of the catalog: loading a file, entering by hand, comparing editions.

A file and an entry by hand take one path: the same checks (`catalog.files`, `catalog.cross_check`) and the same
writing (`catalog.writing`). Nobody else writes rows of the catalog.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from catalog import never
from catalog.cross_check import Surroundings, cross_mistakes
from catalog.differences import (
    HEADER,
    Comparison,
    KindReport,
    LoadReport,
    changed_keys,
    comparison_of,
    reports_of,
)
from catalog.files import CatalogFile, parse
from catalog.kinds import (
    KINDS,
    REFERENCE_CATALOG,
    Kind,
    Record,
    State,
    hand_entered,
    header_of,
    kind_of,
    state_of,
)
from catalog.models import Catalog, Edition, Element, Entry
from catalog.problems import Mistake
from catalog.schema_check import schema_mistakes, unstorable_texts
from catalog.writing import Plan, write_edition
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.roles import Permission

# --- Loading a file ---


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
        return _load(_locked(file.catalog_code), file, note, dry_run)


def _load(catalog: Catalog | None, file: CatalogFile, note: str, dry_run: bool) -> LoadReport:
    filed, by_hand = _current(catalog)
    document = file.checked(Surroundings(_rules_for(file), by_hand))
    after = _without(document.state, by_hand)
    header = header_of(catalog) if catalog else document.header
    reports = reports_of((header, document.header), filed, after)
    report = LoadReport(document.header["code"], reports, dry_run=dry_run, is_new=catalog is None)
    if report.has_changes and not dry_run:
        edition = {"released_on": document.released_on, "sha256": file.sha256, "note": note or document.note}
        plan = Plan(document.header, after, reports, "catalog.loaded", edition)
        report.edition = write_edition(catalog, plan)
    return report


def _locked(code: str) -> Catalog | None:
    """The catalog, for this transaction's use alone; None where it is new."""
    return Catalog.objects.select_for_update().filter(code=code).first()


def _current(catalog: Catalog | None) -> tuple[State, State]:
    """The current records: those of files, and those entered by hand."""
    state: State = state_of(catalog) if catalog else {name: {} for name in KINDS}
    entered = hand_entered(catalog) if catalog else set()
    by_hand = {name: {c: r for c, r in rs.items() if (name, c) in entered} for name, rs in state.items()}
    return _without(state, by_hand), by_hand


def _without(state: State, left_out: State) -> State:
    return {name: {c: r for c, r in rs.items() if c not in left_out[name]} for name, rs in state.items()}


def _rules_for(file: CatalogFile) -> list[never.NeverRule]:
    """The reference's rules hold for every file. Its own file may say them anew; one that it drops still holds for
    what the same file adds."""
    restated = file.codes_of("elements") if file.catalog_code == REFERENCE_CATALOG else set()
    return [rule for rule in _rules_of_reference() if rule.code not in restated]


def _rules_of_reference() -> list[never.NeverRule]:
    rows = Element.objects.current().never_collected().filter(catalog__code=REFERENCE_CATALOG)
    return [never.rule_of(row) for row in rows.values("code", "name", "never_phrases", "never_scope")]


# --- Entering by hand ---


def add_entry(
    *,
    catalog: Catalog,
    kind: str,
    values: Mapping[str, Any],
    by: Principal,
    reason: str,
    override: Mapping[str, str] | None = None,
) -> Entry:
    """Add a record that no file has, as a small edition of its own; loading a file leaves it alone.

    kind: a list of the file format ("elements"). values: the record's keys as in the file; rows and dates will do where
    codes and texts belong. override: {"rule", "reason"} where a never-rule matches. Raises ValidationError by key,
    PermissionDenied.
    """
    require(by, Permission.EDIT_CATALOG)
    _demand_reason(reason)
    with transaction.atomic():
        catalog = Catalog.objects.select_for_update().get(pk=catalog.pk)
        state, of = state_of(catalog), KINDS[kind]
        record = _as_record(of, {**values, **({"override": override} if override else {})})
        if record.get("code") in state[kind]:
            raise ValidationError({"code": "This catalog has an entry with this code already."})
        record = _checked(of, record, catalog, state)
        report = KindReport(added=[record["code"]])
        _write_by_hand(catalog, of, record, report, "catalog.entry_added", reason)
        return of.model.objects.get(catalog=catalog, code=record["code"])


def amend_entry(
    *,
    entry: Entry,
    values: Mapping[str, Any],
    by: Principal,
    reason: str,
    override: Mapping[str, str] | None = None,
) -> Entry:
    """Change a record that was entered by hand; what is the same already makes no edition.

    values: the keys to change, as for `add_entry`. Raises ValidationError by key, PermissionDenied, and Refused for
    rows of a file (change the file) and removed ones.
    """
    require(by, Permission.EDIT_CATALOG)
    _demand_reason(reason)
    kind = kind_of(type(entry))
    with transaction.atomic():
        catalog, state = _locked_with_entry(entry, kind)
        before = state[kind.name].pop(entry.code)
        given = _as_record(kind, {**values, **({"override": override} if override else {})})
        if given.get("code", entry.code) != entry.code:
            raise ValidationError({"code": "A code never changes: scripts and consents refer to it."})
        record = _checked(kind, {**before, **given}, catalog, state)
        if changed := changed_keys(before, record):
            report = KindReport(changed={entry.code: changed})
            _write_by_hand(catalog, kind, record, report, "catalog.entry_amended", reason)
        return kind.model.objects.get(pk=entry.pk)


def remove_entry(*, entry: Entry, by: Principal, reason: str) -> Entry:
    """Take a record that was entered by hand out of the catalog; its past stays readable.

    Raises ValidationError where others refer to it, PermissionDenied, and Refused as `amend_entry`.
    """
    require(by, Permission.EDIT_CATALOG)
    _demand_reason(reason)
    kind = kind_of(type(entry))
    with transaction.atomic():
        catalog, state = _locked_with_entry(entry, kind)
        record = state[kind.name].pop(entry.code)
        _raise(list(cross_mistakes({}, [], Surroundings(staying=state))))
        report = KindReport(removed=[entry.code])
        _write_by_hand(catalog, kind, record, report, "catalog.entry_removed", reason)
        return kind.model.objects.get(pk=entry.pk)


def _demand_reason(reason: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": "Say why: it is kept in the audit trail."})


def _locked_with_entry(entry: Entry, kind: Kind) -> tuple[Catalog, State]:
    """The catalog's state, held for this transaction, in which the entry is current and by hand."""
    catalog = Catalog.objects.select_for_update().get(pk=entry.catalog_id)
    row = kind.model.objects.get(pk=entry.pk)
    if not row.is_current:
        raise Refused("removed", f"“{row.code}” is no longer in the catalog; add it again to have it back.")
    if not row.by_hand:
        detail = f"“{row.code}” comes from a file. Change it there and load the file again."
        raise Refused("not_entered_by_hand", detail)
    return catalog, state_of(catalog)


def _as_record(kind: Kind, values: Mapping[str, Any]) -> Record:
    """The values as the file would write them."""
    names = {column: key for key, column in kind.columns.items()}
    return {names.get(key, key): _as_value(value) for key, value in values.items()}


def _as_value(value: Any) -> Any:
    if isinstance(value, Entry):
        return value.code
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    is_many = hasattr(value, "__iter__") and not isinstance(value, str)
    return [_as_value(each) for each in value] if is_many else value


def _checked(kind: Kind, record: Record, catalog: Catalog, others: State) -> Record:
    """The record, complete. Raises ValidationError with what a file would be refused for, by key."""
    part = {"catalog": {"code": catalog.code}, kind.name: [record]}
    alone = {kind.name: [record]}
    own = [*schema_mistakes(alone, is_whole=False), *unstorable_texts(alone)]
    around = Surroundings([] if catalog.code == REFERENCE_CATALOG else _rules_of_reference(), others)
    _raise([*own, *cross_mistakes(part, own, around)])
    return kind.complete(record)


def _raise(mistakes: list[Mistake]) -> None:
    if mistakes:
        by_key: dict[str, list[str]] = {}
        for mistake in mistakes:
            key = str(mistake.path[2]) if len(mistake.path) > 2 else "__all__"
            by_key.setdefault(key, []).append(mistake.detail)
        raise ValidationError(by_key)


def _write_by_hand(
    catalog: Catalog, kind: Kind, record: Record, report: KindReport, activity: str, reason: str
) -> Edition:
    edition = {"released_on": timezone.localdate(), "note": reason}
    state: State = {name: {} for name in KINDS} | {kind.name: {record["code"]: record}}
    plan = Plan(
        header_of(catalog), state, {kind.name: report}, activity, edition, by_hand=True, reason=reason
    )
    return write_edition(catalog, plan)


# --- Reading the past ---


def compare(edition_a: Edition, edition_b: Edition) -> Comparison:
    """What led from the first edition to the second, read from the history; they may stand in either order.

    Raises Refused for editions of two catalogs.
    """
    if edition_a.catalog_id != edition_b.catalog_id:
        raise Refused("other_catalog", "Two editions can be compared when they are of one catalog.")
    catalog = edition_a.catalog
    states = [state_of(catalog, edition) for edition in (edition_a, edition_b)]
    headers = [{catalog.code: header_of(catalog, edition)} for edition in (edition_a, edition_b)]
    kinds = {HEADER: comparison_of(*headers)}
    kinds |= {name: comparison_of(states[0][name], states[1][name]) for name in KINDS}
    return Comparison(edition_a, edition_b, kinds)
