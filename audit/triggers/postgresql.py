"""The plan in PostgreSQL's words: one statement trigger per change with transition tables.

A statement that changes 100,000 rows writes its 100,000 events and history rows with one INSERT ... SELECT. The
context comes from the setting `console.attribution`; a session without it is recorded as an unknown actor from
outside the console, with its database role and address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.db.backends.base.base import BaseDatabaseWrapper

from audit.guards import Guard
from audit.history import HISTORY_TYPES
from audit.notes import Note
from audit.triggers import plan
from audit.triggers.plan import PREFIX, AuditedTable, Reference, Trigger, literal, quoted

# Fixed for each function: a temporary table, or a schema that a session puts in front, must not catch the record.
SCHEMA = "@schema@"
SEARCH_PATH = f"pg_catalog, {SCHEMA}, pg_temp"

ATTRIBUTE = f"""
CREATE OR REPLACE FUNCTION {PREFIX}attribute(OUT id uuid, OUT actor_id text, OUT deed jsonb)
LANGUAGE plpgsql AS $body$
DECLARE
  door jsonb := nullif(current_setting('console.attribution', true), '')::jsonb;
BEGIN
  IF door IS NULL THEN
    id := md5(pg_backend_pid() || '-' || txid_current() || '-' || transaction_timestamp())::uuid;
    door := jsonb_build_object('correlation_id', id, 'actor_type', 'unknown', 'origin', 'database',
      'actor_id', 'role:' || session_user, 'actor_name', session_user,
      'ip_address', coalesce(host(inet_client_addr()), ''));
  ELSE
    id := door ->> 'id';
    deed := door -> 'deed';
  END IF;
  actor_id := coalesce(door ->> 'actor_id', '');
  IF NOT EXISTS (SELECT 1 FROM audit_attribution a WHERE a.id = {PREFIX}attribute.id) THEN
    INSERT INTO audit_attribution (id, correlation_id, actor_type, actor_id, actor_name, actor_role,
      on_behalf_of, ip_address, origin, reason)
    VALUES (id, (door ->> 'correlation_id')::uuid, door ->> 'actor_type', actor_id,
      coalesce(door ->> 'actor_name', ''), coalesce(door ->> 'actor_role', ''),
      coalesce(door ->> 'on_behalf_of', ''), coalesce(door ->> 'ip_address', ''),
      door ->> 'origin', coalesce(door ->> 'reason', ''))
    ON CONFLICT DO NOTHING;
  END IF;
END
$body$
"""


def _trigger(
    name: str, table: str, when: str, body: str, each: str = "STATEMENT", condition: str = ""
) -> Trigger:
    body = f"\n{body.strip()}\n"
    clause = f" WHEN ({condition})" if condition else ""
    create = (
        f"CREATE OR REPLACE FUNCTION {quoted(name)}() RETURNS trigger LANGUAGE plpgsql"
        f" SET search_path = {SEARCH_PATH} AS $body${body}$body$;\n"
        f"DROP TRIGGER IF EXISTS {quoted(name)} ON {quoted(table)};\n"
        f"CREATE TRIGGER {quoted(name)} {when.format(table=quoted(table))}"
        f" FOR EACH {each}{clause} EXECUTE FUNCTION {quoted(name)}()"
    )
    return Trigger(name, table, create, f"search_path={SEARCH_PATH}{body}")


def _in_schema(trigger: Trigger, schema: str) -> Trigger:
    create, signature = (text.replace(SCHEMA, schema) for text in (trigger.create, trigger.signature))
    return replace(trigger, create=create, signature=signature)


def _schema(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        return str(cursor.fetchone()[0])


def _refuse(message: str) -> str:
    return (
        f"BEGIN\n  RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = {literal(message)};\nEND"
    )


def _rows(table: AuditedTable, history_type: str) -> str:
    if history_type != "~":
        return "new_rows r" if history_type == "+" else "old_rows r"
    after = ", ".join(f"r.{quoted(c)}" for c in table.columns)
    before = ", ".join(f"o.{quoted(c)}" for c in table.columns)
    key = quoted(table.pk)
    return f"new_rows r JOIN old_rows o ON o.{key} = r.{key} WHERE ({after}) IS DISTINCT FROM ({before})"


def _record(table: AuditedTable, history_type: str) -> str:
    stance = table.stance
    columns = ", ".join(quoted(c) for c in table.columns)
    picked = ", ".join(f"r.{quoted(c)}" for c in table.columns)
    return f"""
