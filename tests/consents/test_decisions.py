"""Why something may happen or not: each reason, at each instant, known then and known now; and what proves it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Catalog, Element, Flow, FlowElement, Service, ThirdParty
from catalog.services import add_entry, amend_entry, remove_entry
from consents.decisions import Question, QuestionRefused, decide, keeping
from consents.models import Consent, CoveredFlow
from consents.services import decline_consent
from tenants.access import Shell
from tenants.models import Tenant
from tests.cast import Cast
from tests.consents.stories import DAY, LOCATION, SERIAL_NUMBER, DecisionTestCase, instant

REASON = "The product changed"


class TestReasons(DecisionTestCase):
    def test_nobody_agreed(self) -> None:
        assert self.code() == "no_consent"
        assert "Nobody has consented" in self.ask().reasons[0].detail

    def test_a_request_allows_nothing(self) -> None:
        self.requested()
        assert self.code() == "no_consent"
        assert "requested" in self.ask().reasons[0].detail

    def test_what_was_declined_allows_nothing(self) -> None:
        decline_consent(consent=self.requested(), by=self.operator, reason="Not needed.")
        assert self.code() == "no_consent"
        assert "declined" in self.ask().reasons[0].detail

    def test_a_consent_in_force_allows_what_it_covers(self) -> None:
        self.granted()
        assert self.code() == "granted"
        assert self.code(service="vpp") == "granted"

    def test_a_consent_is_for_its_connection(self) -> None:
        self.granted(connection="Munich")
        assert self.code(connection="Munich") == "granted"
        assert self.code() == self.code(connection="Berlin") == "no_consent"

    def test_withdrawn(self) -> None:
        self.withdrawn(self.granted())
        assert self.code() == "withdrawn"

    def test_expired_without_anybody_having_noted_it(self) -> None:
        consent = self.granted(
            effective_from=timezone.now(), effective_until=timezone.now() + timedelta(days=2)
        )
        assert self.code(at=timezone.now() + DAY) == "granted"
        assert consent.status == "granted"
        assert self.code(at=timezone.now() + 3 * DAY) == "expired"

    def test_not_yet_effective(self) -> None:
        self.granted(effective_from=timezone.now() + DAY)
        assert self.code() == "not_yet_effective"
        assert self.code(at=timezone.now() + 2 * DAY) == "granted"

    def test_ended_and_another_to_begin_are_both_told(self) -> None:
        now = timezone.now()
        self.granted(effective_from=now, effective_until=now + DAY)
        self.granted(effective_from=now + 3 * DAY)
        between = self.ask(at=now + 2 * DAY)
        assert [reason.code for reason in between.reasons] == ["expired", "not_yet_effective"]

    def test_withdrawn_before_it_began(self) -> None:
        self.withdrawn(self.granted(effective_from=timezone.now() + DAY))
        assert self.code() == "withdrawn"
        assert self.code(at=timezone.now() + 2 * DAY) == "withdrawn"

    def test_a_renewal_takes_over_without_a_gap(self) -> None:
        first = self.granted()
        then = timezone.now() + DAY
        second = self.granted(renews=first, effective_from=then)
        assert self.ask(at=then - timedelta(seconds=1)).consent == first.pk
        assert self.ask(at=then).consent == second.pk
        assert self.code(at=then) == "granted"

    def test_the_instant_of_the_end_is_outside(self) -> None:
        begins, ends = timezone.now() + DAY, timezone.now() + 2 * DAY
        self.granted(effective_from=begins, effective_until=ends)
        tick = timedelta(microseconds=1)
        asked = [begins - tick, begins, ends - tick, ends]
        expected = ["not_yet_effective", "granted", "granted", "expired"]
        assert [self.code(at=at) for at in asked] == expected

    def test_unknown(self) -> None:
        assert self.code("apple.out.vpp.fax") == "unknown_flow"
        assert self.code(service="fax") == "unknown_service"
        assert self.code(third_party="fax") == "unknown_third_party"

    def test_configuration_manager_gets_nothing_and_says_where_that_stands(self) -> None:
        decision = self.ask(third_party="configuration_manager")
        assert [reason.code for reason in decision.reasons] == ["nothing_shared"]
        party = ThirdParty.objects.get(code="configuration_manager")
        assert party.statement in decision.reasons[0].detail
        assert party.source in decision.reasons[0].detail

    def test_a_third_party_may_where_all_its_services_may(self) -> None:
        self.granted("managed_google_play")
        assert self.code(third_party="google") == "granted"
        self.granted("vpp", "Munich")
        self.granted("apns")
        assert self.code(third_party="apple", connection="Munich") == "no_consent"
        self.granted("asm_dep", "Munich")
        decision = self.ask(third_party="apple", connection="Munich")
        assert decision.allowed
        assert len(decision.evidence.services) == 3

    def test_a_neighbours_consent_is_none(self) -> None:
        self.granted(tenant=self.fabrikam)
        assert self.code() == "no_consent"
        assert self.code(tenant=self.fabrikam) == "granted"


class TestTenants(DecisionTestCase):
    def test_for_a_closed_tenant_nothing_flows(self) -> None:
        self.granted()
        assert self.code() == "granted"
        open_until = instant()
        self._becomes("closing")
        assert self.code() == "granted"
        self._becomes("closed")
        assert self.code() == self.code(service="vpp") == "tenant_closed"
        assert self.code(at=open_until) == "granted"
        assert self.code(known_at=open_until, at=open_until) == "granted"

    def _becomes(self, status: str) -> None:
        self.contoso.status = status
        self.contoso.save()

    def test_the_status_is_read_whatever_the_caller_holds(self) -> None:
        held = Tenant.objects.get(pk=self.contoso.pk)
        self._becomes("closed")
        assert self.code(tenant=held) == "tenant_closed"


class TestTheCatalog(DecisionTestCase):
    """The catalog changes by hand, each time as an edition; the process that keeps it notices."""

    @property
    def catalog(self) -> Catalog:
        return Catalog.objects.get(code="intune")

    def add(self, kind: str, **values: Any) -> Any:
        return add_entry(catalog=self.catalog, kind=kind, values=values, by=Shell(), reason=REASON)

    def flow(self, code: str, *elements: str, **values: Any) -> Any:
        about = {"service": "vpp", "direction": "to_third_party", "name": code, "personal": False}
        return self.add("flows", code=code, elements=list(elements), **(about | values))

    def test_a_new_flow_is_unknown_then_not_covered_then_agreed_to(self) -> None:
        first = self.granted()
        before = instant()
        assert self.code("new") == "unknown_flow"
        self.flow("new")
        assert self.code("new") == "not_covered_by_consent"
        assert self.code(service="vpp") == "not_covered_by_consent"
        assert self.code("new", known_at=before) == "unknown_flow"
        assert self.code(service="vpp", known_at=before) == "granted"
        self.granted(renews=first)
        assert self.code("new") == "granted"

    def test_a_flow_that_carries_more_than_was_agreed_to(self) -> None:
        flow = self.flow("growing")
        self.granted()
        assert self.code("growing") == "granted"
        amend_entry(entry=flow, values={"elements": ["hardware.serial_number"]}, by=Shell(), reason=REASON)
        decision = self.ask("growing")
        assert decision.reasons[0].code == "not_covered_by_consent"
        assert "renew" in decision.reasons[0].detail

    def test_a_flow_that_became_personal_data(self) -> None:
        flow = self.flow("growing")
        self.granted()
        amend_entry(entry=flow, values={"personal": True}, by=Shell(), reason=REASON)
        assert self.code("growing") == "not_covered_by_consent"

    def test_a_flow_that_is_another_by_now(self) -> None:
        flow = self.flow("growing")
        self.granted()
        amend_entry(entry=flow, values={"name": "Phone number"}, by=Shell(), reason=REASON)
        assert self.code("growing") == "not_covered_by_consent"

    def test_a_flow_that_is_gone(self) -> None:
        flow = self.flow("short")
        self.granted()
        assert self.code("short") == "granted"
        then = instant()
        remove_entry(entry=flow, by=Shell(), reason=REASON)
        assert self.code("short") == "unknown_flow"
        assert self.code("short", known_at=then) == "granted"

    def test_optional_data_needs_an_election(self) -> None:
        optional = Element.objects.filter(collection="optional").order_by("code")[0].code
        self.flow("optional", optional)
        self.flow("both", optional, "hardware.serial_number")
        self.granted()
        assert self.code("optional") == "collection_not_elected"
        assert self.code("both") == "granted"
        assert self.code(service="vpp") == "collection_not_elected"

    def test_what_is_never_collected(self) -> None:
        """No load lets such a flow in; where one is there all the same, it is refused, whatever was agreed."""
        flow = self.flow("odd")
        self.granted()
        never = Element.objects.filter(collection="never").order_by("pk")[0]
        FlowElement.objects.create(flow=flow, element=never)
        self.add("categories", code="made", name="Made", collection="required")
        decision = self.ask("odd")
        assert decision.reasons[0].code == "never_collected"
        assert never.name in decision.reasons[0].detail

    def test_agents_need_no_consent(self) -> None:
        about = {"name": "Agent", "agent_of_processor": True}
        self.add("third_parties", code="agent", **about)
        self.add("services", code="help", name="Help", third_party="agent")
        self.flow("agent.out", service="help")
        assert self.code("agent.out") == self.code(third_party="agent") == "agent_of_processor"

    def test_services_that_need_none(self) -> None:
        self.add("services", code="free", name="Free", third_party="jamf", needs_consent=False)
        assert self.code(service="free") == "no_consent_needed"

    def test_a_party_without_services(self) -> None:
        self.add("third_parties", code="empty", name="Empty")
        assert self.code(third_party="empty") == "unknown_service"

    def test_every_edition_changes_the_mark(self) -> None:
        """What the process keeps is told from what there is by the mark alone."""
        marks = {keeping.library(anew=True).mark}
        party = self.add("third_parties", code="p", name="P")
        marks.add(keeping.library(anew=True).mark)
        amend_entry(entry=party, values={"name": "Q"}, by=Shell(), reason=REASON)
        marks.add(keeping.library(anew=True).mark)
        remove_entry(entry=party, by=Shell(), reason=REASON)
        marks.add(keeping.library(anew=True).mark)
        assert len(marks) == 4

    def test_before_there_was_a_catalog_everything_is_unknown(self) -> None:
        self.granted()
        long_ago = timezone.now() - 400 * DAY
        decision = self.ask(known_at=long_ago)
        assert decision.reasons[0].code == "unknown_flow"
        assert decision.catalog_edition is None

    def test_the_facts_let_go_of_old_editions(self) -> None:
        editions = keeping.library(anew=True).latest(None)
        for number in range(keeping.KEPT_EDITIONS + 5):
            keeping.catalog_of(tuple(replace(e, last_event=e.last_event - number) for e in editions))
        assert len(keeping._kept) == keeping.KEPT_EDITIONS


class TestTwoClocks(DecisionTestCase):
    def test_each_instant_as_known_at_each(self) -> None:
        before = instant()
        first = self.granted(effective_from=timezone.now(), effective_until=timezone.now() + 10 * DAY)
        held = instant()
        self.withdrawn(first)
        after = instant()
        second = self.granted()
        now = instant()
        grid = {
            (before, before): "no_consent",
            (before, now): "not_yet_effective",
            (held, before): "no_consent",
            (held, held): "granted",
            (held, after): "granted",
            (held, now): "granted",
            (after, before): "no_consent",
            (after, held): "granted",
            (after, after): "withdrawn",
            (now, held): "granted",
            (now, after): "withdrawn",
            (now, now): "granted",
        }
        answers = {(at, known): self.code(at=at, known_at=known) for at, known in grid}
        assert answers == grid
        assert self.ask(at=held, known_at=now).consent == first.pk
        assert self.ask(at=now, known_at=held).consent == first.pk
        assert self.ask().consent == second.pk

    def test_a_record_of_the_past_was_not_known_then(self) -> None:
        Tenant.objects.filter(pk=self.contoso.pk).update(since=(timezone.now() - 900 * DAY).date())
        self.contoso.refresh_from_db()
        self.granted(effective_from=timezone.now() - 300 * DAY)
        march = timezone.now() - 250 * DAY
        assert self.code(at=march) == "granted"
        assert self.code(at=timezone.now() - 301 * DAY) == "not_yet_effective"

    def test_the_evidence_is_of_its_time(self) -> None:
        consent = self.granted()
        granted = Consent.history.for_tenant(self.contoso).filter(id=consent.pk).latest("history_id")
        then = instant()
        self.withdrawn(consent)
        past, present = self.ask(known_at=then).evidence, self.ask().evidence
        assert past.history_id == granted.history_id
        assert [self._activity(each.history_id) for each in (past, present)] == [
            "consent.granted",
            "consent.withdrawn",
        ]
        assert past.record_id == present.record_id == str(consent.record_id)
        covered = CoveredFlow.objects.for_tenant(self.contoso).get(consent=consent, code=SERIAL_NUMBER)
        assert past.flows == ((SERIAL_NUMBER, covered.flow_record),)
        assert Flow.history.get(history_id=covered.flow_record).code == SERIAL_NUMBER
        edition = self._edition()
        assert (past.catalog, past.catalog_edition, past.catalog_event) == (
            "intune",
            edition.number,
            edition.last_event,
        )

    @staticmethod
    def _activity(event: int | None) -> str:
        return AuditEvent.objects.across_tenants().get(pk=event or 0).activity

    def _edition(self) -> Any:
        return Catalog.objects.get(code="intune").latest_edition

    def test_questions_that_cannot_be_put(self) -> None:
        now = timezone.now()
        refused_for: dict[str, dict[str, Any]] = {
            "known_at": {"known_at": now + DAY},
            "at": {"at": now + 20 * 365 * DAY},
        }
        for field, asked in refused_for.items():
            with pytest.raises(QuestionRefused) as refused:
                self.ask(**asked)
            assert refused.value.field == field
        for question in (Question(), Question(flow="a", service="b"), Question(flow="a", connection="\x00")):
            with pytest.raises(QuestionRefused):
                decide(tenant=self.contoso, questions=[question])
        with pytest.raises(QuestionRefused):
            decide(tenant=self.contoso, questions=[Question(flow="a")] * 1001)
        with pytest.raises(QuestionRefused):
            self.ask(at=now.replace(tzinfo=None))


class TestQueries(DecisionTestCase):
    def count(self, questions: list[Question], **clocks: Any) -> int:
        decide(tenant=self.contoso, questions=questions, **clocks)
        with CaptureQueriesContext(connection) as captured:
            decide(tenant=self.contoso, questions=questions, **clocks)
        return len(captured)

    def test_one_query_and_one_more_for_the_past(self) -> None:
        self.granted()
        then = instant()
        for question in (
            Question(flow=SERIAL_NUMBER),
            Question(service="vpp"),
            Question(third_party="apple"),
        ):
            assert self.count([question]) == 1
            assert self.count([question], known_at=then) == 2
            assert self.count([question], at=then) == 2

    def test_a_thousand_at_once(self) -> None:
        for number in range(3):
            self.granted(connection=f"c{number}")
        questions = [Question(flow=SERIAL_NUMBER, connection=f"c{number}") for number in range(1000)]
        assert self.count(questions) == 2
        answers = decide(tenant=self.contoso, questions=questions)
        assert [answer.allowed for answer in answers] == [number < 3 for number in range(1000)]
        assert [answer.question for answer in answers] == questions

    def test_no_questions_have_no_answers(self) -> None:
        assert decide(tenant=self.contoso, questions=[]) == []

    def test_the_same_flow_asked_twice_is_answered_twice(self) -> None:
        self.granted()
        answers = decide(
            tenant=self.contoso, questions=[Question(flow=SERIAL_NUMBER), Question(flow=LOCATION)] * 2
        )
        assert [answer.question.flow for answer in answers] == [SERIAL_NUMBER, LOCATION] * 2
        assert all(answer.allowed for answer in answers)


class TestOtherProcesses(TransactionTestCase):
    """What another process or thread does to the catalog is seen at the next question."""

    def test_an_edition_from_elsewhere(self) -> None:
        cast = Cast.assemble()
        ask = [Question(service="made")]
        assert decide(tenant=cast.contoso, questions=ask)[0].reasons[0].code == "unknown_service"
        elsewhere = threading.Thread(target=self._add_a_service)
        elsewhere.start()
        elsewhere.join()
        assert decide(tenant=cast.contoso, questions=ask)[0].reasons[0].code == "no_consent"
        assert Service.objects.filter(code="made").exists()

    @staticmethod
    def _add_a_service() -> None:
        catalog = Catalog.objects.get(code="intune")
        values = {"code": "made", "name": "Made", "third_party": "jamf"}
        try:
            add_entry(catalog=catalog, kind="services", values=values, by=Shell(), reason=REASON)
        finally:
            connection.close()
