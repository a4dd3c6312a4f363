"""The processor's agents: who is one on which day, what was announced in time, and what tenants object to."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.context import Origin, acting
from audit.models import AuditEvent
from catalog.models import ThirdParty
from catalog.services import remove_entry
from consents.models import Objection, SubcontractorNotice
from consents.services.subcontractors import answer_objection, raise_objection, withdraw_objection
from consents.subcontractors import Subcontractor, subcontractors
from privacy_console.errors import Refused
from tenants.access import Shell
from tenants.models import Tenant
from tests.cast import Cast
from tests.consents.subcontracting import agent, announced, today

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def door() -> Any:
    with acting(origin=Origin.COMMAND, actor_name="the test"):
        yield


def the_one(**when: Any) -> Subcontractor:
    (found,) = subcontractors(**when)
    return found


def instant() -> datetime:
    """Now, with nothing close to it."""
    time.sleep(0.005)
    now = timezone.now()
    time.sleep(0.005)
    return now


class TestAnnouncing:
    def test_operators_record_what_the_processor_told(self, cast: Cast) -> None:
        notice = announced(agent(), by=cast.operator)
        event = AuditEvent.objects.of_platform().filter(activity="subcontractor.announced").get()
        assert (event.resource_id, event.action, event.category) == (
            str(notice.pk),
            "create",
            "subcontractors",
        )

    def test_nobody_else_does(self, cast: Cast) -> None:
        party = agent()
        for person in (cast.officer, cast.admin, cast.auditor, cast.employee):
            with pytest.raises(PermissionDenied):
                announced(party, by=person)

    def test_only_agents_are_announced(self) -> None:
        with pytest.raises(Refused, match="acts on its own") as refusal:
            announced(ThirdParty.objects.get(code="apple"))
        assert refusal.value.code == "not_an_agent"

    def test_who_left_the_catalog_can_only_leave(self) -> None:
        party = agent()
        remove_entry(entry=party, by=Shell(), reason="Gone.")
        party.refresh_from_db()
        with pytest.raises(Refused, match="no longer in the catalog"):
            announced(party)
        announced(party, change="leaves")

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"announced_on": today(1), "effective_on": today(40)}, "announced_on"),
            ({"effective_on": today(-1)}, "__all__"),
            ({"task": "  "}, "task"),
            ({"task": "x" * 301}, "task"),
            ({"source": ""}, "source"),
            ({"change": "explodes"}, "change"),
            ({"notice_days": -1}, "notice_days"),
        ],
    )
    def test_what_cannot_be_is_refused(self, values: dict[str, Any], field: str) -> None:
        with pytest.raises(ValidationError) as mistakes:
            announced(agent(), **values)
        assert field in mistakes.value.message_dict
        assert not SubcontractorNotice.objects.exists()

    def test_the_same_announcement_is_recorded_once(self) -> None:
        party = agent()
        announced(party)
        with pytest.raises(ValidationError, match="recorded already"):
            announced(party)

    def test_the_database_keeps_it_as_it_is(self) -> None:
        notice = announced(agent())
        row = SubcontractorNotice.objects.filter(pk=notice.pk)
        for change in (lambda: row.update(effective_on=today(90)), row.delete):
            with pytest.raises(IntegrityError, match="subcontractor_notice_"), transaction.atomic():
                change()
        assert row.get().effective_on == notice.effective_on


class TestNotice:
    @pytest.mark.parametrize(
        ("agreed", "given", "is_short"), [(30, 30, False), (30, 29, True), (0, 0, False)]
    )
    def test_short_is_later_than_agreed(self, agreed: int, given: int, is_short: bool) -> None:
        notice = announced(agent(), notice_days=agreed, effective_on=today(given))
        assert notice.is_short is is_short
        assert the_one().came_at_short_notice is is_short

    def test_it_runs_from_the_announcement_until_the_day_it_takes_effect(self) -> None:
        notice = announced(agent(), announced_on=today(-10), effective_on=today(5))
        days = (-11, -10, 4, 5)
        assert [notice.is_running(today(day)) for day in days] == [False, True, True, False]


class TestTheList:
    def test_the_packaged_catalog_lists_none(self) -> None:
        assert subcontractors() == []

    def test_one_that_was_never_announced_acts_since_nobody_knows_when(self) -> None:
        agent(statement="Runs a data centre.")
        found = the_one()
        assert (found.state, found.since, found.until, found.task) == (
            "acting",
            None,
            None,
            "Runs a data centre.",
        )

    def test_it_joins_changes_its_task_leaves_and_comes_back(self) -> None:
        party = agent()
        announced(party, announced_on=date(2026, 1, 1), effective_on=date(2026, 2, 1))
        announced(
            party,
            change="changes",
            announced_on=date(2026, 3, 1),
            effective_on=date(2026, 4, 1),
            task="Hosts mail",
        )
        announced(party, change="leaves", announced_on=date(2026, 5, 1), effective_on=date(2026, 6, 1))
        announced(party, announced_on=date(2026, 7, 1), effective_on=date(2026, 8, 1), task="Hosts files")
        first, left, again = date(2026, 2, 1), date(2026, 6, 1), date(2026, 8, 1)
        support = "Answers support calls"
        states = {
            date(2026, 1, 31): ("joining", first, None, support),
            date(2026, 2, 1): ("acting", first, None, support),
            date(2026, 3, 31): ("acting", first, None, support),
            date(2026, 4, 1): ("acting", first, None, "Hosts mail"),
            date(2026, 5, 31): ("acting", first, left, "Hosts mail"),
            date(2026, 6, 1): ("left", first, left, support),
            date(2026, 7, 31): ("joining", again, None, support),
            date(2026, 8, 1): ("acting", again, None, "Hosts files"),
        }
        for day, expected in states.items():
            found = the_one(on=day)
            assert (found.state, found.since, found.until, found.task) == expected, day

    def test_who_left_the_catalog_stays_readable_where_it_was_announced(self) -> None:
        named, unnamed = agent(), agent("tailspin")
        announced(named)
        for party in (named, unnamed):
            remove_entry(entry=party, by=Shell(), reason="Gone.")
        assert (the_one().third_party, the_one().state) == (named, "left")

    def test_a_past_instant_is_shown_as_known_then(self) -> None:
        party = agent(statement="Then.")
        announced(party, announced_on=today(-5), effective_on=today(-1), task="First")
        known = instant()
        announced(party, change="leaves", announced_on=today(-1), effective_on=today())
        agent("tailspin")
        remove_entry(entry=party, by=Shell(), reason="Gone.")
        then, now = the_one(known_at=known), {str(one): one.state for one in subcontractors()}
        assert (then.state, then.task, len(then.notices)) == ("acting", "First", 1)
        assert now == {"Northwind": "left", "Tailspin": "acting"}
        assert subcontractors(known_at=datetime(2026, 1, 1, tzinfo=known.tzinfo)) == []

    def test_it_asks_as_often_for_many_as_for_one(self, django_assert_num_queries: Any) -> None:
        announced(agent())
        with django_assert_num_queries(2):
            subcontractors()
        for number in range(5):
            announced(agent(f"agent-{number}"))
        with django_assert_num_queries(2):
            assert len(subcontractors()) == 6


class TestObjecting:
    @pytest.fixture
    def notice(self) -> SubcontractorNotice:
        return announced(agent())

    def objection(self, notice: SubcontractorNotice, cast: Cast, **values: Any) -> Objection:
        given = {"tenant": cast.contoso, "reason": "It is outside the EU.", "by": cast.officer, **values}
        return raise_objection(notice=notice, **given)

    def test_an_officer_objects_and_writes_down_the_answer(self, notice: Any, cast: Cast) -> None:
        raised = self.objection(notice, cast)
        assert (raised.status, raised.raised_by, raised.is_late) == ("open", cast.officer.username, False)
        answered = answer_objection(objection=raised, answer=" Data stays in Dublin. ", by=cast.officer)
        assert (answered.status, answered.answer, answered.closed_by) == (
            "answered",
            "Data stays in Dublin.",
            cast.officer.username,
        )
        answered_as, raised_as = AuditEvent.objects.for_tenant(cast.contoso).about(raised)
        assert (answered_as.activity, raised_as.activity) == ("objection.answered", "objection.raised")
        assert raised_as.attribution.reason == "It is outside the EU."

    def test_it_can_be_taken_back_and_raised_again(self, notice: Any, cast: Cast) -> None:
        first = withdraw_objection(objection=self.objection(notice, cast), reason="Settled.", by=cast.officer)
        assert first.status == "withdrawn"
        assert self.objection(notice, cast).pk != first.pk

    def test_late_ones_are_kept_and_marked(self, cast: Cast) -> None:
        past = announced(agent(), announced_on=today(-40), effective_on=today(-10))
        assert self.objection(past, cast).is_late
        on_the_day = announced(agent("tailspin"), announced_on=today(-1), effective_on=today())
        assert self.objection(on_the_day, cast).is_late

    def test_only_officers_and_operators_object(self, notice: Any, cast: Cast) -> None:
        outsiders = (cast.admin, cast.auditor, cast.employee, cast.fabrikam_officer)
        for person in outsiders:
            with pytest.raises(PermissionDenied):
                self.objection(notice, cast, by=person)
        raised = self.objection(notice, cast)
        for person in outsiders:
            with pytest.raises(PermissionDenied):
                answer_objection(objection=raised, answer="No.", by=person)
            with pytest.raises(PermissionDenied):
                withdraw_objection(objection=raised, reason="No.", by=person)

    def test_each_tenant_objects_for_itself(self, notice: Any, cast: Cast) -> None:
        self.objection(notice, cast)
        self.objection(notice, cast, tenant=cast.fabrikam, by=cast.fabrikam_officer)
        seen = Objection.objects.for_user(cast.officer)
        assert [one.tenant for one in seen] == [cast.contoso]

    def test_one_is_open_at_a_time(self, notice: Any, cast: Cast) -> None:
        self.objection(notice, cast)
        with pytest.raises(ValidationError, match="open already"):
            self.objection(notice, cast)

    def test_words_are_asked_for(self, notice: Any, cast: Cast) -> None:
        with pytest.raises(ValidationError, match="Say why"):
            self.objection(notice, cast, reason="  ")
        raised = self.objection(notice, cast)
        with pytest.raises(ValidationError, match="what the processor answered"):
            answer_objection(objection=raised, answer=" ", by=cast.officer)

    def test_what_is_closed_stays_closed(self, notice: Any, cast: Cast) -> None:
        raised = self.objection(notice, cast)
        answer_objection(objection=raised, answer="No.", by=cast.officer)
        with pytest.raises(Refused, match="this one is answered"):
            answer_objection(objection=raised, answer="Yes.", by=cast.officer)
        with pytest.raises(Refused, match="this one is answered"):
            withdraw_objection(objection=raised, reason="Late.", by=cast.officer)

    def test_a_closing_tenant_can_object(self, notice: Any, cast: Cast) -> None:
        Tenant.objects.filter(pk=cast.contoso.pk).update(status="closing")
        cast.contoso.refresh_from_db()
        assert self.objection(notice, cast).status == "open"

    def test_the_database_keeps_words_and_ends(self, notice: Any, cast: Cast) -> None:
        raised = self.objection(notice, cast)
        answer_objection(objection=raised, answer="No.", by=cast.officer)
        row = Objection.objects.for_tenant(cast.contoso).filter(pk=raised.pk)
        changes: dict[str, Any] = {
            "objection_is_kept": row.delete,
            "objection_keeps_its_words": lambda: row.update(reason="Other words."),
            "objection_is_closed_once": lambda: row.update(answer="Yes."),
        }
        for name, change in changes.items():
            with pytest.raises(IntegrityError, match=name), transaction.atomic():
                change()
