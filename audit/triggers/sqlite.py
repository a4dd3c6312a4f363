"""The plan in SQLite's words: row triggers, their context from functions registered on the connection.

A shell that opens the file without those functions cannot say who is acting, and is refused ("no such function").
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from audit.context import ATTRIBUTION_FIELDS
from audit.history import HISTORY_TYPES
from audit.triggers import plan
from audit.triggers.plan import PREFIX, AuditedTable, Reference, Trigger

NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _trigger(name: str, table: str, when: str, body: str, condition: str = "") -> Trigger:
    clause = f"\nWHEN {condition}" if condition else ""
    create = f"CREATE TRIGGER {_q(name)} {when} ON {_q(table)}\nFOR EACH ROW{clause}\nBEGIN\n{body}\nEND"
    return Trigger(name, table, create, create)


def _refuse(message: str) -> str:
    return f"SELECT RAISE(ABORT, {_text(message)});"


def _attribute() -> str:
    values = ", ".join(f"audit_context('{name}')" for name in ATTRIBUTION_FIELDS)
    return (
        f"INSERT INTO audit_attribution (id, {', '.join(ATTRIBUTION_FIELDS)})\n"
        f"SELECT audit_context('id'), {values}\n"
        "WHERE NOT EXISTS (SELECT 1 FROM audit_attribution WHERE id = audit_context('id'));"
    )


def _named(name: str, resource_type: str, otherwise: str) -> str:
    """What the deed at hand calls the change, if it is about this model."""
    return f"coalesce(audit_context({_text(f'{name} {resource_type}')}), {_text(otherwise)})"


def _event(table: AuditedTable, history_type: str, row: str) -> str:
    stance = table.stance
    tenant = f"{row}.{_q(stance.tenant_column)}" if stance.tenant_column in table.columns else "NULL"
    label = (
        f"substr({row}.{_q(stance.label_column)}, 1, 254)" if stance.label_column in table.columns else "''"
    )
    activity = _named("activity", stance.resource_type, stance.activity(history_type))
    action = _named("action", stance.resource_type, stance.actions[history_type])
    return (
        "INSERT INTO audit_auditevent (tenant_id, attribution_id, occurred_at, action, activity, category, result,"
        " actor_id, resource_type, resource_id, resource_name)\n"
        f"VALUES ({tenant}, audit_context('id'), {NOW}, {action}, {activity}, {_text(stance.category)}, 'success',"
        f" audit_context('actor_id'), {_text(stance.resource_type)}, {row}.{_q(table.pk)}, coalesce({label}, ''));"
    )


def _history(table: AuditedTable, history_type: str, row: str) -> str:
    names = ", ".join(_q(c) for c in table.columns)
    values = ", ".join(f"{row}.{_q(c)}" for c in table.columns)
    return (
        f"INSERT INTO {_q(table.history_table)} (history_id, history_date, history_type, {names})\n"
        f"VALUES (last_insert_rowid(), {NOW}, '{history_type}', {values});"
    )


def _audit(table: AuditedTable) -> Iterator[Trigger]:
    changed = " OR ".join(f"OLD.{_q(c)} IS NOT NEW.{_q(c)}" for c in table.columns)
    for history_type, event, row, condition in (
        ("+", "AFTER INSERT", "NEW", ""),
        ("~", "AFTER UPDATE", "NEW", changed),
        ("-", "AFTER DELETE", "OLD", ""),
    ):
        body = "\n".join((_attribute(), _event(table, history_type, row), _history(table, history_type, row)))
        yield _trigger(
            f"{PREFIX}{HISTORY_TYPES[history_type]}_{table.table}", table.table, event, body, condition
        )
    yield _trigger(
        f"{PREFIX}key_{table.table}",
        table.table,
        f"BEFORE UPDATE OF {_q(table.pk)}",
        _refuse("A recorded object keeps its key."),
        f"OLD.{_q(table.pk)} IS NOT NEW.{_q(table.pk)}",
    )


def _append_only(table: str, key: str) -> Iterator[Trigger]:
    message = _refuse("The audit trail is append-only.")
    yield _trigger(f"{PREFIX}no_update_{table}", table, "BEFORE UPDATE", message)
    yield _trigger(f"{PREFIX}no_delete_{table}", table, "BEFORE DELETE", message)
    # INSERT OR REPLACE deletes without asking the delete trigger, unless recursive triggers are on.
    yield _trigger(
        f"{PREFIX}no_replace_{table}",
        table,
        "BEFORE INSERT",
        message,
        f"EXISTS (SELECT 1 FROM {_q(table)} WHERE {_q(key)} = NEW.{_q(key)})",
    )


def _stays(table: str) -> Trigger:
    return _trigger(
        f"{PREFIX}stays_{table}",
        table,
        "BEFORE UPDATE OF tenant_id",
        _refuse("A row never moves to another tenant."),
        "OLD.tenant_id IS NOT NEW.tenant_id",
    )


def _same_tenant(reference: Reference) -> Iterator[Trigger]:
    column = f"NEW.{_q(reference.column)}"
    owner = f"SELECT tenant_id FROM {_q(reference.to_table)} WHERE {_q(reference.to_column)} = {column}"
    for event in ("INSERT", f"UPDATE OF {_q(reference.column)}"):
        yield _trigger(
            f"{PREFIX}tenant_{event[:6].lower()}_{reference.table}_{reference.column}",
            reference.table,
            f"BEFORE {event}",
            _refuse("A row may only refer to rows of its own tenant."),
            f"{column} IS NOT NULL AND ({owner}) IS NOT NEW.tenant_id",
        )


def wanted(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Every trigger this database should have."""
    existing = plan.columns_by_table(connection, plan.relevant_tables())
    triggers = [t for table in plan.audited_tables(existing) for t in _audit(table)]
    for table in plan.appended_only(existing):
        triggers += _append_only(table, "history_id" if "history_id" in existing[table] else "id")
    triggers += [_stays(table) for table in plan.tenant_tables(existing)]
    triggers += [t for reference in plan.tenant_references(existing) for t in _same_tenant(reference)]
    return triggers


def installed(connection: BaseDatabaseWrapper) -> dict[str, Trigger]:
    """The triggers of ours that the database has, by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        return {
            name: Trigger(name, table, sql, sql) for name, table, sql in cursor if name.startswith(PREFIX)
        }


def prepare(connection: BaseDatabaseWrapper) -> list[str]:
    """What must be run before triggers are made: nothing here."""
    return []


def drop(trigger: Trigger) -> str:
    return f"DROP TRIGGER {_q(trigger.name)}"
