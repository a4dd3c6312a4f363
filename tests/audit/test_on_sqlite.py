"""SQLite's own ways past an application: INSERT OR REPLACE, another program that opens the file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from copy import copy
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase

from audit.history import Stance
from audit.models import AuditEvent
from tenants.models import Tenant
from tests.audit import makers
from tests.audit.makers import MAKERS
from tests.audit.test_every_way_of_writing import KEPT, REMOVABLE, assert_refused, insert_raw, of, sql
from tests.audit.trail import CREATED, DELETED, door, recording, values
from tests.cast import Cast


@pytest.mark.django_db
@of(KEPT)
def test_what_is_kept_is_not_replaced(stance: Stance, cast: Cast) -> None:
    maker, row = MAKERS[stance.model], makers.stored(stance, cast)
    changed = copy(row)
    setattr(changed, maker.field, maker.other())
    assert_refused(stance, makers.kept(stance), row, lambda: insert_raw(changed, verb="INSERT OR REPLACE"))


@pytest.mark.django_db
@of(REMOVABLE)
def test_replacing_is_removing_and_adding(stance: Stance, cast: Cast) -> None:
    maker, row = MAKERS[stance.model], makers.stored(stance, cast)
    setattr(row, maker.field, maker.other())
    with door(), recording() as trail:
        insert_raw(row, verb="INSERT OR REPLACE")
    assert trail.types == [DELETED, CREATED]
    assert values(stance, trail.records[1]) == values(stance, row)


@pytest.mark.django_db
class TestReplacingTheTrail:
    @pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
    def test_an_event(self, cast: Cast, verb: str) -> None:
        event = AuditEvent.objects.about(cast.contoso).get()
        event.activity = "nothing.happened"
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            insert_raw(event, verb=verb)

    def test_an_event_is_not_touched_by_what_is_ignored(self, cast: Cast) -> None:
        event = AuditEvent.objects.about(cast.contoso).get()
        event.activity = "nothing.happened"
        insert_raw(event, verb="INSERT OR IGNORE")
        assert AuditEvent.objects.about(cast.contoso).get().activity == "tenant.created"

    def test_an_event_through_its_hidden_key(self, cast: Cast) -> None:
        """rowid is another name of the key."""
        names = [str(f.column) for f in AuditEvent._meta.concrete_fields if not f.primary_key]
        columns = ", ".join(names)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            sql(
                f"REPLACE INTO audit_auditevent (rowid, {columns}) SELECT rowid, {columns} FROM audit_auditevent"
            )

    def test_a_history_row(self, cast: Cast) -> None:
        record = cast.contoso.history.get()  # type: ignore[attr-defined]
        record.name = "Never"
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            insert_raw(record, verb="INSERT OR REPLACE")


SHELL = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=20)
with database:
    database.execute(sys.argv[2])
"""


class AnotherProgram(TransactionTestCase):
    """A shell has the file, and not the function that says who is acting."""

    def setUp(self) -> None:
        Cast.assemble()

    def _shell(self, statement: str) -> subprocess.CompletedProcess[str]:
        path = str(connection.settings_dict["NAME"])
        return subprocess.run(
            [sys.executable, "-c", SHELL, path, statement], capture_output=True, text=True, check=False
        )

    def test_every_write_is_refused(self) -> None:
        added = "VALUES ('shell', 'Shell', 'd', 'DE', 'active', '2026-11-20')"
        for statement in (
            "UPDATE tenants_tenant SET name = 'Shell'",
            "DELETE FROM tenants_membership",
            f"INSERT INTO tenants_tenant (slug, name, directory_id, country, status, created_at) {added}",
        ):
            assert "no such function: audit_context" in self._shell(statement).stderr
        assert set(Tenant.objects.values_list("name", flat=True)) == {"Contoso", "Fabrikam"}

    def test_the_trail_is_refused_too(self) -> None:
        for table in ("audit_auditevent", "audit_attribution", "tenants_historicaltenant"):
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = rowid"):
                assert "append-only" in self._shell(statement).stderr

    def test_reading_is_open(self) -> None:
        assert self._shell("SELECT * FROM tenants_tenant").returncode == 0


def test_the_library_knows_the_function_only_by_connection(tmp_path: Path) -> None:
    database: Any = sqlite3.connect(tmp_path / "other.sqlite3")
    with pytest.raises(sqlite3.OperationalError, match="no such function"):
        database.execute("SELECT audit_context('id')")
