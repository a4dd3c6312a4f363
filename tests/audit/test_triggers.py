"""The triggers themselves: their names, what is compared, how they are put right."""

from __future__ import annotations

from django.core import checks
from django.db import connection
from django.test import TestCase

from audit import triggers
from audit.history import audited_models
from audit.triggers import postgresql, sqlite
from audit.triggers.plan import PREFIX, Trigger

DIALECT = {"sqlite": sqlite, "postgresql": postgresql}[connection.vendor]


class Triggers(TestCase):
    def setUp(self) -> None:
        self.wanted: list[Trigger] = DIALECT.wanted(connection)  # type: ignore[attr-defined]

    def _errors(self) -> list[str | None]:
        return [e.id for e in checks.run_checks(databases=["default"], tags=[checks.Tags.database])]

    def test_every_audited_model_has_its_own(self) -> None:
        for stance in audited_models():
            on_table = {t.name for t in self.wanted if t.table == stance.model._meta.db_table}
            for done in ("created", "updated", "deleted", "key"):
                assert f"{PREFIX}{done}_{stance.model._meta.db_table}" in on_table

    def test_names_fit_into_postgresql(self) -> None:
        """It would cut a name after 63 bytes, and then find a different one each time."""
        names = [t.name for t in self.wanted]
        assert len(names) == len(set(names))
        assert max(len(name.encode()) for name in names) <= 63

    def test_are_right_after_migrating(self) -> None:
        assert triggers.differences(connection) == []
        assert triggers.install(connection) == []
        assert "audit.E002" not in self._errors()

    def test_one_missing_is_told_and_put_back(self) -> None:
        gone = self.wanted[0]
        with connection.cursor() as cursor:
            cursor.execute(DIALECT.drop(gone))  # type: ignore[attr-defined]
        assert triggers.differences(connection) == [gone.name]
        assert "audit.E002" in self._errors()
        assert triggers.install(connection) == [gone.name]
        assert triggers.differences(connection) == []

    def test_one_too_many_is_told_and_removed(self) -> None:
        name = f"{PREFIX}of_long_ago"
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(f"CREATE TRIGGER {name} AFTER INSERT ON tenants_tenant BEGIN SELECT 1; END")
            else:
                body = "LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
                cursor.execute(f"CREATE FUNCTION {name}() RETURNS trigger {body}")
                when = "AFTER INSERT ON tenants_tenant FOR EACH ROW"
                cursor.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")
        assert triggers.differences(connection) == [name]
        triggers.install(connection)
        assert triggers.differences(connection) == []

    def test_one_that_does_nothing_any_more_is_told(self) -> None:
        emptied = next(t for t in self.wanted if t.name == f"{PREFIX}updated_tenants_tenant")
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(DIALECT.drop(emptied))  # type: ignore[attr-defined]
                when = "AFTER UPDATE ON tenants_tenant"
                cursor.execute(f"CREATE TRIGGER {emptied.name} {when} BEGIN SELECT 1; END")
            else:
                body = "LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
                cursor.execute(f"CREATE OR REPLACE FUNCTION {emptied.name}() RETURNS trigger {body}")
        assert triggers.differences(connection) == [emptied.name]
        assert triggers.install(connection) == [emptied.name]

    def test_one_switched_off_is_told(self) -> None:
        if connection.vendor == "postgresql":  # SQLite cannot
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE tenants_tenant DISABLE TRIGGER USER")
            assert len(triggers.differences(connection)) >= 4
            triggers.install(connection)
            assert triggers.differences(connection) == []
