"""The processor's subcontractors and a tenant's objections through the API."""

from __future__ import annotations

import itertools
from typing import ClassVar

from django.test import Client

from audit.models import AuditEvent
from catalog.services import remove_entry
from consents.models import Objection, SubcontractorNotice
from consents.services.subcontractors import raise_objection
from tenants.access import Shell
from tenants.models import Tenant
from tenants.roles import Permission, Role
from tests.api import suite
from tests.consents.subcontracting import agent, announced, today

_number = itertools.count(1)


class TestSubcontractors(suite.ListSuite):
    path = "/api/v1/catalog/subcontractors/"
    permission = Permission.VIEW_CATALOG
    queries = 3
    key = "code"

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                announced(agent(f"agent-{next(_number)}"))

    def body(self) -> dict[str, object]:
        return {
            "change": "joins",
            "announced_on": today().isoformat(),
            "effective_on": today(10).isoformat(),
            "notice_days": 30,
            "task": "Hosts mail",
            "source": "Bulletin 8",
        }

    def test_the_packaged_catalog_has_none(self) -> None:
        assert self.reader.get(self.path).json() == {"results": [], "next": None, "previous": None}

    def test_one_is_shown_with_what_was_announced_of_it(self) -> None:
        with self.door():
            notice = announced(agent(), notice_days=45)
        shown = self.role(Role.SERVICE).get(f"{self.path}northwind/")
        assert shown.json() == {
            "code": "northwind",
            "name": "Northwind",
            "catalog": "intune",
            "country": "IE",
            "state": "joining",
            "task": "Answers support calls",
            "since": today(30).isoformat(),
            "until": None,
            "came_at_short_notice": True,
            "source": "",
            "source_date": None,
            "notices": [
                {
                    "id": str(notice.pk),
                    "change": "joins",
                    "announced_on": today().isoformat(),
                    "effective_on": today(30).isoformat(),
                    "notice_days": 45,
                    "is_short": True,
                    "is_running": True,
                    "task": "Answers support calls",
                    "source": "Service bulletin 7",
                    "recorded_at": shown.json()["notices"][0]["recorded_at"],
                }
            ],
        }
        same = self.reader.get(f"{self.path}northwind/", headers={"If-None-Match": shown["ETag"]})
        assert same.status_code == 304

    def test_an_announcement_moves_the_tag(self) -> None:
        with self.door():
            party = agent()
            tag = self.reader.get(f"{self.path}northwind/")["ETag"]
            announced(party)
        assert self.reader.get(f"{self.path}northwind/")["ETag"] != tag

    def test_a_past_instant_is_shown_as_known_then(self) -> None:
        with self.door():
            party = agent()
            announced(party, announced_on=today(-9), effective_on=today(-1))
            known, then = suite.moment(), self.reader.get(f"{self.path}northwind/").json()
            announced(party, change="leaves", effective_on=today())
            remove_entry(entry=party, by=Shell(), reason="Gone.")
            agent("tailspin")
        assert self.reader.get(f"{self.path}northwind/", {"as_of": known}).json() == then
        assert self.reader.get(self.path, {"as_of": known}).json()["results"] == [then]
        states = {one["code"]: one["state"] for one in self.reader.get(self.path).json()["results"]}
        assert states == {"northwind": "left", "tailspin": "acting"}
        assert self.reader.get(self.path, {"as_of": "2026-01-01T00:00:00Z"}).json()["results"] == []

    def test_others_are_no_subcontractors(self) -> None:
        for code in ("apple", "configuration_manager", "nobody"):
            self.assert_problem(self.reader.get(f"{self.path}{code}/"), 404)

    def test_operators_announce(self) -> None:
        with self.door():
            agent()
        browser = Client()
        browser.force_login(self.operator)
        done = self.send(browser, "POST", f"{self.path}northwind/announce/", self.body())
        assert done.status_code == 201, done.content
        assert (done.json()["state"], done.json()["came_at_short_notice"]) == ("joining", True)
        event = AuditEvent.objects.of_platform().filter(activity="subcontractor.announced").get()
        assert (event.attribution.origin, event.attribution.actor_role) == ("api", "operator")
        again = self.send(browser, "POST", f"{self.path}northwind/announce/", self.body())
        self.assert_problem(again, 400)
        missing = self.send(browser, "POST", f"{self.path}apple/announce/", self.body())
        self.assert_problem(missing, 404)
        for name, bad in (
            ("announced_on", "soon"),
            ("notice_days", -1),
            ("change", "explodes"),
            ("task", ""),
            ("colour", 1),
        ):
            wrong = self.send(browser, "POST", f"{self.path}northwind/announce/", {**self.body(), name: bad})
            self.assert_problem(wrong, 400, f"#/{name}")

    def test_no_role_of_a_tenant_announces(self) -> None:
        with self.door():
            agent()
        for role in Role:
            answer = self.send(self.role(role), "POST", f"{self.path}northwind/announce/", self.body())
            self.assert_problem(answer, 403)


