"""The plan in SQLite's words: row triggers, which ask a function of the connection for their context.

A shell that opens the file without that function cannot say who is acting, and is refused ("no such function").
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from audit.context import ATTRIBUTION_FIELDS
from audit.guards import Guard
from audit.history import HISTORY_TYPES
from audit.notes import Note
from audit.triggers import plan
from audit.triggers.plan import PREFIX, AuditedTable, Reference, Trigger, literal, quoted

OF_EVENT = "(SELECT occurred_at FROM audit_auditevent WHERE id = last_insert_rowid())"
# As Django writes a time: a whole second has no fraction. Times are compared as texts here.
NOW = "replace(strftime('%Y-%m-%d %H:%M:%f000', 'now'), '.000000', '')"


def _trigger(name: str, table: str, when: str, body: str, condition: str = "") -> Trigger:
    clause = f"\nWHEN {condition}" if condition else ""
    create = (
        f"CREATE TRIGGER {quoted(name)} {when} ON {quoted(table)}\nFOR EACH ROW{clause}\nBEGIN\n{body}\nEND"
    )
    return Trigger(name, table, create, create)


def _refuse(message: str) -> str:
    return f"SELECT RAISE(ABORT, {literal(message)});"


UNKNOWN = "NOT EXISTS (SELECT 1 FROM audit_attribution WHERE id = audit_context('id'))"


def _attribute() -> str:
    values = ", ".join(f"audit_context('{name}')" for name in ("id", *ATTRIBUTION_FIELDS))
    return f"INSERT INTO audit_attribution (id, {', '.join(ATTRIBUTION_FIELDS)})\nVALUES ({values});"


def _named(name: str, resource_type: str, otherwise: str) -> str:
    """What the deed at hand calls the change, if it is about this model."""
    return f"coalesce(audit_context({literal(f'{name} {resource_type}')}), {literal(otherwise)})"


def _event(table: AuditedTable, history_type: str, row: str) -> str:
    stance = table.stance
    resource_type, category = literal(stance.resource_type), literal(stance.category)
    activity = _named("activity", stance.resource_type, stance.activity(history_type))
    action = _named("action", stance.resource_type, stance.actions[history_type])
    label = f"coalesce(substr({table.label_of(row)}, 1, 254), '')"
    return (
        "INSERT INTO audit_auditevent (tenant_id, attribution_id, occurred_at, action, activity, category, result,"
        " actor_id, resource_type, resource_id, resource_name)\n"
        f"VALUES ({table.tenant_of(row)}, audit_context('id'), {NOW}, {action}, {activity}, {category}, 'success',"
        f" audit_context('actor_id'), {resource_type}, {row}.{quoted(table.pk)}, {label});"
    )


def _history(table: AuditedTable, history_type: str, row: str) -> str:
    names = ", ".join(quoted(c) for c in table.columns)
    values = ", ".join(f"{row}.{quoted(c)}" for c in table.columns)
    return (
        f"INSERT INTO {quoted(table.history_table)} (history_id, history_date, history_type, {names})\n"
        f"VALUES (last_insert_rowid(), {OF_EVENT}, '{history_type}', {values});"
    )


def _audit(table: AuditedTable) -> Iterator[Trigger]:
    changed = " OR ".join(f"OLD.{quoted(c)} IS NOT NEW.{quoted(c)}" for c in table.columns)
    for history_type, event, row, condition in (
        ("+", "INSERT", "NEW", ""),
        ("~", "UPDATE", "NEW", changed),
        ("-", "DELETE", "OLD", ""),
    ):
        name = f"{HISTORY_TYPES[history_type]}_{table.table}"
        # A trigger of its own: as a part of the other, the question would open a temporary table for every row.
        asked = f"({condition}) AND {UNKNOWN}" if condition else UNKNOWN
        yield _trigger(f"{PREFIX}who_{name}", table.table, f"BEFORE {event}", _attribute(), asked)
        body = "\n".join((_event(table, history_type, row), _history(table, history_type, row)))
        yield _trigger(f"{PREFIX}{name}", table.table, f"AFTER {event}", body, condition)
    yield _trigger(
        f"{PREFIX}key_{table.table}",
        table.table,
        f"BEFORE UPDATE OF {quoted(table.pk)}",
        _refuse("A recorded object keeps its key."),
        f"OLD.{quoted(table.pk)} IS NOT NEW.{quoted(table.pk)}",
    )


def _append_only(table: str) -> Iterator[Trigger]:
    # INSERT OR REPLACE asks the trigger on deletion too, where recursive triggers are on: on every connection of
    # ours. A guard for shells that have them off would cost each recorded row a tenth of a plain one.
    for event in ("UPDATE", "DELETE"):
        name = f"{PREFIX}no_{event.lower()}_{table}"
        yield _trigger(name, table, f"BEFORE {event}", _refuse("The audit trail is append-only."))


def _stays(table: str) -> Trigger:
    return _trigger(
        f"{PREFIX}stays_{table}",
        table,
        "BEFORE UPDATE OF tenant_id",
        _refuse("A row never moves to another tenant."),
        "OLD.tenant_id IS NOT NEW.tenant_id",
    )


def _same_tenant(reference: Reference) -> Iterator[Trigger]:
    column = f"NEW.{quoted(reference.column)}"
    owner = (
        f"SELECT tenant_id FROM {quoted(reference.to_table)} WHERE {quoted(reference.to_column)} = {column}"
    )
    for event in ("INSERT", f"UPDATE OF {quoted(reference.column)}"):
        yield _trigger(
            f"{PREFIX}tenant_{event[:6].lower()}_{reference.table}_{reference.column}",
            reference.table,
            f"BEFORE {event}",
            _refuse("A row may only refer to rows of its own tenant."),
            f"{column} IS NOT NULL AND ({owner}) IS NOT NEW.tenant_id",
        )


def _guard(table: str, guard: Guard) -> Iterator[Trigger]:
    for event in guard.events:
        yield _trigger(
            f"{PREFIX}guard_{event.lower()}_{guard.name}",
            table,
            f"BEFORE {event}",
            _refuse(f"{guard.name}: {guard.message}"),
            guard.refuses(table, "IS NOT", event),
        )


def _note(table: str, note: Note) -> Iterator[Trigger]:
    """One of a kind is enough: whoever works it off is alone, and there is no other writer meanwhile."""
    columns = ", ".join(quoted(name) for name in note.values)
    changed = " OR ".join(f"OLD.{quoted(name)} IS NOT NEW.{quoted(name)}" for name in note.fields)
    for event in note.events:
        for row in {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}[event]:
            values = note.values_of(row)
            alike = " AND ".join(
                f"n.{quoted(name)} IS {value}" for name, value in zip(note.values, values, strict=True)
            )
            yield _trigger(
                f"{PREFIX}note_{event.lower()}_{row.lower()}_{table}_{note.of}",
                note.of,
                f"AFTER {event}",
                f"INSERT INTO {quoted(table)} ({columns}) VALUES ({', '.join(values)});",
                f"{f'({changed}) AND ' if event == 'UPDATE' else ''}{note.matters(row)}"
                f" AND NOT EXISTS (SELECT 1 FROM {quoted(table)} n WHERE {alike})",
            )


def wanted(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Every trigger this database should have."""
    existing = plan.columns_by_table(connection, plan.relevant_tables())
    triggers = [t for table in plan.audited_tables(existing) for t in _audit(table)]
    for table in plan.appended_only(existing):
        triggers += _append_only(table)
    triggers += [_stays(table) for table in plan.tenant_tables(existing)]
    triggers += [t for reference in plan.tenant_references(existing) for t in _same_tenant(reference)]
    triggers += [t for table, guard in plan.guards(existing) for t in _guard(table, guard)]
    return [*triggers, *(t for table, note in plan.notes(existing) for t in _note(table, note))]


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
    return f"DROP TRIGGER {quoted(trigger.name)}"
