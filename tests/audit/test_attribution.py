"""Who did it: the door's actor, the deed's name, and nobody once the door is closed."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import TestCase, TransactionTestCase

from audit.context import Action, ActorType, Context, current, deed, entered, identify
from audit.models import Attribution, AuditEvent
from audit.services import record
from catalog.models import Region, ThirdParty
from tenants.models import Tenant
from tests.audit.trail import WHO, door, recording
from tests.cast import CastTestCase


def touch(model: type[Any] = Region, **where: Any) -> None:
    """Change one row of the catalog, so that something is recorded."""
    row = model.objects.filter(**where).earliest("pk")
    row.note += "."
    row.save()


def touch_and_fail(**who: str) -> None:
    """Change one row, perhaps through another door, and break off."""
    if who:
        with door(**who):
            touch()
    else:
        touch()
    raise ZeroDivisionError


class Doors(TestCase):
    def _names(self, *, work: Any) -> list[str]:
        with recording() as trail:
            work()
        return [event.attribution.actor_name for event in trail.events]

    def test_one_passage_is_one_attribution(self) -> None:
        with door(), recording() as trail:
            touch()
            touch(ThirdParty)
        assert len({event.attribution_id for event in trail.events}) == 1
        assert Attribution.objects.filter(pk=trail.events[0].attribution_id).count() == 1

    def test_each_door_is_its_own_passage(self) -> None:
        with recording() as trail:
            for _ in range(2):
                with door():
                    touch()
        first, second = (event.attribution for event in trail.events)
        assert first != second
        assert first.correlation_id != second.correlation_id

    def test_a_door_inside_another(self) -> None:
        def work() -> None:
            with door(actor_name="outer"):
                touch()
                with door(actor_name="inner"):
                    touch()
                touch()

        assert self._names(work=work) == ["outer", "inner", "outer"]

    def test_a_closed_door_says_nothing_any_more(self) -> None:
        with door():
            touch()
        with recording() as trail:
            touch()
        who = trail.events[0].attribution
        assert (who.actor_type, who.origin, who.reason) == ("unknown", "database", "")
        assert WHO["actor_name"] not in (who.actor_name, who.actor_id)

    def test_a_door_closed_by_an_error(self) -> None:
        with pytest.raises(ZeroDivisionError), door():
            touch_and_fail()
        assert current() is None
        assert WHO["actor_name"] not in self._names(work=touch)

    def test_who_came_is_learnt_inside(self) -> None:
        def work() -> None:
            with door(actor_type=ActorType.UNKNOWN, actor_name=""):
                touch()
                identify(actor_type=ActorType.SERVICE, actor_name="the sync")
                touch()

        assert self._names(work=work) == ["", "the sync"]
        assert current() is None

    def test_without_a_door_nobody_is_identified(self) -> None:
        identify(actor_name="nobody")
        assert current() is None

    def test_hostile_values_are_values(self) -> None:
        name = "Robert'); DROP TABLE audit_auditevent;-- \" \\ % %s {} \u202e \U0001f512"
        assert self._names(work=lambda: self._under(name)) == [name]

    def _under(self, name: str) -> None:
        with door(actor_name=name, reason=name):
            touch()


class AfterARollback(TestCase):
    def test_of_a_savepoint(self) -> None:
        with door(actor_name="before"):
            touch()
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                touch_and_fail(actor_name="undone")
            with recording() as trail:
                touch()
        assert [event.attribution.actor_name for event in trail.events] == ["before"]

    def test_a_passage_whose_first_write_was_undone(self) -> None:
        with door(), recording() as trail:
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                touch_and_fail()
            touch()
        assert trail.events[0].attribution.actor_name == WHO["actor_name"]

    def test_of_a_statement_that_failed(self) -> None:
        with door(), recording() as trail:
            with pytest.raises(DatabaseError), transaction.atomic():
                Region.objects.bulk_create([Region(), Region()])
            touch()
        assert [event.attribution.actor_name for event in trail.events] == [WHO["actor_name"]]

    def test_of_a_savepoint_by_hand(self) -> None:
        with door(actor_name="before"):
            touch()
            savepoint = transaction.savepoint()
            with door(actor_name="undone"):
                touch()
            transaction.savepoint_rollback(savepoint)
            with door(actor_name="after"), recording() as trail:
                touch()
        assert [event.attribution.actor_name for event in trail.events] == ["after"]

    def test_of_a_savepoint_in_plain_sql(self) -> None:
        with door(actor_name="before"):
            touch()
            with connection.cursor() as cursor:
                cursor.execute("SAVEPOINT by_hand")
                with door(actor_name="undone"):
                    touch()
                cursor.execute("ROLLBACK TO SAVEPOINT by_hand")
            with recording() as trail:
                touch()
            with door(actor_name="undone"), recording() as again:
                touch()
        assert [event.attribution.actor_name for event in trail.events] == ["before"]
        assert [event.attribution.actor_name for event in again.events] == ["undone"]


class Deeds(CastTestCase):
    def _move_a_region(self) -> None:
        with deed("region.moved", on=Region, action=Action.ASSIGN):
            touch()

    def _rename(self, name: str) -> None:
        self.contoso.name = name
        self.contoso.save()

    def test_name_the_changes_of_their_model_only(self) -> None:
        with door(), deed("tenant.merged", on=Tenant, action=Action.MANAGE, reason="a merger"):  # noqa: SIM117
            with recording() as trail:
                self._rename("Contoso-Northwind")
                touch()
        merged, touched = trail.events
        assert (merged.activity, merged.action) == ("tenant.merged", "manage")
        assert (touched.activity, touched.action) == ("region.updated", "update")
        assert {event.attribution.reason for event in trail.events} == {"a merger"}

    def test_end_with_their_block(self) -> None:
        with door(), recording() as trail:
            with deed("tenant.merged", on=Tenant, action=Action.MANAGE, reason="a merger", role="operator"):
                self._rename("One")
            self._rename("Two")
        inside, after = trail.events
        assert (inside.activity, after.activity) == ("tenant.merged", "tenant.updated")
        assert (after.attribution.reason, after.attribution.actor_role) == (WHO["reason"], WHO["actor_role"])
        assert inside.attribution.actor_role == "operator"
        assert inside.attribution.correlation_id == after.attribution.correlation_id

    def test_inside_one_another(self) -> None:
        with door(), recording() as trail, deed("tenant.merged", on=Tenant, action=Action.MANAGE):
            with deed("region.moved", on=Region, action=Action.ASSIGN):
                touch()
            self._rename("Merged")
        assert [event.activity for event in trail.events] == ["region.moved", "tenant.merged"]

    def test_without_a_door_are_named_and_unattributed(self) -> None:
        with deed("tenant.merged", on=Tenant, action=Action.MANAGE), recording() as trail:
            self._rename("Merged")
        assert trail.events[0].activity == "tenant.merged"
        assert trail.events[0].attribution.actor_type == "unknown"

    def test_without_a_row(self) -> None:
        with door(), recording() as trail:
            touch()
            record("export.downloaded", category="exports", tenant=self.contoso, resource=self.contoso)
        change, export = trail.events
        assert export.attribution == change.attribution
        assert (export.tenant_id, export.resource_id) == (self.contoso.pk, str(self.contoso.pk))
        assert export.actor_id == WHO["actor_id"]


class TheTrail(CastTestCase):
    def test_is_never_changed_or_removed(self) -> None:
        event = AuditEvent.objects.about(self.contoso).get()
        rows: list[Any] = [event, event.attribution, self.contoso.history.get()]  # type: ignore[attr-defined]
        for row in rows:
            everything = type(row)._base_manager.filter(pk=row.pk)
            field = next(f.attname for f in row._meta.fields if not f.primary_key)
            for attempt in (
                row.delete,
                row.save,
                everything.delete,
                lambda: everything.update(**{field: getattr(row, field)}),  # noqa: B023
                lambda: everything._raw_delete("default"),  # noqa: B023
            ):
                with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                    attempt()
        assert AuditEvent.objects.about(self.contoso).get() == event

    def test_does_not_even_let_everything_go(self) -> None:
        for model in (AuditEvent, Attribution):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                model._base_manager.all()._raw_delete("default")


class AtOnce(TransactionTestCase):
    """Threads have connections and contexts of their own."""

    WRITERS, WRITES = 4, 10

    def _write(self, number: int, start: threading.Barrier, failed: list[BaseException]) -> None:
        try:
            start.wait(10)
            for _ in range(self.WRITES):
                with door(actor_name=f"writer {number}"):
                    Tenant.objects.create(
                        slug=f"w{number}-{uuid.uuid4().hex[:12]}",
                        name=f"writer {number}",
                        directory_id=uuid.uuid4(),
                        country="DE",
                    )
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    def test_attribution_is_never_mixed_up(self) -> None:
        start, failed = threading.Barrier(self.WRITERS), list[BaseException]()
        threads = [
            threading.Thread(target=self._write, args=(number, start, failed))
            for number in range(self.WRITERS)
        ]
        with recording() as trail:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        assert failed == []
        assert len(trail.events) == len(trail.records) == self.WRITERS * self.WRITES
        assert all(event.resource_name == event.attribution.actor_name for event in trail.events)
        assert len({event.attribution_id for event in trail.events}) == self.WRITERS * self.WRITES

    def test_the_context_of_another_thread_is_not_ours(self) -> None:
        seen: list[Context | None] = []
        with door():
            thread = threading.Thread(target=lambda: seen.append(current()))
            thread.start()
            thread.join()
        assert seen == [None]

    def test_committed_one_by_one(self) -> None:
        """Without a transaction of one's own each statement is one, and takes its record with it."""
        with door(), recording() as trail:
            touch()
            touch()
        assert len(trail.events) == 2
        assert len({event.attribution_id for event in trail.events}) == 1

    def test_a_whole_transaction_rolled_back(self) -> None:
        with door(actor_name="undone"):
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                touch_and_fail()
            with recording() as trail:
                touch()
        with recording() as nobody:
            touch()
        assert trail.events[0].attribution.actor_name == "undone"
        assert nobody.events[0].attribution.actor_type == "unknown"

    def test_a_door_kept_in_hand(self) -> None:
        with door(actor_name="first") as first:
            touch()
        with door(actor_name="second"), recording() as trail:
            touch()
            with entered(first):
                touch()
        assert [event.attribution.actor_name for event in trail.events] == ["second", "first"]
