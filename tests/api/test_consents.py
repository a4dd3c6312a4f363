"""Sharing consents through the API."""

from __future__ import annotations

import itertools
from datetime import timedelta
from unittest.mock import patch

from django.utils import timezone

from catalog.models import Flow, Service
from catalog.services import add_entry
from consents.models import Consent
from consents.services import grant_consent, request_consent, withdraw_consent
from tenants.models import Tenant
from tenants.roles import Permission, Role
from tests.api import suite

_number = itertools.count(1)
REASON = {"reason": "The works council agreed"}


class TestConsents(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/consents/"
    permission = Permission.VIEW_CONSENTS
    queries = 6
    writes = (
        suite.Write(
            "POST",
            Permission.REQUEST_CONSENT,
            "consent.requested",
            body={"service": "vpp", "connection": "Munich"},
            text_field="justification",
        ),
        suite.Write(
            "POST", Permission.GRANT_CONSENT, "consent.granted", "{id}/grant/", REASON, text_field="reason"
        ),
        suite.Write(
            "POST", Permission.GRANT_CONSENT, "consent.declined", "{id}/decline/", REASON, text_field="reason"
        ),
        suite.Write(
            "POST",
            Permission.WITHDRAW_CONSENT,
            "consent.withdrawn",
            "{id}/withdraw/",
            REASON,
            text_field="reason",
        ),
    )

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                self._granted(self.contoso)

    def _requested(self, tenant: Tenant) -> Consent:
        service = Service.objects.get(code="vpp")
        return request_consent(
            tenant=tenant, service=service, connection=f"c{next(_number)}", by=self.operator
        )

    def _granted(self, tenant: Tenant) -> Consent:
        return grant_consent(consent=self._requested(tenant), by=self.operator, reason="Agreed")

    def fresh(self, write: suite.Write) -> str:
        with self.door():
            made = self._granted if write.path.endswith("withdraw/") else self._requested
            return str(made(self.contoso).pk)

    def foreign(self) -> str:
        with self.door():
            return str(self._requested(self.fabrikam).pk)

    def test_a_repeated_post_is_done_once(self) -> None:
        super().test_a_repeated_post_is_done_once()
        assert Consent.objects.for_tenant(self.contoso).filter(connection="Munich").count() == 1

    def test_the_main_job_end_to_end(self) -> None:
        admin, auditor = self.role(Role.TENANT_ADMIN), self.role(Role.AUDITOR)
        asked = self.send(
            admin, "POST", self.path, {"service": "vpp", "connection": "Berlin", "terms_text": "So."}
        )
        assert (asked.status_code, asked.json()["state"], asked.json()["flows"]) == (201, "requested", [])
        assert len(asked.json()["terms_sha256"]) == 64
        path = f"{self.path}{asked.json()['id']}/"
        granted = self.send(admin, "POST", f"{path}grant/", REASON).json()
        expected = set(Flow.objects.current().filter(service__code="vpp").values_list("code", flat=True))
        assert {flow["code"] for flow in granted["flows"]} == expected
        assert (granted["state"], granted["granted_by"]) == ("granted", "tenant_admin of Contoso")
        known_at = suite.moment()
        withdrawn = self.send(admin, "POST", f"{path}withdraw/", {"reason": "No longer needed"}).json()
        assert withdrawn["state"] == "withdrawn"
        assert auditor.get(path, {"as_of": known_at}).json() == granted
        trail = auditor.get(f"{path}history/").json()["results"]
        activities = [event["activity"] for event in trail]
        assert activities == ["consent.withdrawn", "consent.granted", "consent.requested"]
        changes = {
            p["name"]: (p["old_value"], p["new_value"])
            for p in trail[0]["resources"][0]["modified_properties"]
        }
        assert changes["status"] == ("granted", "withdrawn")
        assert changes["withdraw_reason"] == ("", "No longer needed")
        assert "service" not in changes

    def test_what_the_state_does_not_allow_is_409(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        path = f"{self.path}{self.fresh(self.writes[3])}/"
        self.assert_problem(self.send(admin, "POST", f"{path}grant/", REASON), 409, code="not_requested")

    def test_asking_again_for_what_waits_is_409(self) -> None:
        admin, body = self.role(Role.TENANT_ADMIN), {"service": "vpp", "connection": "asked twice"}
        assert self.send(admin, "POST", self.path, body).status_code == 201
        self.assert_problem(self.send(admin, "POST", self.path, body), 409, code="requested_already")
        assert Consent.objects.for_tenant(self.contoso).filter(connection="asked twice").count() == 1

    def test_the_reason_is_needed(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        for body in ({}, {"reason": " "}):
            path = f"{self.path}{self.fresh(self.writes[1])}/grant/"
            self.assert_problem(self.send(admin, "POST", path, body), 400, "#/reason")

    def test_an_end_before_the_start_is_a_mistake_of_the_body(self) -> None:
        body = {**REASON, "effective_until": "2020-01-01T00:00:00Z"}
        path = f"{self.path}{self.fresh(self.writes[1])}/grant/"
        answer = self.send(self.role(Role.TENANT_ADMIN), "POST", path, body)
        self.assert_problem(answer, 400)
        naive = {**REASON, "effective_until": "2030-01-01T00:00:00"}
        answer = self.send(self.role(Role.TENANT_ADMIN), "POST", path, naive)
        self.assert_problem(answer, 400, "#/effective_until", "naive")

    def test_unknown_services_are_mistakes_of_the_body(self) -> None:
        answer = self.send(self.role(Role.TENANT_ADMIN), "POST", self.path, {"service": "fax"})
        self.assert_problem(answer, 400, "#/service", "unknown_service")

    def test_an_ended_grant_has_expired_and_has_another_tag(self) -> None:
        ends = timezone.now() + timedelta(hours=1)
        with self.door():
            asked = self._requested(self.contoso)
            consent = grant_consent(
                consent=asked, by=self.operator, reason="For a moment", effective_until=ends
            )
        path = f"{self.path}{consent.pk}/"
        tag = self.reader.get(path)["ETag"]
        with patch("django.utils.timezone.now", return_value=ends):
            shown = self.reader.get(path)
            listed = {state: self._ids(state) for state in ("expired", "granted")}
        assert shown.json()["state"] == "expired"
        assert shown["ETag"] != tag
        assert listed == {"expired": [str(consent.pk)], "granted": []}

    def _ids(self, state: str) -> list[str]:
        return [one["id"] for one in self.reader.get(self.path, {"state": state}).json()["results"]]

    def test_services_read_consents_but_not_their_trail(self) -> None:
        path = f"{self.path}{self.fresh(self.writes[1])}/"
        assert self.role(Role.SERVICE).get(path).status_code == 200
        self.assert_problem(self.role(Role.SERVICE).get(f"{path}history/"), 403)

    def test_filters_work_on_past_states(self) -> None:
        with self.door():
            consent = self._granted(self.contoso)
            known_at = suite.moment()
            withdraw_consent(consent=consent, by=self.operator, reason="Enough")
        query = {"state": "granted", "service": "vpp", "third_party": "apple", "as_of": known_at}
        found = self.reader.get(self.path, query).json()["results"]
        assert [(one["id"], one["state"]) for one in found] == [(str(consent.pk), "granted")]
        assert found[0]["flows"]

    def test_a_renewal_is_shown_from_both_sides(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        with self.door():
            old = self._granted(self.contoso)
            foreign = self._granted(self.fabrikam)
        body = {"service": "vpp", "connection": old.connection, "legal_basis": "contract"}
        for unknown in (str(foreign.pk), "9" * 19):
            answer = self.send(admin, "POST", self.path, body | {"renews": unknown})
            self.assert_problem(answer, 400, "#/renews", "unknown_consent")
        asked = self.send(admin, "POST", self.path, body | {"renews": str(old.pk)}).json()
        assert (asked["supersedes"], asked["legal_basis"]) == (str(old.pk), "contract")
        start = (timezone.now() + timedelta(days=9)).isoformat()
        granted = self.send(
            admin, "POST", f"{self.path}{asked['id']}/grant/", REASON | {"effective_from": start}
        ).json()
        assert (granted["state"], granted["in_force"], granted["yet_to_begin"]) == ("granted", False, True)
        shown = self.reader.get(f"{self.path}{old.pk}/").json()
        assert (shown["renewed_by"], shown["ends_at"]) == (asked["id"], granted["effective_from"])
        assert shown["in_force"]

    def test_the_address_is_for_those_who_read_the_trail(self) -> None:
        path = f"{self.path}{self.fresh(self.writes[1])}/"
        self.send(self.role(Role.TENANT_ADMIN), "POST", f"{path}grant/", REASON)
        assert self.role(Role.AUDITOR).get(path).json()["granted_address"] == "127.0.0.1"
        assert self.role(Role.SERVICE).get(path).json()["granted_address"] is None

    def test_the_difference_from_a_new_edition(self) -> None:
        with self.door():
            consent = self._granted(self.contoso)
            path, known_at = f"{self.path}{consent.pk}/", suite.moment()
            values = {"code": "apple.out.vpp.made", "service": "vpp", "direction": "to_third_party"}
            add_entry(
                catalog=consent.service.catalog,
                kind="flows",
                values=values | {"name": "Made", "personal": True, "elements": []},
                by=self.operator,
                reason="Seen in the traffic",
            )
        tag = self.reader.get(path)
        assert tag.json()["needs_renewal"] is True
        found = self.reader.get(f"{path}difference/").json()
        assert [flow["code"] for flow in found["added"]] == ["apple.out.vpp.made"]
        assert (found["needs_renewal"], found["removed"], found["changed"]) == (True, [], [])
        assert self.reader.get(f"{path}difference/", {"as_of": known_at}).json()["added"] == []
        assert self.reader.get(path, {"as_of": known_at}).json()["needs_renewal"] is False
