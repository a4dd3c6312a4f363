"""Elections through the API."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from elections.models import CollectionElection, StorageElection
from elections.services import (
    approve_election,
    begin_storage,
    elect_collection,
    elect_region,
    set_election_policy,
    withdraw_election,
)
from elections.storing import storage_at
from tenants.access import Shell
from tenants.models import Tenant
from tenants.roles import ALLOWED, Permission, Role
from tests.api import suite

BASE = "/api/v1/tenants/contoso/"
REASON = {"reason": "The works council agreed"}
DECISIONS = (
    suite.Write(
        "POST", Permission.APPROVE_ELECTION, "election.approved", "{id}/approve/", REASON, text_field="reason"
    ),
    suite.Write(
        "POST", Permission.APPROVE_ELECTION, "election.rejected", "{id}/reject/", REASON, text_field="reason"
    ),
    suite.Write(
        "POST", Permission.PROPOSE_ELECTION, "election.withdrawn", "{id}/withdraw/", REASON, text_field="reason"
    ),
)  # fmt: skip


class ElectionSuite(suite.EndpointSuite):
    """With four eyes, so that each deed has something to do; at most one proposal waits."""

    __test__ = False
    permission = Permission.VIEW_ELECTIONS
    model: Any

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with cls.door():
            for tenant in (cls.contoso, cls.fabrikam):
                set_election_policy(tenant=tenant, four_eyes=True, by=cls.operator)

    def proposed(self, tenant: Tenant, number: int = 1) -> Any:
        raise NotImplementedError

    def cleared(self, tenant: Tenant) -> None:
        for waiting in self.model.objects.for_tenant(tenant).awaiting_decision():
            withdraw_election(election=waiting, by=self.operator, reason="Another one is tried.")

    def make(self, count: int) -> None:
        with self.door():
            self.cleared(self.contoso)
            for number in range(count):
                approve_election(election=self.proposed(self.contoso, number), by=self.operator)

    def fresh(self, write: suite.Write) -> str:
        with self.door():
            self.cleared(self.contoso)
            return str(self.proposed(self.contoso).pk)

    def foreign(self) -> str:
        with self.door():
            self.cleared(self.fabrikam)
            return str(self.proposed(self.fabrikam).pk)

    def do(self, write: suite.Write, client: Any, body: Any = None, **headers: str) -> Any:
        if not write.path:
            with self.door():
                self.cleared(self.contoso)
        return super().do(write, client, body, **headers)


class TestStorageElections(ElectionSuite):
    __test__ = True
    path = f"{BASE}storage-elections/"
    model = StorageElection
    queries = 3
    writes = (
        suite.Write(
            "POST",
            Permission.PROPOSE_ELECTION,
            "storage.elected",
            body={"region": "CH", **REASON, "confirmed": True},
            text_field="reason",
        ),
        *DECISIONS,
    )
    number = itertools.count(1)

    def proposed(self, tenant: Tenant, number: int = 1) -> StorageElection:
        begins = timezone.now() + timedelta(days=1, minutes=next(self.number))
        before = storage_at(tenant, begins)
        return elect_region(
            tenant=tenant,
            region="EU" if before is None or before.code == "CH" else "CH",
            by=self.officer if tenant == self.contoso else self.fabrikam_officer,
            effective_from=begins,
            confirmed=True,
            reason=REASON["reason"],
        )

    def test_the_main_job_end_to_end(self) -> None:
        admin, officer = self.role(Role.TENANT_ADMIN), self.role(Role.PRIVACY_OFFICER)
        with self.door():
            begin_storage(tenant=self.contoso, by=self.operator)
            set_election_policy(tenant=self.contoso, four_eyes=False, by=self.operator)
        told = self.send(admin, "POST", f"{self.path}preview/", {"region": "NA"})
        assert told.status_code == 200, told.content
        meaning = told.json()
        assert (meaning["before"], meaning["needs_confirmation"], meaning["needs_transfer_assessment"]) == (
            "EU", True, True,
        )  # fmt: skip
        body: dict[str, object] = {"region": "NA", **REASON}
        self.assert_problem(self.send(admin, "POST", self.path, body), 400, "#/confirmed", "not_confirmed")
        body["confirmed"] = True
        self.assert_problem(self.send(admin, "POST", self.path, body), 400, "#/transfer_assessment")
        body |= {"transfer_assessment": "Assessment 12", "assessed_on": "2026-03-01"}
        elected = self.send(admin, "POST", self.path, body)
        assert elected.status_code == 201, elected.content
        assert (elected.json()["state"], elected.json()["in_force"]) == ("in_force", True)
        assert elected.json()["consequences"] == meaning["consequences"]
        past = self.send(officer, "POST", f"{self.path}{elected.json()['id']}/withdraw/", REASON)
        self.assert_problem(past, 409, code="has_begun")
        states = {row["region"]: row["state"] for row in officer.get(self.path).json()["results"]}
        assert states == {"NA": "in_force", "EU": "superseded"}
        trail = officer.get(f"{self.path}{elected.json()['id']}/history/").json()["results"]
        assert [(e["activity"], e["action"]) for e in trail] == [
            ("election.approved", "manage"),
            ("storage.elected", "assign"),
        ]

    def test_filters_tell_what_holds_now_and_at_any_instant(self) -> None:
        with self.door():
            begun = begin_storage(tenant=self.contoso, by=self.operator)
        assert begun is not None
        known = suite.moment()
        self.make(2)
        reader = self.role(Role.AUDITOR)

        def found(**query: str) -> list[str]:
            return [row["state"] for row in reader.get(self.path, query).json()["results"]]

        assert found(state="in_force") == ["in_force"]
        assert found(state="scheduled") == ["scheduled"] * 2
        later = (timezone.now() + timedelta(days=3)).isoformat()
        assert found(in_force_at=later) == ["scheduled"]
        assert found(in_force_at=later, as_of=known) == ["in_force"]
        assert found(in_force_at="2023-12-31T00:00:00Z") == []
        assert found(region="EU", effective_before=timezone.now().isoformat()) == ["in_force"]
        now = reader.get(f"{self.path}{begun.pk}/").json()
        then = reader.get(f"{self.path}{begun.pk}/", {"as_of": known}).json()
        assert now["ends_at"] is not None
        assert then["ends_at"] is None

    def test_a_preview_changes_nothing_and_is_refused_as_electing_is(self) -> None:
        admin, before = self.role(Role.TENANT_ADMIN), AuditEvent.objects.for_tenant(self.contoso).count()
        for body, pointer in (
            ({"region": "XX"}, "#/region"),
            ({"region": "EU", "effective_from": "2001-01-01T00:00:00Z"}, "#/effective_from"),
            ({"region": "EU", "effective_from": "2001-01-01"}, "#/effective_from"),
            ({"region": "EU", "reason": "x"}, "#/reason"),
        ):
            self.assert_problem(self.send(admin, "POST", f"{self.path}preview/", body), 400, pointer)
        assert self.send(admin, "POST", f"{self.path}preview/", {"region": "EU"}).status_code == 200
        self.assert_problem(self.send(self.role(Role.AUDITOR), "POST", f"{self.path}preview/", {}), 403)
        self.assert_problem(self.send(self.neighbour, "POST", f"{self.path}preview/", {"region": "EU"}), 404)
        assert (
            AuditEvent.objects.for_tenant(self.contoso).exclude(activity="request.refused").count()
            <= before + 1
        )
        assert not StorageElection.objects.for_tenant(self.contoso).exists()


class TestCollectionElections(ElectionSuite):
    __test__ = True
    path = f"{BASE}collection-elections/"
    model = CollectionElection
    queries = 4
    writes = (
        suite.Write(
            "POST",
            Permission.PROPOSE_ELECTION,
            "collection.elected",
            body={"features": {"device_query": True}, **REASON},
            text_field="reason",
        ),
        *DECISIONS,
    )

    def proposed(self, tenant: Tenant, number: int = 1) -> CollectionElection:
        parity = CollectionElection.objects.for_tenant(tenant).approved().count() % 2 == 0
        return elect_collection(
            tenant=tenant,
            features={"client_diagnostics": parity},
            by=self.officer if tenant == self.contoso else self.fabrikam_officer,
            effective_from=timezone.now() + timedelta(days=1),
            reason=REASON["reason"],
        )

    def test_the_main_job_end_to_end(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        with self.door():
            set_election_policy(tenant=self.contoso, four_eyes=False, by=self.operator)
        asked = {"features": {"device_query": True, "windows_diagnostic_data": True}}
        told = self.send(admin, "POST", f"{self.path}preview/", asked)
        assert told.status_code == 200, told.content
        changes = {each["code"]: each["role_change"] for each in told.json()["features"]}
        assert changes == {"device_query": "", "windows_diagnostic_data": "becomes_controller"}
        assert len(told.json()["starts"]) == 35
        assert any(element["personal"] for element in told.json()["starts"])
        elected = self.send(admin, "POST", self.path, asked | REASON)
        assert (elected.status_code, elected.json()["state"]) == (201, "in_force")
        assert elected.json()["consequences"] == told.json()["consequences"]
        again = self.send(admin, "POST", self.path, {"features": {"device_query": True}, **REASON})
        self.assert_problem(again, 409, code="already_so")
        found = self.reader.get(self.path, {"feature": "device_query", "is_on": "true"}).json()["results"]
        assert [row["id"] for row in found] == [elected.json()["id"]]
        assert (
            self.reader.get(self.path, {"feature": "device_query", "is_on": "false"}).json()["results"] == []
        )

    def test_bodies_that_cannot_be(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        for features, pointer in (
            ({}, "#/features"),
            ({"telepathy": True}, "#/features"),
            ({"device_query": "perhaps"}, "#/features/device_query"),
            (["device_query"], "#/features"),
        ):
            answer = self.send(admin, "POST", self.path, {"features": features, **REASON})
            self.assert_problem(answer, 400, pointer)


class TestCollection(suite.ApiTestCase):
    path = f"{BASE}collection/"

    def test_says_of_each_feature_and_element_how_it_stands_then_and_as_known_then(self) -> None:
        known, began = suite.moment(), timezone.now() - timedelta(days=2)
        with self.door():
            elect_collection(
                tenant=self.contoso, features={"device_query": True}, by=self.officer, effective_from=began, **REASON
            )  # fmt: skip
        reader = self.role(Role.AUDITOR)
        now = reader.get(self.path).json()
        features = {each["code"]: each for each in now["features"]}
        assert features["device_query"]["is_on"]
        assert features["device_query"]["proposed_by"] == "officer@contoso.example"
        assert (
            features["client_diagnostics"] | {"is_on": False, "since": None, "election": None}
            == features["client_diagnostics"]
        )
        standings = {each["code"]: each["standing"] for each in now["elements"]}
        assert standings["opt_feature.device_query"] == "elected"
        assert standings["opt_feature.client_telemetry"] == "not_elected"
        assert {"required", "never"} < set(standings.values())
        assert now["changes"] == []
        assert self.change_seen_before(began, reader) == {
            "at": began,
            "features": [("device_query", True)],
            "starts": {each["code"] for each in now["elements"] if each["standing"] == "elected"},
            "stops": set(),
        }
        before = (began - timedelta(seconds=1)).isoformat()
        for query in ({"as_of": known}, {"at": before}, {"at": now["at"], "as_of": known}):
            past = {each["code"]: each["is_on"] for each in reader.get(self.path, query).json()["features"]}
            assert not past["device_query"], query

    def change_seen_before(self, began: datetime, reader: Any) -> dict[str, Any]:
        answer = reader.get(self.path, {"at": (began - timedelta(seconds=1)).isoformat()}).json()
        (change,) = answer["changes"]
        return {
            "at": datetime.fromisoformat(change["at"]),
            "features": [(each["code"], each["is_on"]) for each in change["features"]],
            "starts": set(change["starts"]),
            "stops": set(change["stops"]),
        }

    def test_roles_tenants_and_queries(self) -> None:
        for role in Role:
            expected = 200 if role in ALLOWED[Permission.VIEW_ELECTIONS] else 403
            assert self.role(role).get(self.path).status_code == expected
        self.assert_problem(self.neighbour.get(self.path), 404)
        self.assert_problem(self.role(Role.AUDITOR).get(self.path, {"at": "yesterday"}), 400, "?at")
        reader = self.role(Role.AUDITOR)
        with CaptureQueriesContext(connection) as few:
            reader.get(self.path)
        with self.door():
            for turn in range(6):
                elect_collection(
                    tenant=self.contoso, features={"device_query": turn % 2 == 0}, by=Shell(), reason="Asked."
                )  # fmt: skip
        with CaptureQueriesContext(connection) as many:
            reader.get(self.path)
        assert len(many) == len(few) + 1  # none of the parts is asked for where there is no election


class TestElectionPolicy(suite.ApiTestCase):
    path = f"{BASE}election-policy/"

    def test_an_officer_changes_it_once_for_each_tag(self) -> None:
        officer = self.role(Role.PRIVACY_OFFICER)
        first = officer.get(self.path)
        assert first.json() == {"four_eyes": False, "recipients": "anywhere"}
        body = {"recipients": "boundary", "four_eyes": True, "reason": "Audit finding"}
        self.assert_problem(self.send(officer, "PATCH", self.path, body), 428)
        changed = self.send(officer, "PATCH", self.path, body, **{"If-Match": first["ETag"]})
        assert changed.json() == {"four_eyes": True, "recipients": "boundary"}
        self.assert_problem(self.send(officer, "PATCH", self.path, body, **{"If-Match": first["ETag"]}), 412)
        event = AuditEvent.objects.for_tenant(self.contoso).latest("id")
        assert (event.activity, event.attribution.reason) == ("electionpolicy.changed", "Audit finding")
        answer = self.send(officer, "PATCH", self.path, {"recipients": "mars"}, **{"If-Match": "*"})
        self.assert_problem(answer, 400, "#/recipients")

    def test_nobody_else_does(self) -> None:
        for role in (Role.TENANT_ADMIN, Role.AUDITOR, Role.SERVICE):
            answer = self.send(self.role(role), "PATCH", self.path, {"four_eyes": True}, **{"If-Match": "*"})
            self.assert_problem(answer, 403)
        self.assert_problem(self.neighbour.get(self.path), 404)
