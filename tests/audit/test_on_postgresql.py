"""PostgreSQL's own ways past an application: COPY, TRUNCATE, MERGE, psql, the settings of a session."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import TransactionTestCase

from audit.context import Action, deed
from audit.history import stance_of
from audit.models import AuditEvent
from catalog.models import Region
from tenants.models import Tenant
from tests.audit.makers import LABELS
from tests.audit.test_every_way_of_writing import sql
from tests.audit.trail import CREATED, UPDATED, WHO, assert_recorded, door, recording, values
from tests.cast import Cast

TENANTS: Any = stance_of("tenants.tenant")


def copy_tenants(cursor: Any, *slugs: str) -> None:
    statement = "COPY tenants_tenant (slug, name, directory_id, country, status, created_at) FROM STDIN"
    with cursor.copy(statement) as copy:
        for slug in slugs:
            copy.write_row((slug, slug.title(), uuid.uuid4(), "SE", "active", "2026-11-20T12:00:00Z"))


@pytest.mark.django_db
def test_a_deed_that_fails_inside_a_larger_one_leaves_that_whole() -> None:
    """Its name was told to the session; going back to the savepoint must not begin with telling another one."""
    with door(), recording() as trail:
        Tenant.objects.create(slug="first", name="First", directory_id=uuid.uuid4(), country="SE")
        doubled = deed("tenant.doubled", on=Tenant, action=Action.CREATE)
        again = Tenant(slug="first", name="Again", directory_id=uuid.uuid4(), country="SE")
        with pytest.raises(IntegrityError), transaction.atomic(), doubled:
            Tenant.objects.bulk_create([again])
        Tenant.objects.create(slug="second", name="Second", directory_id=uuid.uuid4(), country="SE")
    assert [event.attribution.actor_name for event in trail.events] == [WHO["actor_name"]] * 2


@pytest.mark.django_db
class TestCopy:
    def test_is_recorded_and_attributed(self) -> None:
        with door(), recording() as trail, connection.cursor() as cursor:
            copy_tenants(cursor, "northwind", "tailwind")
        stored = [values(TENANTS, tenant) for tenant in Tenant.objects.all()]
        assert len(stored) == 2
        assert_recorded(trail, TENANTS, CREATED, stored)

    def test_on_a_fresh_cursor_under_another_door(self) -> None:
        """`copy` passes by Django's wrappers: the last door's name must not be left on the session."""
        with door(actor_name="somebody else"):
            Tenant.objects.create(slug="first", name="First", directory_id=uuid.uuid4(), country="SE")
        with door(), recording() as trail, connection.cursor() as cursor:
            copy_tenants(cursor, "northwind")
        assert trail.events[0].attribution.actor_name == WHO["actor_name"]

    def test_after_the_door_has_closed(self) -> None:
        with door():
            Tenant.objects.create(slug="first", name="First", directory_id=uuid.uuid4(), country="SE")
        with recording() as trail, connection.cursor() as cursor:
            copy_tenants(cursor, "northwind")
        assert trail.events[0].attribution.actor_type == "unknown"

    def test_on_a_cursor_from_before_the_door_opened(self) -> None:
        with connection.cursor() as cursor, door(), recording() as trail:
            copy_tenants(cursor, "northwind")
        assert trail.events[0].attribution.actor_name in (WHO["actor_name"], connection.settings_dict["USER"])

    def test_on_a_cursor_kept_beyond_its_door(self) -> None:
        """The driver's copy on an old cursor is recorded; never as somebody who is not there any more."""
        with connection.cursor() as cursor:
            with door():
                cursor.execute("UPDATE catalog_catalog SET name = name || '!'")
            with recording() as trail:
                copy_tenants(cursor, "northwind")
        assert trail.events[0].attribution.actor_type == "unknown"


