"""The pages of the processor's subcontractors and of objections to them."""

from __future__ import annotations

import itertools
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Catalog, ThirdParty
from consents.models import Objection, SubcontractorNotice
from consents.services.subcontractors import raise_objection
from consents.subcontractors import PUBLISHED_AT
from tenants.models import Tenant
from tests.admin.suite import MANY, PlatformPageSuite, TenantPageSuite, Writing, at_work
from tests.api.suite import moment
from tests.cast import CastTestCase
from tests.consents.subcontracting import agent, announced, today

_number = itertools.count(1)
DECIDERS = frozenset({"officer", "operator"})
MEMBERS = frozenset({"auditor", "officer", "admin"})


def _notice(**values: Any) -> SubcontractorNotice:
    return announced(agent(f"agent-{next(_number)}"), **values)


class SubcontractorNoticePageTests(PlatformPageSuite):
    model = SubcontractorNotice
    writings = (
        Writing(
            "add",
            {
                "third_party": lambda suite: suite.party.pk,
                "change": "joins",
                "announced_on": lambda _: today().isoformat(),
                "effective_on": lambda _: today(10).isoformat(),
                "notice_days": "30",
                "task": "Hosts mail",
                "source": "Bulletin 8",
            },
            "subcontractor.announced",
            frozenset({"operator"}),
            MEMBERS,
            {"change": "joins", "notice_days": "many"},
        ),
    )

    party: ThirdParty

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with at_work():
            cls.party = agent("northwind")

    def make(self, tenant: Tenant, name: str) -> SubcontractorNotice:
        return _notice(task=name)

    def make_many(self, tenant: Tenant) -> None:
        party = agent("many")
        for number in range(MANY):
            announced(party, announced_on=today(-number))

    def test_the_page_says_what_was_announced_and_whether_in_time(self) -> None:
        with at_work():
            notice = _notice(effective_on=today(5))
        self.enter("auditor")
        page = self.client.get(self.url("change", notice.pk))
        for words in (
            "Short notice",
            "5 days, 30 agreed",
            "Service bulletin 7",
            "Nobody has objected.",
            "IE",
        ):
            self.assertContains(page, words)
        self.assertNotContains(page, "Object to this")

    def test_a_tenant_sees_its_own_objections_only(self) -> None:
        with at_work():
            notice = _notice()
            for tenant, reason in ((self.contoso, "Outside the EU"), (self.fabrikam, "Unknown to us")):
                raise_objection(notice=notice, tenant=tenant, reason=reason, by=self.operator)
        self.enter("officer")
        page = self.client.get(self.url("change", notice.pk))
        self.assertContains(page, "Outside the EU")
        self.assertNotContains(page, "Unknown to us")
        self.assertContains(page, f"{reverse('admin:consents_objection_add')}?notice={notice.pk}")

    def test_only_agents_are_offered(self) -> None:
        with at_work():
            agent("tailspin")
        self.enter("operator")
        page = self.client.get(self.url("add"))
        self.assertContains(page, "Tailspin")
        self.assertNotContains(page, "Apple")

    def test_it_is_found_by_whether_it_holds_already(self) -> None:
        with at_work():
            coming, past = _notice(), _notice(announced_on=today(-2), effective_on=today(-1))
        self.enter("auditor")
        for effect, shown, hidden in (("running", coming, past), ("done", past, coming)):
            page = self.client.get(self.url("changelist"), {"effect": effect})
            self.assertContains(page, self.url("change", shown.pk))
            self.assertNotContains(page, self.url("change", hidden.pk))