DECLARE
  who record;
  at timestamptz := clock_timestamp();
  activity text := {literal(stance.activity(history_type))};
  action text := {literal(stance.actions[history_type])};
BEGIN
  IF NOT EXISTS (SELECT 1 FROM {"old_rows" if history_type == "-" else "new_rows"}) THEN RETURN NULL; END IF;
  SELECT * INTO who FROM {PREFIX}attribute();
  IF who.deed ->> 'resource_type' = {literal(stance.resource_type)} THEN
    activity := who.deed ->> 'activity';
    action := who.deed ->> 'action';
  END IF;
  WITH c AS MATERIALIZED (
    SELECT nextval('audit_auditevent_id_seq') AS history_id, {picked} FROM {_rows(table, history_type)}
  ), events AS (
    INSERT INTO audit_auditevent (id, tenant_id, attribution_id, occurred_at, action, activity, category, result,
      actor_id, resource_type, resource_id, resource_name)
    SELECT c.history_id, {table.tenant_of("c")}, who.id, at, action, activity, {literal(stance.category)}, 'success',
      who.actor_id, {literal(stance.resource_type)}, c.{quoted(table.pk)}::text,
      coalesce(left({table.label_of("c")}, 254), '')
    FROM c
  )
  INSERT INTO {quoted(table.history_table)} (history_id, history_date, history_type, {columns})
  SELECT c.history_id, at, '{history_type}', {", ".join(f"c.{quoted(c)}" for c in table.columns)} FROM c;
  RETURN NULL;
END"""


def _audit(table: AuditedTable) -> Iterator[Trigger]:
    for history_type, when in (
        ("+", "AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows"),
        ("~", "AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("-", "AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows"),
    ):
        name = f"{PREFIX}{HISTORY_TYPES[history_type]}_{table.table}"
        yield _trigger(name, table.table, when, _record(table, history_type))
    key = quoted(table.pk)
    yield _trigger(
        f"{PREFIX}key_{table.table}",
        table.table,
        f"BEFORE UPDATE OF {key} ON {{table}}",
        _refuse("A recorded object keeps its key."),
        "ROW",
        f"OLD.{key} IS DISTINCT FROM NEW.{key}",
    )
    yield _trigger(
        f"{PREFIX}no_truncate_{table.table}",
        table.table,
        "BEFORE TRUNCATE ON {table}",
        _refuse("Truncating would leave no record; delete the rows instead."),
    )


def _append_only(table: str) -> Trigger:
    return _trigger(
        f"{PREFIX}append_only_{table}",
        table,
        "BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}",
        _refuse("The audit trail is append-only."),
    )


def _stays(table: str) -> Trigger:
    return _trigger(
        f"{PREFIX}stays_{table}",
        table,
        "BEFORE UPDATE OF tenant_id ON {table}",
        _refuse("A row never moves to another tenant."),
        "ROW",
        "OLD.tenant_id IS DISTINCT FROM NEW.tenant_id",
    )


def _same_tenant(reference: Reference) -> Trigger:
    column, target = quoted(reference.column), quoted(reference.to_table)
    message = literal("A row may only refer to rows of its own tenant.")
    body = f"""
BEGIN
  IF NEW.tenant_id IS DISTINCT FROM
     (SELECT t.tenant_id FROM {target} t WHERE t.{quoted(reference.to_column)} = NEW.{column}) THEN
    RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', MESSAGE = {message};
  END IF;
  RETURN NEW;
