"""Asking over HTTP: the console's own form and AuthZEN's; who may, what is refused, and how many queries it takes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, ClassVar

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Service
from consents.models import Consent
from consents.services import grant_consent, request_consent, withdraw_consent
from elections.services import begin_storage, set_election_policy
from tenants.access import Shell
from tenants.roles import Role
from tests.api import suite
from tests.consents.stories import SERIAL_NUMBER, instant

PATH = "/api/v1/tenants/contoso/decisions/"
EVALUATION = "/api/v1/tenants/contoso/access/v1/evaluation"
EVALUATIONS = EVALUATION + "s"
QUESTION = {"flow": SERIAL_NUMBER, "connection": "Munich"}
KEY: dict[str, Any] = {"Idempotency-Key": "k"}
R_1: dict[str, Any] = {"X-Request-ID": "r-1"}
REQUEST: dict[str, Any] = {
    "subject": {"type": "tenant", "id": "contoso"},
    "action": {"name": "share"},
    "resource": {"type": "flow", "id": SERIAL_NUMBER, "properties": {"connection": "Munich"}},
}


class AskingTestCase(suite.ApiTestCase):
    path: ClassVar[str] = PATH
    consent: ClassVar[Consent]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with cls.door():
            asked = request_consent(
                tenant=cls.contoso,
                service=Service.objects.get(code="vpp"),
                connection="Munich",
                by=cls.operator,
            )
            cls.consent = grant_consent(consent=asked, by=cls.operator, reason="Needed.")

    def withdraw(self) -> None:
        with self.door():
            withdraw_consent(consent=self.consent, by=self.operator, reason="No longer needed.")

    def ask(self, body: Any, path: str | None = None, role: Role = Role.SERVICE, **headers: Any) -> Any:
        return self.send(self.role(role), "POST", path or self.path, body, **headers)

    def answer(self, body: Any, path: str | None = None, **headers: Any) -> Any:
        answer = self.ask(body, path, **headers)
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"] == "application/json"
        return answer.json()


class TestWho(AskingTestCase):
    def test_every_role_and_nobody_else(self) -> None:
        for path, body in ((PATH, QUESTION), (EVALUATION, REQUEST), (EVALUATIONS, REQUEST)):
            with self.subTest(path):
                assert all(self.ask(body, path, role).status_code == 200 for role in Role)
                self.assert_problem(self.send(Client(), "POST", path, body), 401)
                self.assert_problem(self.send(self.neighbour, "POST", path, body), 404)
                self.assert_problem(self.role(Role.SERVICE).get(path), 405)
                missing = path.replace("contoso", "nobody")
                self.assert_problem(self.ask(body, missing), 404)

    def test_a_persons_session(self) -> None:
        browser = Client()
        browser.force_login(self.auditor)
        assert self.send(browser, "POST", PATH, QUESTION).status_code == 200


class TestDecisions(AskingTestCase):
    def test_the_answer_with_its_evidence(self) -> None:
        answer = self.answer(QUESTION)
        assert set(answer) == {
            "allowed", "reasons", "consent", "at", "known_at", "catalog_edition", "evidence"
        }  # fmt: skip
        assert (answer["allowed"], answer["reasons"][0]["code"]) == (True, "granted")
        assert answer["consent"] == str(self.consent.pk)
        evidence = answer["evidence"]
        event = AuditEvent.objects.across_tenants().get(pk=evidence["audit_event"])
        assert (event.activity, event.tenant_id) == ("consent.granted", self.contoso.pk)
        assert evidence["history_id"] == evidence["audit_event"]
        assert evidence["record_id"] == str(self.consent.record_id)
        assert [flow["code"] for flow in evidence["flows"]] == [SERIAL_NUMBER]

    def test_services_and_third_parties(self) -> None:
        assert self.answer({"service": "vpp", "connection": "Munich"})["allowed"]
        assert not self.answer({"service": "vpp"})["allowed"]
        apple = self.answer({"third_party": "apple", "connection": "Munich"})
        assert not apple["allowed"]
        assert len(apple["evidence"]["services"]) == 3

    def test_the_two_clocks(self) -> None:
        then = instant()
        self.withdraw()
        asked = {**QUESTION, "known_at": then.isoformat()}
        assert self.answer(QUESTION)["reasons"][0]["code"] == "withdrawn"
        assert self.answer(asked)["allowed"]
        assert self.answer({**QUESTION, "at": then.isoformat()})["allowed"]
        assert self.answer(asked)["known_at"] == f"{then:%Y-%m-%dT%H:%M:%S.%f}Z"

    def test_many_at_once_in_their_order(self) -> None:
        questions = [{"flow": SERIAL_NUMBER, "connection": name} for name in ("Munich", "Oslo", "Munich")]
        results = self.answer({"questions": questions})["results"]
        assert [each["allowed"] for each in results] == [True, False, True]

    def test_bodies_that_ask_nothing_or_too_much(self) -> None:
        flow = {"flow": SERIAL_NUMBER}
        cases: tuple[tuple[Any, str], ...] = (
            ({}, "#"),
            ([], "#"),
            ("x", "#"),
            ({"flow": ""}, "#/flow"),
            ({"flow": 7}, "#/flow"),
            ({"flow": None}, "#/flow"),
            ({"flow": ["x"]}, "#/flow"),
            ({"flow": "x" * 201}, "#/flow"),
            ({"flow": "a\x00"}, "#/flow"),
            ({"flow": "\ud800"}, "#/flow"),
            ({"flow": "x", "service": "y"}, "#"),
            ({**flow, "conection": "x"}, "#/conection"),
            ({**flow, "connection": 7}, "#/connection"),
            ({**flow, "connection": "x" * 101}, "#/connection"),
            ({**flow, "connection": "a\x00"}, "#/connection"),
            ({**flow, "at": "yesterday"}, "#/at"),
            ({**flow, "at": "2026-11-20T10:00:00"}, "#/at"),
            ({**flow, "at": "0001-01-01T00:00:00+14:00"}, "#/at"),
            ({**flow, "at": None}, "#/at"),
            ({**flow, "at": 7}, "#/at"),
            ({**flow, "at": "9998-01-01T00:00:00Z"}, "#/at"),
            ({**flow, "known_at": (timezone.now() + timedelta(hours=1)).isoformat()}, "#/known_at"),
            ({"questions": {}}, "#/questions"),
            ({"questions": []}, "#/questions"),
            ({"questions": [flow] * 1001}, "#/questions"),
            ({"questions": [flow, {}]}, "#/questions/1"),
            ({"questions": [flow, 7]}, "#/questions/1"),
            ({"questions": [{"flow": 7}]}, "#/questions/0/flow"),
            ({"questions": [{**flow, "at": "2026-11-20T10:00:00Z"}]}, "#/questions/0/at"),
            ({"questions": [flow], "flow": "x"}, "#/flow"),
        )
        for body, pointer in cases:
            with self.subTest(str(body)[:80]):
                self.assert_problem(self.ask(json.dumps(body)), 400, pointer)

    def test_what_is_no_json(self) -> None:
        for content in ("", "{", '{"flow": NaN}', '{"flow": "a", "flow": "b"}', b"\xff"):
            with self.subTest(content=content):
                self.assert_problem(self.ask(content), 400)
        self.assert_problem(self.role(Role.SERVICE).post(PATH, "<a/>", content_type="application/xml"), 415)
        self.assert_problem(self.ask(QUESTION, f"{PATH}?flow=x"), 400)

    def test_the_oldest_of_instants_can_be_asked_about(self) -> None:
        answer = self.answer({**QUESTION, "at": "0001-01-02T00:00:00Z", "known_at": "0001-01-02T00:00:00Z"})
        assert (answer["allowed"], answer["at"]) == (False, "0001-01-02T00:00:00.000000Z")

    def test_a_repeated_key_gives_the_first_answer(self) -> None:
        first = self.answer(QUESTION, **KEY)
        self.withdraw()
        assert self.answer(QUESTION, **KEY) == first
        assert not self.answer(QUESTION)["allowed"]

    def test_the_rule_on_recipients_and_the_election_it_goes_by(self) -> None:
        begin_storage(tenant=self.contoso, by=Shell())
        policy = set_election_policy(tenant=self.contoso, recipients="geography", by=self.officer)
        asked: tuple[tuple[str, Any], ...] = ((PATH, QUESTION), (EVALUATION, REQUEST))
        for path, body in asked:
            answer = self.answer(body, path)
            context = answer.get("context", answer)
            assert not answer.get("decision", answer.get("allowed"))
            assert [reason["code"] for reason in context["reasons"]] == ["region_not_allowed"]
            (election,) = context["evidence"]["elections"]
            for row in (election["history_id"], context["evidence"]["policy"]):
                assert AuditEvent.objects.for_tenant(self.contoso).filter(pk=row).exists()
            assert election["kind"] == "storage"
        assert policy.recipients == "geography"
        past: dict[str, Any] = {**QUESTION, "known_at": instant().isoformat()}
        for body in (QUESTION, past):
            self.answer(body)
            with CaptureQueriesContext(connection) as captured:
                self.answer(body)
            assert len(captured) == 3

    def test_queries(self) -> None:
        """One for the token, one for the answer, one more for the past; of a thousand questions as well."""
        many = {"questions": [{"flow": SERIAL_NUMBER, "connection": f"c{n}"} for n in range(1000)]}
        past = {**QUESTION, "known_at": instant().isoformat()}
        cases = ((PATH, QUESTION, 2), (PATH, past, 3), (PATH, many, 3), (EVALUATION, REQUEST, 2))
        for path, body, most in cases:
            with self.subTest(str(body)[:60]):
                self.answer(body, path)
                with CaptureQueriesContext(connection) as captured:
                    self.answer(body, path)
                assert len(captured) == most


class TestAuthzen(AskingTestCase):
    path = EVALUATION

    def test_the_same_answer_in_its_words(self) -> None:
        answer = self.answer(REQUEST)
        own = self.answer(QUESTION, PATH)
        assert set(answer) == {"decision", "context"}
        assert answer["decision"] is True
        assert answer["context"]["reasons"] == own["reasons"]
        assert answer["context"]["evidence"] == own["evidence"]

    def test_systems_of_the_tenant_ask_too(self) -> None:
        for kind in ("system", "service", "application"):
            subject = {"type": kind, "id": "mdm", "properties": {"x": 1}}
            assert self.answer({**REQUEST, "subject": subject})["decision"]

    def test_sharing_has_several_names(self) -> None:
        for name in ("share", "send", "transfer", "disclose"):
            assert self.answer({**REQUEST, "action": {"name": name}})["decision"]

    def test_what_nobody_agreed_to_anything_for(self) -> None:
        cases = {
            "unknown_subject": {"subject": {"type": "tenant", "id": "fabrikam"}},
            "unknown_action": {"action": {"name": "delete"}},
            "unknown_resource_type": {"resource": {"type": "document", "id": "1"}},
        }
        for code, part in cases.items():
            answer = self.answer(REQUEST | part)
            assert answer["decision"] is False
            assert answer["context"]["reasons"][0]["code"] == code
        person = self.answer(REQUEST | {"subject": {"type": "user", "id": "officer@contoso.example"}})
        assert person["decision"] is False

    def test_the_two_clocks(self) -> None:
        then = instant().isoformat()
        self.withdraw()
        assert self.answer(REQUEST)["decision"] is False
        assert self.answer({**REQUEST, "context": {"known_at": then}})["decision"] is True
        assert self.answer({**REQUEST, "context": {"at": then}})["decision"] is True

    def test_bodies_that_are_malformed(self) -> None:
        without = {name: {k: v for k, v in REQUEST.items() if k != name} for name in REQUEST}
        cases: list[tuple[Any, str]] = [
            *((body, f"#/{name}") for name, body in without.items()),
            ({**REQUEST, "subject": "x"}, "#/subject"),
            ({**REQUEST, "subject": {"type": "tenant"}}, "#/subject/id"),
            ({**REQUEST, "subject": {"type": "tenant", "id": 7}}, "#/subject/id"),
            ({**REQUEST, "action": {}}, "#/action/name"),
            ({**REQUEST, "action": {"name": "share", "properties": 7}}, "#/action/properties"),
            ({**REQUEST, "resource": {"type": "flow", "id": "x", "place": 1}}, "#/resource/place"),
            (
                {**REQUEST, "resource": {"type": "flow", "id": "x", "properties": {"site": "x"}}},
                "#/resource/properties/site",
            ),
            ({**REQUEST, "context": {"knownat": "x"}}, "#/context/knownat"),
            ({**REQUEST, "context": {"at": "yesterday"}}, "#/context/at"),
            ({**REQUEST, "context": []}, "#/context"),
            (
                {**REQUEST, "action": {"name": "x"}, "context": {"known_at": "3218-05-09T18:47:17Z"}},
                "#/context/known_at",
            ),
            ({**REQUEST, "evaluations": []}, "#/evaluations"),
            (
                {**REQUEST, "context": {"known_at": (timezone.now() + timedelta(days=1)).isoformat()}},
                "#/context/known_at",
            ),
        ]
        for body, pointer in cases:
            with self.subTest(str(body)[:80]):
                self.assert_problem(self.ask(body), 400, pointer)

    def test_the_callers_request_id_comes_back(self) -> None:
        assert self.ask(REQUEST, **R_1)["X-Request-ID"] == "r-1"
        assert self.ask({}, **R_1)["X-Request-ID"] == "r-1"
        assert len(self.ask(REQUEST)["X-Request-ID"]) == 36
        assert self.ask(REQUEST, **{**R_1, "X-Request-ID": "a b"})["X-Request-ID"] != "a b"

    def test_the_metadata_is_the_tenants(self) -> None:
        where = "/.well-known/authzen-configuration/api/v1/tenants/contoso"
        found = Client().get(where)
        point = "http://testserver/api/v1/tenants/contoso"
        assert found.json() == {
            "policy_decision_point": point,
            "access_evaluation_endpoint": f"{point}/access/v1/evaluation",
            "access_evaluations_endpoint": f"{point}/access/v1/evaluations",
        }
        assert Client().post(where).status_code == 405
        other = Client().get(where.replace("contoso", "nobody")).content.decode()
        assert other.replace("nobody", "contoso") == found.content.decode()


class TestAuthzenBatches(AskingTestCase):
    path = EVALUATIONS
    oslo: ClassVar[dict[str, Any]] = {
        "type": "flow",
        "id": SERIAL_NUMBER,
        "properties": {"connection": "Oslo"},
    }

    def decisions(self, *evaluations: Any, semantic: str = "", **common: Any) -> list[bool]:
        body = {**REQUEST, **common, "evaluations": list(evaluations)}
        if semantic:
            body["options"] = {"evaluations_semantic": semantic}
        return [each["decision"] for each in self.answer(body)["evaluations"]]

    def test_what_is_left_out_is_taken_from_the_request(self) -> None:
        assert self.decisions({}, {"resource": self.oslo}, {"action": {"name": "delete"}}) == [
            True,
            False,
            False,
        ]
        assert self.decisions(REQUEST, subject={"type": "tenant", "id": "fabrikam"}) == [True]

    def test_a_member_replaces_the_common_one_whole(self) -> None:
        alone = {"type": "flow", "id": SERIAL_NUMBER}
        assert self.decisions({"resource": alone}) == [False]

    def test_semantics(self) -> None:
        asked: tuple[Any, ...] = ({}, {"resource": self.oslo}, {})
        assert self.decisions(*asked, semantic="execute_all") == [True, False, True]
        assert self.decisions(*asked, semantic="deny_on_first_deny") == [True, False]
        assert self.decisions(*asked, semantic="permit_on_first_permit") == [True]
        assert self.decisions(*asked[1:], semantic="permit_on_first_permit") == [False, True]

    def test_without_evaluations_it_is_a_single_one(self) -> None:
        assert self.answer(REQUEST)["decision"] is True
        assert self.answer({**REQUEST, "evaluations": []})["decision"] is True

    def test_each_may_have_its_own_instants(self) -> None:
        then = instant().isoformat()
        self.withdraw()
        assert self.decisions({}, {"context": {"at": then}}, {"context": {"known_at": then}}) == [
            False,
            True,
            True,
        ]

    def test_malformed(self) -> None:
        cases: tuple[tuple[Any, str], ...] = (
            ({"evaluations": {}}, "#/evaluations"),
            ({"evaluations": None}, "#/evaluations"),
            ({"evaluations": [7]}, "#/evaluations/0"),
            ({"evaluations": [{}, {"subject": {}}]}, "#/evaluations/1/subject/type"),
            ({"evaluations": [{"evaluations": []}]}, "#/evaluations/0/evaluations"),
            ({"evaluations": [{}] * 1001}, "#/evaluations"),
            (
                {"evaluations": [{}], "options": {"evaluations_semantic": "any"}},
                "#/options/evaluations_semantic",
            ),
            (
                {"evaluations": [{}], "options": {"evaluations_semantic": []}},
                "#/options/evaluations_semantic",
            ),
            ({"evaluations": [{}], "options": []}, "#/options"),
            (
                {"evaluations": [{"context": {"at": f"2026-01-0{n}T00:00:00Z"}} for n in range(1, 6)]},
                "#/evaluations",
            ),
        )
        for more, pointer in cases:
            with self.subTest(str(more)[:80]):
                self.assert_problem(self.ask({**REQUEST, **more}), 400, pointer)
        lacking = {**REQUEST, "evaluations": [{}]}
        del lacking["action"]
        self.assert_problem(self.ask(lacking), 400, "#/evaluations/0/action")
