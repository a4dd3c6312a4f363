"""The steps after a withdrawal, and the consent policy, through the API."""

from __future__ import annotations

import itertools
from datetime import timedelta

from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Service
from consents.models import ConsentPolicy, EndingStep
from consents.services import grant_consent, request_consent, withdraw_consent
from tenants.models import Tenant
from tenants.roles import ALLOWED, Permission, Role
from tests.api import suite

_number = itertools.count(1)
POLICY = "/api/v1/tenants/contoso/consent-policy/"


class TestEndingSteps(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/ending-steps/"
    permission = Permission.VIEW_SHARING
    queries = 2
    writes = (
        suite.Write(
            "POST",
            Permission.END_SHARING,
            "endingstep.assigned",
            "{id}/assign/",
            {"owner": "officer@contoso.example"},
        ),
        suite.Write(
            "POST",
            Permission.END_SHARING,
            "endingstep.done",
            "{id}/complete/",
            {"proof": "Case 4711, closed by Apple"},
            text_field="proof",
        ),
    )

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                self._withdrawn(self.contoso)

    def _withdrawn(self, tenant: Tenant) -> EndingStep:
        service = Service.objects.get(code="vpp")
        asked = request_consent(
            tenant=tenant, service=service, connection=f"c{next(_number)}", by=self.operator
        )
        granted = grant_consent(consent=asked, by=self.operator, reason="Agreed")
        ended = withdraw_consent(consent=granted, by=self.operator, reason="No longer needed")
        step: EndingStep = EndingStep.objects.for_tenant(tenant).filter(consent=ended).earliest("position")
        return step

    def fresh(self, write: suite.Write) -> str:
        with self.door():
            return str(self._withdrawn(self.contoso).pk)

    def foreign(self) -> str:
        with self.door():
            return str(self._withdrawn(self.fabrikam).pk)

    def test_who_by_when_and_the_proof(self) -> None:
        with self.door():
            step = self._withdrawn(self.contoso)
        admin, path = self.role(Role.TENANT_ADMIN), f"{self.path}{step.pk}/"
        sooner = (timezone.localdate() + timedelta(days=2)).isoformat()
        assigned = self.send(
            admin, "POST", f"{path}assign/", {"owner": "Officer@contoso.example", "due_on": sooner}
        ).json()
        assert (assigned["owner"], assigned["due_on"]) == ("officer@contoso.example", sooner)
        done = self.send(admin, "POST", f"{path}complete/", {"proof": " Case 4711 "}).json()
        assert (done["status"], done["proof"], done["is_overdue"]) == ("done", "Case 4711", False)
        again = self.send(admin, "POST", f"{path}complete/", {"proof": "Another"})
        self.assert_problem(again, 409, code="step_done")
        consent = f"/api/v1/tenants/contoso/consents/{step.consent_id}/"
        assert self.reader.get(consent).json()["steps_open"] == 1

    def test_mistakes_are_named(self) -> None:
        with self.door():
            step = self._withdrawn(self.contoso)
        admin, path = self.role(Role.TENANT_ADMIN), f"{self.path}{step.pk}/"
        later = (step.due_on + timedelta(days=1)).isoformat()
        for body, pointer in (
            ({"owner": "officer@fabrikam.example"}, "#/owner"),
            ({"owner": "nobody"}, "#/owner"),
            ({"due_on": later}, "#/reason"),
            ({"due_on": "soon"}, "#/due_on"),
            ({}, "#"),
        ):
            self.assert_problem(self.send(admin, "POST", f"{path}assign/", body), 400, pointer)
        self.assert_problem(self.send(admin, "POST", f"{path}complete/", {"proof": " "}), 400, "#/proof")

    def test_filters(self) -> None:
        with self.door():
            step = self._withdrawn(self.contoso)
        answer = self.reader.get(self.path, {"status": "open", "consent": str(step.consent_id)})
        assert [one["code"] for one in answer.json()["results"]] == [
            "disable_at_intune",
            "delete_apple_account",
        ]
        for query in ({"status": "done"}, {"owner": "officer@contoso.example"}, {"consent": "x"}):
            assert self.reader.get(self.path, query).json()["results"] == []

    def test_the_past(self) -> None:
        with self.door():
            step = self._withdrawn(self.contoso)
        then = suite.moment()
        path = f"{self.path}{step.pk}/"
        self.send(self.role(Role.TENANT_ADMIN), "POST", f"{path}complete/", {"proof": "Case 4711"})
        assert self.reader.get(path, {"as_of": then}).json()["status"] == "open"
        consent = f"/api/v1/tenants/contoso/consents/{step.consent_id}/"
        assert self.reader.get(consent, {"as_of": then}).json()["steps_open"] == 2


class TestConsentPolicy(suite.ApiTestCase):
    def test_every_reader_sees_the_defaults_with_a_tag(self) -> None:
        assert self.role(Role.SERVICE).get(POLICY).status_code == 403
        for role in ALLOWED[Permission.VIEW_SHARING]:
            answer = self.role(role).get(POLICY)
            assert answer.status_code == 200
            assert answer.json() == {
                "four_eyes": False,
                "safeguard_required": False,
                "log_decisions": "off",
                "reminder_days": [60, 30, 14, 7, 1],
            }
            assert answer["ETag"]

    def test_an_officer_changes_it_once_for_each_tag(self) -> None:
        officer = self.role(Role.PRIVACY_OFFICER)
        tag, body = officer.get(POLICY)["ETag"], {"four_eyes": True, "reminder_days": [1, 90, 1]}
        self.assert_problem(self.send(officer, "PATCH", POLICY, body), 428)
        changed = self.send(officer, "PATCH", POLICY, body | {"reason": "Audit finding"}, **{"If-Match": tag})
        assert changed.status_code == 200, changed.content
        assert (changed.json()["four_eyes"], changed.json()["reminder_days"]) == (True, [90, 1])
        self.assert_problem(self.send(officer, "PATCH", POLICY, body, **{"If-Match": tag}), 412)
        event = AuditEvent.objects.for_tenant(self.contoso).latest("id")
        assert (event.activity, event.attribution.reason) == ("consentpolicy.changed", "Audit finding")

    def test_nobody_else_does(self) -> None:
        for role in (Role.TENANT_ADMIN, Role.AUDITOR, Role.SERVICE):
            answer = self.send(self.role(role), "PATCH", POLICY, {"four_eyes": True}, **{"If-Match": "*"})
            self.assert_problem(answer, 403)
        assert not ConsentPolicy.objects.for_tenant(self.contoso).exists()
        self.assert_problem(self.neighbour.get(POLICY), 404)

    def test_what_cannot_be(self) -> None:
        officer = self.role(Role.PRIVACY_OFFICER)
        for body, pointer in (
            ({"reminder_days": [0]}, "#/reminder_days/0"),
            ({"reminder_days": [731]}, "#/reminder_days/0"),
            ({"reminder_days": list(range(1, 13))}, "#/reminder_days"),
            ({"log_decisions": "some"}, "#/log_decisions"),
            ({"two_eyes": True}, "#/two_eyes"),
        ):
            answer = self.send(officer, "PATCH", POLICY, body, **{"If-Match": "*"})
            self.assert_problem(answer, 400, pointer)

    def test_the_past(self) -> None:
        then, officer = suite.moment(), self.role(Role.PRIVACY_OFFICER)
        self.send(officer, "PATCH", POLICY, {"log_decisions": "all"}, **{"If-Match": "*"})
        assert officer.get(POLICY).json()["log_decisions"] == "all"
        assert officer.get(POLICY, {"as_of": then}).json()["log_decisions"] == "off"