@pytest.mark.django_db
@pytest.mark.parametrize("label", LABELS)
def test_truncating_is_refused(label: str) -> None:
    stance: Any = stance_of(label)
    for model in (stance.model, stance.history_model):
        with pytest.raises(DatabaseError, match=r"leave no record|append-only"), transaction.atomic():
            sql(f'TRUNCATE "{model._meta.db_table}" CASCADE')


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["audit_auditevent", "audit_attribution"])
def test_truncating_the_trail_is_refused(table: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(f"TRUNCATE {table}")


@pytest.mark.django_db
def test_merge_records_each_row_once(cast: Cast) -> None:
    with door(), recording() as trail:
        sql(
            "MERGE INTO tenants_tenant t"
            " USING (VALUES ('contoso', 'Merged'), ('northwind', 'Northwind')) AS v (slug, name)"
            " ON t.slug = v.slug WHEN MATCHED THEN UPDATE SET name = v.name WHEN NOT MATCHED THEN"
            " INSERT (slug, name, directory_id, country, status, created_at)"
            " VALUES (v.slug, v.name, gen_random_uuid(), 'SE', 'active', now())"
        )
    assert sorted(trail.types) == [CREATED, UPDATED]
    assert {event.resource_name for event in trail.events} == {"Merged", "Northwind"}


@pytest.mark.django_db
def test_changing_and_adding_in_one_statement(cast: Cast) -> None:
    with door(), recording() as trail:
        sql(
            "WITH renamed AS (UPDATE tenants_tenant SET name = 'Renamed' WHERE slug = 'contoso' RETURNING id)"
            " UPDATE tenants_user SET display_name = 'Somebody' WHERE username = 'operator'"
        )
    assert sorted(event.activity for event in trail.events) == ["tenant.updated", "user.updated"]


class AnotherSession(TransactionTestCase):
    """psql, or any program that is not the console."""

    def setUp(self) -> None:
        Cast.assemble()

    def _psql(self) -> psycopg.Connection[Any]:
        connection.ensure_connection()
        parameters = connection.get_connection_params()
        wanted = ("dbname", "user", "password", "host", "port")
        return psycopg.connect(**{k: v for k, v in parameters.items() if k in wanted})

    def test_is_recorded_as_what_it_is(self) -> None:
        with recording() as trail, self._psql() as session:
            session.execute("UPDATE tenants_tenant SET name = 'Psql' WHERE slug = 'contoso'")
            session.execute("UPDATE tenants_tenant SET name = 'Psql' WHERE slug = 'fabrikam'")
        assert trail.types == [UPDATED, UPDATED]
        who = trail.events[0].attribution
        assert (who.actor_type, who.origin) == ("unknown", "database")
        assert who.actor_name == connection.settings_dict["USER"]
        assert who.actor_id == f"role:{who.actor_name}"
        assert who.ip_address == ""  # a socket has none
        assert trail.events[1].attribution == who  # one transaction, one passage
        assert trail.events[0].tenant_id == Tenant.objects.get(slug="contoso").pk

    def test_another_transaction_is_another_passage(self) -> None:
        with recording() as trail, self._psql() as session:
            for name in ("One", "Two"):
                session.execute("UPDATE tenants_tenant SET name = %s WHERE slug = 'contoso'", [name])
                session.commit()
        assert len({event.attribution_id for event in trail.events}) == 2

    def test_the_trail_is_refused(self) -> None:
        with self._psql() as session:
            for statement in ("DELETE FROM", "TRUNCATE"):
                with pytest.raises(psycopg.Error, match="append-only"):
                    session.execute(f"{statement} audit_auditevent")
                session.rollback()
            with pytest.raises(psycopg.Error, match="append-only"):
                session.execute("UPDATE audit_attribution SET actor_name = 'nobody'")

    def test_a_foreign_schema_in_the_search_path_catches_nothing(self) -> None:
        """Temporary tables come first in every search path; the record must not land in one."""
        with recording() as trail, self._psql() as session:
            session.execute("CREATE TEMP TABLE audit_auditevent (LIKE public.audit_auditevent)")
            session.execute(
                "CREATE TEMP TABLE tenants_historicaltenant (LIKE public.tenants_historicaltenant)"
            )
            session.execute("UPDATE tenants_tenant SET name = 'Shadowed' WHERE slug = 'contoso'")
        assert trail.types == [UPDATED]
        assert len(trail.events) == 1


class WhatTheSessionIsTold(TransactionTestCase):
    def _told(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting('console.attribution', true), '')")
            return str(cursor.fetchone()[0])

    def test_nothing_once_the_door_is_closed(self) -> None:
        with door():
            Region.objects.update(note="told")
            assert WHO["actor_name"] in self._told()
        assert self._told() == ""

    def test_nothing_where_only_reading_follows_a_closed_door(self) -> None:
        with door():
            Region.objects.update(note="told")
        assert AuditEvent.objects.of_platform().exists()
        assert self._told() == ""
