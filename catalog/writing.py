"""Writing an edition: the rows that differ, in bulk, and the event up to which the edition reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from audit.context import Action, deed
from audit.models import AuditEvent
from audit.services import record as record_event
from catalog.differences import KindReport
from catalog.kinds import KINDS, Ids, Kind, Record, State
from catalog.models import Catalog, Edition, Element, ElementPair, Entry
from privacy_console.batches import batches
from privacy_console.errors import Refused

COUNTED = ("added", "changed", "removed")
AT_ONCE = 500  # SQLite takes a limited number of values in one statement


@dataclass(frozen=True)
class Plan:
    """An edition to be: what it is made of, and what it is called in the timeline."""

    header: Record
    state: State
    reports: Mapping[str, KindReport]
    activity: str
    values: Mapping[str, Any]
    by_hand: bool = False
    reason: str = ""


def write_edition(catalog: Catalog | None, plan: Plan) -> Edition:
    """Write the differences as the next edition of the catalog, which is made where it is None.

    Must run inside the transaction that holds the catalog's lock.
    """
    with deed(plan.activity, on=Edition, action=Action.CREATE, reason=plan.reason):
        catalog = _write_header(catalog, plan)
        edition = _next_edition(catalog, plan)
        _write_rows(edition, plan)
        last = AuditEvent.objects.across_tenants().aggregate(last=Max("id"))["last"]
    # Known only now, so it is an update of its own: the edition is the state after its last event.
    with deed("edition.completed", on=Edition, action=Action.UPDATE, reason=plan.reason):
        edition.last_event = last
        edition.save(update_fields=["last_event"])
    return edition


def _write_header(catalog: Catalog | None, plan: Plan) -> Catalog:
    if catalog is None:
        return _new_catalog(plan.header)
    for key, value in plan.header.items():
        setattr(catalog, key, value)
    catalog.save()
    return catalog


def _new_catalog(header: Record) -> Catalog:
    try:
        with transaction.atomic():
            return Catalog.objects.create(**header)
    except IntegrityError:
        detail = "Somebody else loaded this catalog at the same moment. Load it again."
        raise Refused("loaded_meanwhile", detail) from None


def _next_edition(catalog: Catalog, plan: Plan) -> Edition:
    counts = {what: sum(len(getattr(r, what)) for r in plan.reports.values()) for what in COUNTED}
    number = (catalog.editions.aggregate(last=Max("number"))["last"] or 0) + 1
    return Edition.objects.create(catalog=catalog, number=number, **counts, **plan.values)


def _write_rows(edition: Edition, plan: Plan) -> None:
    ids: Ids = {}
    for name, kind in KINDS.items():
        report = plan.reports.get(name, KindReport())
        if not report.is_empty:
            _write_kind(kind, edition, plan, report, ids)
        ids[name] = dict(kind.model.objects.filter(catalog=edition.catalog_id).values_list("code", "pk"))
        if kind.pairs is not None and not report.is_empty:
            _write_pairs(edition, kind, kind.pairs, plan.state[name], report, ids)
    _record_overrides(edition, plan.state["elements"], plan.reports.get("elements", KindReport()), ids)


def _write_kind(kind: Kind, edition: Edition, plan: Plan, report: KindReport, ids: Ids) -> None:
    marks = {"changed_in_id": edition.pk, "removed_in_id": None, "by_hand": plan.by_hand}
    records = (plan.state[kind.name][code] for code in sorted({*report.added, *report.changed}))
    columns = {record["code"]: kind.columns_of(record, ids) | marks for record in records}
    rows = kind.model.objects.filter(catalog=edition.catalog_id)
    known = {row.code: row for row in rows if row.code in columns}
    kind.model.objects.bulk_create(
        kind.model(catalog_id=edition.catalog_id, added_in=edition, **values)
        for code, values in columns.items()
        if code not in known
    )
    _update(kind, known, columns)
    for codes in batches(report.removed, AT_ONCE):
        rows.filter(code__in=codes).update(removed_in=edition)


def _update(kind: Kind, known: Mapping[str, Entry], columns: Mapping[str, Record]) -> None:
    names: set[str] = set()
    for code, row in known.items():
        for column, value in columns[code].items():
            setattr(row, column, value)
            names.add(column.removesuffix("_id"))
    if known:
        kind.model.objects.bulk_update(known.values(), sorted(names), batch_size=100)


def _write_pairs(
    edition: Edition,
    kind: Kind,
    pairs: type[ElementPair],
    after: Mapping[str, Record],
    report: KindReport,
    ids: Ids,
) -> None:
    """The elements of added and changed entries, by difference: what stays leaves no trace."""
    owner, written = f"{pairs.owner}_id", {*report.added, *report.changed}
    wanted = {(ids[kind.name][code], ids["elements"][e]) for code in written for e in after[code]["elements"]}
    entries = {ids[kind.name][code] for code in written}
    stored = pairs._default_manager.filter(**{f"{pairs.owner}__catalog": edition.catalog_id})
    rows = stored.values_list("pk", owner, "element_id") if entries else ()
    present = {(entry, element): pk for pk, entry, element in rows if entry in entries}
    for keys in batches([pk for pair, pk in present.items() if pair not in wanted], AT_ONCE):
        stored.filter(pk__in=keys).delete()
    pairs._default_manager.bulk_create(
        pairs(**{owner: entry, "element_id": element}) for entry, element in sorted(wanted - present.keys())
    )


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
                details={
                    **override,
                    "element": code,
                    "catalog": edition.catalog.code,
                    "edition": edition.number,
                },
            )
