"""Residency through the API: the verdict, observed locations and differences."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from residency.models import LocationDrift, LocationImport, ObservedLocation
from residency.services import observe_location, resolve_location_drift
from tenants.models import Tenant
from tenants.roles import ALLOWED, Permission, Role
from tests.api import suite
from tests.consents.lives import exists_for_years, granted
from tests.residency.making import ago, elected, elsewhere, imported, seen

_numbers = itertools.count(1)


class TestObservedLocations(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/observed-locations/"
    permission = Permission.VIEW_RESIDENCY
    queries = 2
    writes = (
        suite.Write(
            "POST",
            Permission.OBSERVE_LOCATIONS,
            "location.observed",
            body={"observed_on": "2025-01-01", "place": "Europe 0201", "source": "Status"},
            text_field="source",
        ),
    )

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        elected(cls.contoso, "EU")

    def observed(self, tenant: Tenant, place: str = "Europe") -> str:
        with self.door():
            source = f"Look {next(_numbers)}"
            made = observe_location(
                tenant=tenant, observed_on=ago(1), place=place, source=source, by=self.operator
            )
        return str(made.pk)

    def make(self, count: int) -> None:
        for _ in range(count):
            self.observed(self.contoso)

    def foreign(self) -> str:
        return self.observed(self.fabrikam)

    def do(self, write: suite.Write, client: Client, body: Any = None, **headers: str) -> Any:
        """Each time another look: the same is refused as known."""
        if body is None:
            body = {**write.body, "source": f"Status {next(_numbers)}"}
        return super().do(write, client, body, **headers)

    def test_it_is_compared_with_what_was_elected(self) -> None:
        body = {"observed_on": "2025-01-01", "place": "Japan", "source": "Status"}
        made = self.send(self.role(Role.TENANT_ADMIN), "POST", self.path, body).json()
        assert (made["country"], made["region"], made["elected"], made["agrees"]) == ("JP", None, "EU", False)
        assert LocationDrift.objects.for_tenant(self.contoso).get().country == "JP"
        found = self.reader.get(self.path, {"agrees": "false", "country": "JP"}).json()["results"]
        assert [one["id"] for one in found] == [made["id"]]

    def test_what_cannot_be_kept_is_told_by_field(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        good = {"observed_on": "2025-01-01", "place": "Europe", "source": "Status"}
        for wrong, pointer in (
            ({"place": "Atlantis"}, "#/place"),
            ({"observed_on": "2999-01-01"}, "#/observed_on"),
            ({"observed_on": "soon"}, "#/observed_on"),
            ({"source": ""}, "#/source"),
        ):
            self.assert_problem(self.send(admin, "POST", self.path, good | wrong), 400, pointer)


LOCATIONS = [
    {"observed_on": "2025-01-01", "place": "Europe 0201", "source": "Status"},
    {"observed_on": "2025-01-02", "place": "Japan"},
]
REPORT = "date;location\r\n2025-01-01;Europe\r\n"


class TestLocationImports(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/location-imports/"
    permission = Permission.VIEW_RESIDENCY
    queries = 2
    writes = (
        suite.Write(
            "POST",
            Permission.OBSERVE_LOCATIONS,
            "locations.imported",
            body={"locations": LOCATIONS, "name": "Status"},
            text_field="name",
        ),
    )

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        elected(cls.contoso, "EU")

    def make(self, count: int) -> None:
        for _ in range(count):
            imported(self.contoso, self.operator, REPORT)

    def own(self) -> str:
        if not LocationImport.objects.for_tenant(self.contoso).exists():
            self.make(1)
        return super().own()

    def foreign(self) -> str:
        return str(imported(self.fabrikam, self.operator, REPORT).pk)

    def ask(self, query: str = "", **body: Any) -> Any:
        return self.send(self.role(Role.TENANT_ADMIN), "POST", f"{self.path}{query}", body)

    def is_untouched(self) -> bool:
        models = (LocationImport, ObservedLocation, LocationDrift)
        return not any(model.objects.for_tenant(self.contoso).exists() for model in models)

    def test_a_dry_run_says_what_it_comes_to_and_the_import_keeps_that(self) -> None:
        dry = self.ask("?dry_run=true", locations=LOCATIONS, name="Script")
        told = dry.json()
        assert (dry.status_code, told["id"], told["added"], told["opened"]) == (200, None, 2, 1)
        assert told["locations"][1] == {
            "where": "entry 2", "what": "new", "observed_on": "2025-01-02", "place": "Japan", "source": "Script",
            "region": None, "country": "JP", "elected": "EU", "agrees": False,
        }  # fmt: skip
        assert told["differences"] == [
            {
                "what": "opened", "place": "Japan", "region": None, "country": "JP", "elected": "EU",
                "first_seen_on": "2025-01-02", "last_seen_on": "2025-01-02",
            }
        ]  # fmt: skip
        assert self.is_untouched()
        kept = self.ask("?dry_run=false", locations=LOCATIONS, name="Script")
        made = kept.json()
        assert kept.status_code == 201
        assert made | {"id": None, "imported_at": None, "imported_by": ""} == told
        assert self.reader.get(f"{self.path}{made['id']}/").json().items() <= made.items()
        stored = LocationImport.objects.for_tenant(self.contoso).get()
        assert AuditEvent.objects.about(stored).get().activity == "locations.imported"
        events = AuditEvent.objects.for_tenant(self.contoso).filter(activity="location.observed")
        assert events.count() == 2
        assert LocationDrift.objects.for_tenant(self.contoso).get().country == "JP"
        assert not made["has_more"]

    def test_csv_in_its_common_forms_and_what_is_known_changes_nothing(self) -> None:
        rows = "date{0}location{0}source\n2025-01-01{0}Europe 0201{0}Status\n"
        for number, text in enumerate((rows.format(","), rows.format(";"), f"\ufeff{rows.format(chr(9))}")):
            made = self.ask(report=text).json()
            assert (made["name"], made["added"], made["known"]) == (
                "Report",
                int(number == 0),
                int(number > 0),
            )
        assert self.ask(report=json.dumps(LOCATIONS)).json()["added"] == 1

    def test_what_cannot_be_kept_refuses_all_of_it_unless_it_is_to_be_left_out(self) -> None:
        wrong = [*LOCATIONS, {"place": "Europe"}, {"observed_on": "2025-01-01", "place": "Atlantis"}]
        for query in ("", "?dry_run=true"):
            problem = self.assert_problem(self.ask(query, locations=wrong), 409, code="problems")
            assert "entry 4: 'Atlantis' is no region or country" in problem["detail"]
        assert self.is_untouched()
        made = self.ask(locations=wrong, skip_problems=True).json()
        assert (made["added"], made["left_out"]) == (2, 2)
        assert [each.partition(":")[0] for each in made["problems"]] == ["entry 3", "entry 4"]

    def test_bodies_that_are_none_are_refused_and_nothing_is_kept(self) -> None:
        for body, status, told in (
            ({}, 400, "#/report"),
            ({"report": REPORT, "locations": LOCATIONS}, 400, "#/report"),
            ({"report": ""}, 400, "#/report"),
            ({"locations": []}, 400, "#/locations"),
            ({"locations": "Europe"}, 400, "#/locations"),
            ({"locations": [7]}, 400, "#/locations/0"),
            ({"locations": [{"place": ["Europe"]}]}, 400, "#/locations/0/place"),
            ({"report": "date,colour\n2025-01-01,red\n"}, 409, "columns"),
            ({"report": "date,location\n"}, 409, "nothing"),
            ({"report": "[{"}, 409, "no_json"),
            ({"report": "x" * (20 << 20)}, 413, ""),
        ):
            pointer, code = (told, "") if status == 400 else ("", told)
            more = {"pointer": pointer} if pointer else {"code": code} if code else {}
            self.assert_problem(self.ask(**body), status, **more)  # type: ignore[arg-type]
        self.assert_problem(self.ask("?dry_run=perhaps", report=REPORT), 400, "?dry_run")
        assert self.is_untouched()


class TestLocationDrift(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/location-drift/"
    permission = Permission.VIEW_RESIDENCY
    queries = 2
    writes = (
        suite.Write(
            "POST",
            Permission.OBSERVE_LOCATIONS,
            "location_drift.resolved",
            "{id}/resolve/",
            {"resolution": "moved", "reason": "Ticket 7"},
            text_field="reason",
        ),
    )

    def drift(self, tenant: Tenant) -> LocationDrift:
        with self.door():
            return elsewhere(tenant, next(_numbers))

    def make(self, count: int) -> None:
        for _ in range(count):
            self.drift(self.contoso)

    def fresh(self, write: suite.Write) -> str:
        return str(self.drift(self.contoso).pk)

    def foreign(self) -> str:
        return str(self.drift(self.fabrikam).pk)

    def test_only_json_is_understood(self) -> None:
        path = f"{self.path}{self.fresh(self.writes[0])}/resolve/"
        self.assert_problem(self.role(Role.TENANT_ADMIN).post(path, {"resolution": "moved"}), 415)

    def test_resolved_once_with_how_and_why(self) -> None:
        drift = self.drift(self.contoso)
        known_at = suite.moment()
        with self.door():
            resolve_location_drift(drift=drift, resolution="misread", reason="Typing", by=self.operator)
        path = f"{self.path}{drift.pk}/"
        assert self.reader.get(path).json()["resolution"] == "misread"
        again = self.send(self.role(Role.TENANT_ADMIN), "POST", f"{path}resolve/", self.writes[0].body)
        self.assert_problem(again, 409, code="not_open")
        assert self.reader.get(self.path, {"status": "open"}).json()["results"] == []
        past = self.reader.get(self.path, {"status": "open", "elected": "EU", "as_of": known_at})
        assert [one["id"] for one in past.json()["results"]] == [str(drift.pk)]


class TestResidency(suite.ApiTestCase):
    path = "/api/v1/tenants/contoso/residency/"

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        exists_for_years(cls.contoso)
        elected(cls.contoso, "EU", since=datetime(2024, 3, 1, tzinfo=UTC))

    def verdict(self, **query: str) -> Any:
        answer = self.role(Role.AUDITOR).get(self.path, query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def test_it_says_where_and_by_which_safeguard(self) -> None:
        granted(self.contoso, self.officer)
        told = self.verdict()
        assert (told["tenant"], told["is_inside"], told["known_at"]) == ("contoso", True, None)
        assert told["storage"]["region"] == "EU"
        stored = {each["country"]: each for each in told["storage"]["countries"]}
        assert stored["CH"] | {"datacentres": []} == {
            "country": "CH", "name": "Switzerland", "datacentres": [], "standing": "safeguarded",
            "ground": "adequacy", "detail": "Adequacy decision, Art. 45: Decision 2000/518/EC", "is_transfer": True,
            "reference": "Decision 2000/518/EC", "since": "2000-07-26",
        }  # fmt: skip
        vpp = next(each for each in told["recipients"] if each["service"] == "vpp")
        assert (vpp["standing"], vpp["ground"], vpp["is_transfer"]) == (
            "safeguarded",
            "standard_clauses",
            True,
        )
        assert {each["code"] for each in told["exceptions"]} >= {"support", "preview"}
        assert any(each["country"] == "US" and each["is_exception"] for each in told["countries"])

    def test_both_clocks(self) -> None:
        known_at = suite.moment()
        granted(self.contoso, self.officer, effective_from=timezone.now() - timedelta(days=9))
        assert self.verdict(at="2024-02-01T00:00:00Z")["storage"] is None
        standings = {
            name: [r["standing"] for r in self.verdict(**query)["recipients"] if r["service"] == "vpp"]
            for name, query in {"now": {}, "then": {"known_at": known_at}}.items()
        }
        assert standings == {"now": ["safeguarded"], "then": ["not_allowed"]}

    def test_who_may_read_it(self) -> None:
        for role in Role:
            expected = 200 if role in ALLOWED[Permission.VIEW_RESIDENCY] else 403
            assert self.role(role).get(self.path).status_code == expected, role
        self.assert_problem(self.neighbour.get(self.path), 404)
        self.assert_problem(Client().get(self.path), 401)
        self.assert_problem(self.send(self.role(Role.AUDITOR), "POST", self.path), 405)

    def test_instants_that_make_no_sense(self) -> None:
        tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
        for query, pointer in (
            ({"at": "yesterday"}, "?at"),
            ({"known_at": "2026-01-01"}, "?known_at"),
            ({"known_at": tomorrow}, "?known_at"),
            ({"when": "now"}, "?when"),
        ):
            self.assert_problem(self.role(Role.AUDITOR).get(self.path, query), 400, pointer)
        assert self.role(Role.AUDITOR).get(self.path, {"at": tomorrow}).status_code == 200

    def test_it_takes_the_same_queries_whatever_there_is(self) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                self.verdict()
            return len(captured)

        self.verdict()
        few = queries()
        for number in range(3):
            granted(self.contoso, self.officer, connection=f"Place {number}")
            seen(self.contoso, self.admin, "Japan", number)
        assert queries() == few <= 15