END"""
    return _trigger(
        f"{PREFIX}tenant_{reference.table}_{reference.column}",
        reference.table,
        f"BEFORE INSERT OR UPDATE OF {column} ON {{table}}",
        body,
        "ROW",
        f"NEW.{column} IS NOT NULL",
    )


def _guard(table: str, guard: Guard) -> Trigger:
    queue = guard.queued_by()
    # The last event's words fit the others too: in an INSERT all of OLD is null.
    refused = guard.refuses(table, "IS DISTINCT FROM", guard.events[-1])
    # One of 1,024 queues: a statement of a million rows must not hold a million locks.
    lock = f"PERFORM pg_advisory_xact_lock(hashtext({literal(guard.name)}), hashtext({queue}) & 1023);"
    body = f"""
BEGIN
  {lock if queue else ""}
  IF {refused} THEN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', CONSTRAINT = {literal(guard.name)},
      TABLE = {literal(table)}, MESSAGE = {literal(f"{guard.name}: {guard.message}")};
  END IF;
  RETURN {"OLD" if guard.events == ("DELETE",) else "NEW"};
END"""
    return _trigger(
        f"{PREFIX}guard_{guard.name}", table, f"BEFORE {' OR '.join(guard.events)} ON {{table}}", body, "ROW"
    )


OLD_ROWS, NEW_ROWS = "OLD TABLE AS old_rows", "NEW TABLE AS new_rows"
NOTED = {
    "INSERT": (NEW_ROWS, "new_rows r WHERE"),
    "UPDATE": (
        f"{OLD_ROWS} {NEW_ROWS}",
        "(TABLE old_rows UNION ALL TABLE new_rows) r WHERE r.id IN ({changed}) AND",
    ),
    "DELETE": (OLD_ROWS, "old_rows r WHERE"),
}


def _note(table: str, note: Note) -> Iterator[Trigger]:
    after, before = (", ".join(f"{row}.{quoted(name)}" for name in note.fields) for row in "no")
    changed = (
        "SELECT n.id FROM new_rows n JOIN old_rows o ON o.id = n.id"
        f" WHERE ({after}) IS DISTINCT FROM ({before})"
    )
    for event in note.events:
        tables, rows = NOTED[event]
        body = f"""
BEGIN
  INSERT INTO {quoted(table)} ({", ".join(quoted(name) for name in note.values)})
  SELECT DISTINCT {", ".join(note.values_of("r"))}
  FROM {rows.format(changed=changed)} {note.matters("r")};
  RETURN NULL;
END"""
        name = f"{PREFIX}note_{event.lower()}_{table}_{note.of}"
        yield _trigger(name, note.of, f"AFTER {event} ON {{table}} REFERENCING {tables}", body)


def wanted(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Every trigger this database should have."""
    existing = plan.columns_by_table(connection, plan.relevant_tables())
    triggers = [t for table in plan.audited_tables(existing) for t in _audit(table)]
    triggers += [_append_only(table) for table in plan.appended_only(existing)]
    triggers += [_stays(table) for table in plan.tenant_tables(existing)]
    triggers += [_same_tenant(reference) for reference in plan.tenant_references(existing)]
    triggers += [_guard(table, guard) for table, guard in plan.guards(existing)]
    triggers += [t for table, note in plan.notes(existing) for t in _note(table, note)]
    schema = _schema(connection)
    return [_in_schema(trigger, schema) for trigger in triggers]


def installed(connection: BaseDatabaseWrapper) -> dict[str, Trigger]:
    """The triggers of ours that the database has and that are switched on, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname, c.relname, array_to_string(p.proconfig, ', ') || p.prosrc"
            " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND n.nspname = current_schema()"
        )
        return {
            name: Trigger(name, table, "", signature)
            for name, table, signature in cursor
            if name.startswith(PREFIX)
        }


def prepare(connection: BaseDatabaseWrapper) -> list[str]:
    """The function that all recording triggers share."""
    return [ATTRIBUTE]


def drop(trigger: Trigger) -> str:
    return f"DROP TRIGGER {quoted(trigger.name)} ON {quoted(trigger.table)}; DROP FUNCTION {quoted(trigger.name)}()"
