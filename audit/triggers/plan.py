"""What triggers a database must have: a plan made of the models' declarations and the tables as they are.

Columns come from the database, not from the models: in the middle of a migration both tables may lack a field that
the models already have, and the triggers must be right for the tables at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from audit.guards import Guard
from audit.history import Stance, audited_models
from audit.notes import Note

PREFIX = "pc_"


def quoted(name: str) -> str:
    """The name as both engines take it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """The text as both engines take it."""
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True)
class Trigger:
    """One trigger: `create` makes it, `signature` is what an installed one shows when it is right."""

    name: str
    table: str
    create: str
    signature: str


@dataclass(frozen=True)
class AuditedTable:
    """An audited table and its history table, as they stand in this database."""

    stance: Stance
    table: str
    history_table: str
    pk: str
    columns: tuple[str, ...]

    def tenant_of(self, row: str) -> str:
        """SQL for the tenant whose timeline a change of `row` belongs to; NULL for the platform's."""
        column = self.stance.tenant_column
        return f"{row}.{quoted(column)}" if column in self.columns else "NULL"

    def label_of(self, row: str) -> str:
        """SQL for what names the object in the timeline: a column's text, or that of the row a key points to."""
        column, _, through = (self.stance.label or "").partition("__")
        if not through:
            return f"{row}.{quoted(column)}" if column in self.columns else "''"
        key: Any = self.stance.model._meta.get_field(column)
        target = key.related_model._meta
        if key.column not in self.columns:
            return "''"
        found = f"t.{quoted(target.pk.column)} = {row}.{quoted(key.column)}"
        return f"(SELECT t.{quoted(through)} FROM {quoted(target.db_table)} t WHERE {found})"


@dataclass(frozen=True)
class Reference:
    """A column that must point to a row of the same tenant."""

    table: str
    column: str
    to_table: str
    to_column: str


_tenant_models: list[type[models.Model]] = []


def owned_by_tenant(model: type[models.Model]) -> None:
    """Register a model whose rows never leave their tenant and never point into another one."""
    _tenant_models.append(model)


COLUMNS = {
    "sqlite": "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'",
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_schema = current_schema() ORDER BY ordinal_position",
}


def columns_by_table(connection: BaseDatabaseWrapper, tables: Iterable[str]) -> dict[str, list[str]]:
    """The columns of those of `tables` that exist, in one query: this runs with every migration."""
    wanted = set(tables)
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS[connection.vendor])
        for table, column in cursor:
            if table in wanted:
                found.setdefault(table, []).append(column)
    return found


def audited_tables(existing: dict[str, list[str]]) -> list[AuditedTable]:
    """The audited tables that exist together with their history; none before the timeline itself exists."""
    tables: list[AuditedTable] = []
    if not {"audit_auditevent", "audit_attribution"} <= existing.keys():
        return tables
    for stance in audited_models():
        table, history_table = stance.model._meta.db_table, stance.history_model._meta.db_table
        if table in existing and history_table in existing:
            columns = tuple(c for c in existing[table] if c in existing[history_table])
            pk = str(stance.model._meta.pk.column)
            tables.append(AuditedTable(stance, table, history_table, pk, columns))
    return tables


def tenant_tables(existing: dict[str, list[str]]) -> list[str]:
    """The tables whose rows belong to a tenant for ever."""
    return [m._meta.db_table for m in _tenant_models if "tenant_id" in existing.get(m._meta.db_table, ())]


def tenant_references(existing: dict[str, list[str]]) -> list[Reference]:
    """Every foreign key from one tenant-owned table to another."""
    owned = {m._meta.db_table for m in _tenant_models}
    return [
        Reference(
            model._meta.db_table,
            str(field.column),
            field.related_model._meta.db_table,
            str(field.target_field.column),
        )
        for model in _tenant_models
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and isinstance(field.related_model, type)
        and field.related_model._meta.db_table in owned
        and field.column in existing.get(model._meta.db_table, ())
        and "tenant_id" in existing.get(field.related_model._meta.db_table, ())
    ]


def guards(existing: dict[str, list[str]]) -> list[tuple[str, Guard]]:
    """Every rule that a model lists, with its table, as far as the columns that it speaks of are there."""
    return [
        (model._meta.db_table, guard)
        for model in _guarded_models()
        for guard in model.guards
        if model._meta.db_table in existing and guard.columns() <= set(existing[model._meta.db_table])
    ]


def notes(existing: dict[str, list[str]]) -> list[tuple[str, Note]]:
    """Every note that a model asks for, with the model's table, as far as both tables are there."""
    return [
        (model._meta.db_table, note)
        for model in apps.get_models()
        for note in getattr(model, "noted_by", ())
        if note.values.keys() <= set(existing.get(model._meta.db_table, ()))
        and note.columns() <= set(existing.get(note.of, ()))
    ]


def _guarded_models() -> list[Any]:
    return [model for model in apps.get_models() if getattr(model, "guards", ())]


def relevant_tables() -> set[str]:
    """The tables that any trigger of ours could sit on or refer to."""
    names = {"audit_attribution", "audit_auditevent", *(m._meta.db_table for m in _guarded_models())}
    for stance in audited_models():
        names |= {stance.model._meta.db_table, stance.history_model._meta.db_table}
    return names | {m._meta.db_table for m in _tenant_models}


def appended_only(existing: dict[str, list[str]]) -> list[str]:
    """The trail's own tables: rows are added, never changed or removed."""
    histories = [s.history_model._meta.db_table for s in audited_models()]
    return [t for t in ("audit_attribution", "audit_auditevent", *histories) if t in existing]
