"""Every audited model, every way of writing: exactly one history row and one event for each changed row."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from audit.guards import Guard
from audit.history import Stance, audited_models
from tests.audit import makers
from tests.audit.makers import MAKERS, STANCES
from tests.audit.trail import CREATED, DELETED, UPDATED, assert_recorded, door, recording, values
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def of(stances: list[Stance]) -> pytest.MarkDecorator:
    """The test, once for each of them."""
    return pytest.mark.parametrize("stance", stances, ids=[stance.resource_type for stance in stances])


every_model = of(STANCES)


def test_every_audited_model_is_tried() -> None:
    assert {stance.model for stance in audited_models()} == MAKERS.keys()


def sql(statement: str, params: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or [])


def columns_of(row: models.Model) -> dict[str, Any]:
    """Every column of a row with the value as the driver takes it, the key only where it is known."""
    fields = [f for f in row._meta.concrete_fields if not (f.primary_key and row.pk is None)]
    return {str(f.column): f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields}


def insert_raw(*rows: models.Model, verb: str = "INSERT") -> None:
    for row in rows:
        columns = columns_of(row)
        names, places = ", ".join(f'"{c}"' for c in columns), ", ".join(["%s"] * len(columns))
        sql(f'{verb} INTO "{row._meta.db_table}" ({names}) VALUES ({places})', list(columns.values()))


def everything(model: type[models.Model]) -> Any:
    return model._base_manager.order_by("pk")


def assert_refused(stance: Stance, guard: Guard | None, row: Any, write: Callable[[], object]) -> None:
    """The rule refuses the write in its own words, and nothing is left of it."""
    assert guard is not None
    before = values(stance, row)
    with door(), recording() as trail:
        told = re.escape(f"{guard.name}: {guard.message}")
        with pytest.raises(IntegrityError, match=told), transaction.atomic():
            write()
    assert (trail.events, trail.records) == ([], [])
    assert values(stance, row) == before


# --- Adding ------------------------------------------------------------------------------------------------------


def by_save(model: type[Any], rows: list[Any]) -> None:
    for row in rows:
        row.save()


def by_bulk_create(model: type[Any], rows: list[Any]) -> None:
    model._base_manager.bulk_create(rows)


def by_ignoring_conflicts(model: type[Any], rows: list[Any]) -> None:
    model._base_manager.bulk_create([*rows, everything(model).first()], ignore_conflicts=True)


def by_raw_insert(model: type[Any], rows: list[Any]) -> None:
    insert_raw(*rows)


@every_model
@pytest.mark.parametrize("way", [by_save, by_bulk_create, by_ignoring_conflicts, by_raw_insert])
def test_adding(stance: Stance, way: Callable[..., None], cast: Cast) -> None:
    makers.stored(stance, cast)
    rows = [makers.new(stance, cast), makers.new(stance, cast)]
    before = set(everything(stance.model).values_list("pk", flat=True))
    with door(), recording() as trail:
        way(stance.model, rows)
    added = everything(stance.model).exclude(pk__in=before)
    assert len(added) == 2
    assert_recorded(trail, stance, CREATED, [values(stance, row) for row in added])


# --- Changing ----------------------------------------------------------------------------------------------------


def name_of(row: Any, attribute: str) -> str:
    """The field whose value the row has as this attribute."""
    return next(str(f.name) for f in row._meta.concrete_fields if f.attname == attribute)


def change_by_save(row: Any, field: str, value: Any) -> None:
    setattr(row, field, value)
    row.save()


def change_by_update_fields(row: Any, field: str, value: Any) -> None:
    setattr(row, field, value)
    for other in row._meta.concrete_fields:
        if isinstance(other, models.TextField) and other.attname != field:
            setattr(row, other.attname, "never stored")
    row.save(update_fields=[field])


def change_by_expression(row: Any, field: str, value: Any) -> None:
    setattr(row, field, Coalesce(Value(value), F(field)))
    row.save()


def change_by_bulk_update(row: Any, field: str, value: Any) -> None:
    setattr(row, field, value)
    type(row)._base_manager.bulk_update([row], [name_of(row, field)])


def change_by_queryset(row: Any, field: str, value: Any) -> None:
    type(row)._base_manager.filter(pk=row.pk).update(**{field: value})


def change_by_upsert(row: Any, field: str, value: Any) -> None:
    setattr(row, field, value)
    name = name_of(row, field)
    type(row)._base_manager.bulk_create(
        [row], update_conflicts=True, unique_fields=[row._meta.pk.name], update_fields=[name]
    )


def change_raw(row: Any, field: str, value: Any) -> None:
    column = row._meta.get_field(name_of(row, field)).column
    key = row._meta.pk
    place = key.get_db_prep_value(row.pk, connection)
    sql(f'UPDATE "{row._meta.db_table}" SET "{column}" = %s WHERE "{key.column}" = %s', [value, place])


CHANGES = [
    change_by_save,
    change_by_update_fields,
    change_by_expression,
    change_by_bulk_update,
    change_by_queryset,
    change_by_upsert,
    change_raw,
]


CHANGEABLE = [stance for stance in STANCES if not makers.frozen(stance)]
FROZEN = [stance for stance in STANCES if makers.frozen(stance)]


@of(CHANGEABLE)
@pytest.mark.parametrize("way", CHANGES)
def test_changing(stance: Stance, way: Callable[..., None], cast: Cast) -> None:
    maker, row = MAKERS[stance.model], makers.stored(stance, cast)
    makers.stored(stance, cast)
    value = maker.other()
    with door(), recording() as trail:
        way(row, maker.field, value)
    stored = values(stance, row)
    assert stored[maker.field] == value
    assert_recorded(trail, stance, UPDATED, [stored])


@every_model
@pytest.mark.parametrize("way", CHANGES)
def test_changing_nothing_leaves_nothing(stance: Stance, way: Callable[..., None], cast: Cast) -> None:
    maker, row = MAKERS[stance.model], makers.stored(stance, cast)
    with door(), recording() as trail:
        way(row, maker.field, values(stance, row)[maker.field])
    assert (trail.events, trail.records) == ([], [])


@of(FROZEN)
@pytest.mark.parametrize("way", CHANGES)
def test_changing_what_is_frozen(stance: Stance, way: Callable[..., None], cast: Cast) -> None:
    maker, row = MAKERS[stance.model], makers.stored(stance, cast)
    assert_refused(stance, makers.frozen(stance), row, lambda: way(row, maker.field, maker.other()))


@of(CHANGEABLE)
def test_of_many_rows_only_the_changed_are_recorded(stance: Stance, cast: Cast) -> None:
    maker = MAKERS[stance.model]
    rows = [makers.stored(stance, cast) for _ in range(3)]
    value = maker.other()
    change_by_queryset(rows[0], maker.field, value)
    with door(), recording() as trail:
        everything(stance.model).filter(pk__in=[r.pk for r in rows]).update(**{maker.field: value})
    assert_recorded(trail, stance, UPDATED, [values(stance, row) for row in rows[1:]])


# --- Removing ----------------------------------------------------------------------------------------------------


def remove(row: Any) -> None:
    row.delete()


def remove_by_queryset(row: Any) -> None:
    type(row)._base_manager.filter(pk=row.pk).delete()


def remove_raw(row: Any) -> None:
    key = row._meta.pk
    place = key.get_db_prep_value(row.pk, connection)
    sql(f'DELETE FROM "{row._meta.db_table}" WHERE "{key.column}" = %s', [place])


REMOVALS = [remove, remove_by_queryset, remove_raw]
REMOVABLE = [stance for stance in STANCES if not makers.kept(stance)]
KEPT = [stance for stance in STANCES if makers.kept(stance)]


@of(KEPT)
@pytest.mark.parametrize("way", REMOVALS)
def test_removing_what_is_kept(stance: Stance, way: Callable[..., None], cast: Cast) -> None:
    row = makers.stored(stance, cast)
    assert_refused(stance, makers.kept(stance), row, lambda: way(row))


@of(REMOVABLE)
@pytest.mark.parametrize("way", REMOVALS)
def test_removing(stance: Stance, way: Callable[..., None], cast: Cast) -> None:
    row = makers.stored(stance, cast)
    before = values(stance, row)
    with door(), recording() as trail:
        way(row)
    assert_recorded(trail, stance, DELETED, [before])


# --- What did not happen, and what cannot --------------------------------------------------------------------------


@every_model
def test_what_is_rolled_back_leaves_nothing(stance: Stance, cast: Cast) -> None:
    maker, row = MAKERS[stance.model], makers.stored(stance, cast)
    with door(), recording() as trail, transaction.atomic():
        if stance in CHANGEABLE:
            change_by_save(row, maker.field, maker.other())
        makers.stored(stance, cast)
        transaction.set_rollback(True)
    assert (trail.events, trail.records) == ([], [])


@every_model
@pytest.mark.parametrize("table", ["the history", "audit_auditevent", "audit_attribution"])
def test_without_its_record_nothing_happens(stance: Stance, table: str, cast: Cast) -> None:
    maker, row, other = MAKERS[stance.model], makers.stored(stance, cast), makers.new(stance, cast)
    before = values(stance, row)
    removed = stance.history_model._meta.db_table if table == "the history" else table
    with door(), transaction.atomic():
        sql(f'DROP TABLE "{removed}"')
        attempts: list[Callable[[], object]] = [lambda: insert_raw(other)]
        if stance in CHANGEABLE:
            attempts.append(lambda: change_raw(row, maker.field, maker.other()))
        if stance in REMOVABLE:
            attempts.append(lambda: remove_raw(row))
        for attempt in attempts:
            with pytest.raises(Exception, match=removed), transaction.atomic():
                attempt()
        assert values(stance, row) == before
        transaction.set_rollback(True)


@every_model
def test_a_recorded_object_keeps_its_key(stance: Stance, cast: Cast) -> None:
    row = makers.stored(stance, cast)
    key, place = row._meta.pk, row._meta.pk.get_db_prep_value(row.pk, connection)
    with pytest.raises(Exception, match="keeps its key"), transaction.atomic():
        sql(f'UPDATE "{row._meta.db_table}" SET "{key.column}" = 987654 WHERE "{key.column}" = %s', [place])
    assert everything(stance.model).filter(pk=row.pk).exists()