class SubcontractorsPageTests(CastTestCase):
    """Who acts for the processor, as of a day."""

    url = "/admin/consents/subcontractornotice/subcontractors/"

    def see(self, person: Any, **query: str) -> Any:
        with at_work():
            self.client.force_login(person)
        return self.client.get(self.url, query)

    def test_the_empty_page_says_why_and_what_to_do(self) -> None:
        page = self.see(self.officer)
        for words in (PUBLISHED_AT, "not among the catalog&#x27;s sources", "An operator enters each"):
            self.assertContains(page, words)

    def test_every_member_sees_who_acts_since_when_and_what_is_coming(self) -> None:
        with at_work():
            announced(agent("tailspin"), effective_on=today(5))
            agent("northwind")
        for person in (*self.members, self.fabrikam_auditor, self.operator):
            page = self.see(person)
            for words in ("Tailspin", "Announced, does not act yet", "Short notice", "Northwind", "1 acting"):
                self.assertContains(page, words)
            self.assertContains(page, "before announcements were recorded")

    def test_operators_are_offered_to_announce(self) -> None:
        self.assertContains(self.see(self.operator), "Record an announcement")
        self.assertNotContains(self.see(self.officer), "Record an announcement")

    def test_an_agent_entered_by_hand_is_listed(self) -> None:
        with at_work():
            self.client.force_login(self.operator)
        catalog = Catalog.objects.get(code="intune").pk
        entry = {"catalog": catalog, "code": "northwind", "name": "Northwind", "country": "IE"}
        acts = {"agent_of_processor": "on", "shares_data": "on", "reason": "On the processor's list."}
        added = self.client.post("/admin/catalog/thirdparty/add/", entry | acts, follow=True)
        self.assertContains(added, "as one of its listed subcontractors")
        self.assertContains(self.see(self.auditor), "Northwind")

    def test_nobody_else_sees_it(self) -> None:
        assert self.see(self.employee).status_code == 302
        self.client.logout()
        assert self.client.get(self.url).status_code == 302

    def test_a_past_instant_is_shown_as_known_then(self) -> None:
        with at_work():
            agent("northwind")
            known = moment()
            agent("tailspin")
        self.assertContains(self.see(self.auditor), "Tailspin")
        past = self.see(self.auditor, as_of=known)
        self.assertContains(past, "Northwind")
        self.assertNotContains(past, "Tailspin")

    def test_instants_that_make_no_sense_are_explained(self) -> None:
        for text in ("soon", "9999-12-31T00:00:00Z", "0001-01-01T00:00", "2026-13-01"):
            assert self.see(self.auditor, as_of=text).status_code in (200, 400), text
        self.assertContains(self.see(self.auditor, as_of="soon"), 'role="alert"', status_code=400)

    def test_it_asks_as_often_for_many_as_for_one(self) -> None:
        with at_work():
            _notice()
            self.client.force_login(self.auditor)
        few = self._queries()
        with at_work():
            for _ in range(5):
                _notice()
        assert self._queries() == few

    def _queries(self) -> int:
        self.client.get(self.url)
        with CaptureQueriesContext(connection) as captured:
            assert self.client.get(self.url).status_code == 200
        return len(captured)


class ObjectionPageTests(TenantPageSuite):
    model = Objection
    reader = "officer"
    foreign_reader = "fabrikam_officer"
    writings = (
        Writing(
            "add",
            {"notice": lambda suite: suite.notice.pk, "reason": "Outside the EU"},
            "objection.raised",
            frozenset({"officer"}),
            frozenset({"auditor", "admin"}),
            {"reason": "No"},
        ),
        Writing(
            "answer",
            {"answer": "Stays in Dublin"},
            "objection.answered",
            DECIDERS,
            frozenset({"auditor", "admin"}),
            {"answer": " "},
        ),
        Writing(
            "withdraw",
            {"reason": "Settled"},
            "objection.withdrawn",
            DECIDERS,
            frozenset({"auditor", "admin"}),
            {"reason": ""},
        ),
    )

    notice: SubcontractorNotice

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with at_work():
            cls.notice = _notice()

    def make(self, tenant: Tenant, name: str) -> Objection:
        return raise_objection(notice=_notice(task=name), tenant=tenant, reason=name, by=self.operator)

    def test_one_that_is_closed_offers_nothing_more(self) -> None:
        objection = self.one()
        self.enter("officer")
        page = self.client.post(self.url("answer", objection.pk), {"answer": "Stays in Dublin"}, follow=True)
        self.assertContains(page, "Stays in Dublin")
        self.assertNotContains(page, self.url("withdraw", objection.pk))
        refused = self.client.post(self.url("withdraw", objection.pk), {"reason": "Late"})
        self.assertContains(refused, "this one is answered", status_code=409)

    def test_a_late_one_says_so(self) -> None:
        with at_work():
            notice = _notice(announced_on=today(-9), effective_on=today(-1))
        self.enter("officer")
        page = self.client.post(self.url("add"), {"notice": notice.pk, "reason": "No"}, follow=True)
        self.assertContains(page, "Raised after it took effect")

    def test_the_second_one_is_refused_while_the_first_is_open(self) -> None:
        objection = self.one()
        self.enter("officer")
        data = {"notice": objection.notice_id, "reason": "Again"}
        self.assertContains(self.client.post(self.url("add"), data), "open already")

    def test_an_announcements_link_fills_in_what_is_objected_to(self) -> None:
        with at_work():
            notice = _notice()
        self.enter("officer")
        page = self.client.get(self.url("add"), {"notice": notice.pk})
        self.assertContains(page, f'<option value="{notice.pk}" selected>')