class TestObjections(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/objections/"
    permission = Permission.VIEW_SHARING
    queries = 2
    writer = Role.PRIVACY_OFFICER
    notice: ClassVar[SubcontractorNotice]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with cls.door():
            cls.notice = announced(agent())
        cls.writes = (
            suite.Write(
                "POST",
                Permission.OBJECT,
                "objection.raised",
                body={"notice": str(cls.notice.pk), "reason": "Outside the EU"},
                text_field="reason",
            ),
            suite.Write(
                "POST",
                Permission.OBJECT,
                "objection.answered",
                "{id}/answer/",
                {"answer": "Stays in Dublin"},
                text_field="answer",
            ),
            suite.Write(
                "POST",
                Permission.OBJECT,
                "objection.withdrawn",
                "{id}/withdraw/",
                {"reason": "Settled"},
                text_field="reason",
            ),
        )

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                self._raised(self.contoso)

    def _raised(self, tenant: Tenant) -> Objection:
        notice = announced(agent(f"agent-{next(_number)}"))
        return raise_objection(notice=notice, tenant=tenant, reason="Unknown to us", by=self.operator)

    def fresh(self, write: suite.Write) -> str:
        with self.door():
            return str(self._raised(self.contoso).pk)

    def foreign(self) -> str:
        with self.door():
            return str(self._raised(self.fabrikam).pk)

    def test_one_is_shown_with_what_it_is_about(self) -> None:
        officer = self.role(Role.PRIVACY_OFFICER)
        done = self.send(officer, "POST", self.path, self.writes[0].body).json()
        about = {key: done[key] for key in ("notice", "subcontractor", "change", "status", "is_late")}
        assert about == {
            "notice": str(self.notice.pk),
            "subcontractor": "northwind",
            "change": "joins",
            "status": "open",
            "is_late": False,
        }
        path = f"{self.path}{done['id']}/"
        known = suite.moment()
        answered = self.send(officer, "POST", f"{path}answer/", {"answer": "Noted"}).json()
        assert (answered["status"], answered["answer"]) == ("answered", "Noted")
        assert self.reader.get(path, {"as_of": known}).json() == done
        open_ones = self.reader.get(self.path, {"status": "open", "as_of": known}).json()["results"]
        assert [one["id"] for one in open_ones] == [done["id"]]
        again = self.send(officer, "POST", f"{path}withdraw/", {"reason": "Late"})
        self.assert_problem(again, 409, code="not_open")

    def test_what_was_never_announced_cannot_be_objected_to(self) -> None:
        officer = self.role(Role.PRIVACY_OFFICER)
        for notice in ("987654321", "9" * 19, 987654321):
            answer = self.send(officer, "POST", self.path, {"notice": notice, "reason": "No"})
            self.assert_problem(answer, 400, "#/notice", "unknown_notice")
        for wrong in ("x", "-1", "", None, "٣"):
            answer = self.send(officer, "POST", self.path, {"notice": wrong, "reason": "No"})
            self.assert_problem(answer, 400, "#/notice")
