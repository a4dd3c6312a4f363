"""The shared catalog through the API: read-only, now and in past editions."""

from __future__ import annotations

from typing import Any

from catalog.models import (
    AdequacyDecision,
    AtRestException,
    BoundaryPhase,
    Category,
    Datacentre,
    Edition,
    Element,
    Entry,
    Feature,
    Flow,
    Region,
    Service,
    ThirdParty,
)
from tenants.roles import Permission, Role
from tests.api import suite
from tests.catalog.documents import element, load, small

PATHS: dict[str, type[Entry]] = {
    "categories": Category,
    "elements": Element,
    "features": Feature,
    "third-parties": ThirdParty,
    "services": Service,
    "flows": Flow,
    "regions": Region,
    "datacentres": Datacentre,
    "boundary-phases": BoundaryPhase,
    "at-rest-exceptions": AtRestException,
    "adequacy-decisions": AdequacyDecision,
}


def amended() -> dict[str, Any]:
    """The small catalog, with something of every kind added, renamed or removed."""
    document = small()
    document["elements"].append(element("device.colour", "Colour"))
    document["flows"].pop()
    for one in (
        *document["categories"],
        *document["third_parties"],
        *document["services"],
        *document["regions"],
        *document["at_rest_exceptions"],
        *document["adequacy_decisions"],
    ):
        one["name"] += " (new)"
    document["datacentres"] = []
    return document


def with_a_moved_service() -> dict[str, Any]:
    """The small catalog, its repairs done by somebody else."""
    document = small()
    document["third_parties"].append({"code": "garage", "name": "Garage", "country": "FR"})
    document["services"][0]["third_party"] = "garage"
    return document


class TestCategories(suite.CatalogSuite):
    path = "/api/v1/catalog/categories/"


class TestElements(suite.CatalogSuite):
    path = "/api/v1/catalog/elements/"

    def codes(self, **query: str) -> set[str]:
        return {
            row["code"] for row in self.reader.get(self.path, {"page_size": "500", **query}).json()["results"]
        }

    def test_filters_through_flows_agree_with_the_flows(self) -> None:
        elements = Element.objects.filter(flows__service__code="vpp", flows__direction="to_third_party")
        expected = set(elements.values_list("code", flat=True))
        assert expected
        query = {"service": "vpp", "direction": "to_third_party"}
        assert self.codes(**query) == expected
        assert self.codes(**query, edition="1") == expected

    def test_personal_or_not(self) -> None:
        personal, rest = self.codes(personal="true"), self.codes(personal="false")
        assert len(personal) + len(rest) == Element.objects.current().count()
        self.assert_problem(self.reader.get(self.path, {"personal": "yes"}), 400, "?personal")

    def test_a_change_shows_now_and_not_in_the_edition(self) -> None:
        element = Element.objects.current().first()
        assert element is not None
        name, tag = element.name, self.reader.get(f"{self.path}{element.code}/")["ETag"]
        Element.objects.filter(pk=element.pk).update(name="Renamed")
        now = self.reader.get(f"{self.path}{element.code}/")
        assert now.json()["name"] == "Renamed"
        assert now["ETag"] != tag
        assert self.reader.get(f"{self.path}{element.code}/", {"edition": "1"}).json()["name"] == name


class TestFeatures(suite.CatalogSuite):
    path = "/api/v1/catalog/features/"
    queries = 3

    def test_say_which_elements_they_bring_then_and_now(self) -> None:
        for query in ({}, {"edition": "1"}):
            rows = self.reader.get(self.path, {"element": "opt_platform.cpu", **query}).json()["results"]
            assert [row["code"] for row in rows] == ["device_query", "enhanced_inventory"]
            assert all("opt_platform.cpu" in row["elements"] for row in rows)
            changing = {"role_change": "processor_to_controller", **query}
            (windows,) = self.reader.get(self.path, changing).json()["results"]
            assert windows["elements"] == ["opt_feature.windows_diag_processor"]

    def test_elements_are_found_by_the_feature_that_brings_them(self) -> None:
        elements = "/api/v1/catalog/elements/"
        for query in ({}, {"edition": "1"}):
            found = self.reader.get(elements, {"feature": "licence_attestation", **query}).json()["results"]
            assert [row["code"] for row in found] == ["opt_feature.windows_license_attestation"]

    def test_another_element_is_another_version(self) -> None:
        document = small()
        load(document)
        path, query = f"{self.path}greeting/", {"catalog": "fleet"}
        first = self.reader.get(path, query)
        document["features"][0]["elements"] = ["person.name"]
        load(document)
        second = self.reader.get(path, query)
        assert (first.json()["elements"], second.json()["elements"]) == ([], ["person.name"])
        assert first["ETag"] != second["ETag"]
        past = self.reader.get(path, query | {"edition": "1"})
        assert (past.json()["elements"], past["ETag"]) == ([], first["ETag"])


class TestThirdParties(suite.CatalogSuite):
    path = "/api/v1/catalog/third-parties/"

    def test_configuration_manager_says_that_nothing_is_shared_and_who_says_so(self) -> None:
        party = self.reader.get(f"{self.path}configuration_manager/").json()
        assert (party["shares_data"], party["agent_of_processor"], party["inferred"]) == (False, False, False)
        assert party["statement"].startswith("Intune shares no data with Configuration Manager.")
        assert (bool(party["source"]), party["source_date"]) == (True, "2020-09-01")
        services = self.reader.get("/api/v1/catalog/services/", {"third_party": "configuration_manager"})
        assert services.json()["results"] == []


class TestServices(suite.CatalogSuite):
    path = "/api/v1/catalog/services/"


class TestFlows(suite.CatalogSuite):
    path = "/api/v1/catalog/flows/"
    queries = 4

    def test_by_element_and_back(self) -> None:
        flow = Flow.objects.filter(elements__isnull=False, service__in=Service.objects.all())[0]
        element = flow.elements.all()[0]
        rows = self.reader.get(self.path, {"element": element.code, "page_size": 500}).json()["results"]
        assert flow.code in [row["code"] for row in rows]
        assert all(element.code in row["elements"] for row in rows)

    def test_another_element_moves_the_tag(self) -> None:
        flow = Flow.objects.first()
        assert flow is not None
        path = f"{self.path}{flow.code}/"
        before = self.reader.get(path)["ETag"]
        flow.elements.add(Element.objects.exclude(flows=flow)[0])
        assert self.reader.get(path)["ETag"] != before
        assert self.reader.get(path, {"edition": "1"})["ETag"] == before


class TestPastEditions(suite.ApiTestCase):
    """What an edition held is told like `in_edition` tells it, whatever happened since."""

    def shown(self, path: str, **query: str) -> dict[str, Any]:
        query = {"catalog": "fleet", "page_size": "500", **query}
        rows = self.role(Role.AUDITOR).get(f"/api/v1/catalog/{path}/", query).json()["results"]
        return {row["code"]: row for row in rows}

    def test_after_additions_changes_and_removals(self) -> None:
        with self.door():
            load(small())
            editions = [Edition.objects.get(catalog__code="fleet")]
            for document in (amended(), with_a_moved_service()):
                load(document)
                editions.append(Edition.objects.filter(catalog__code="fleet").latest())
        for edition in editions:
            for path, kind in PATHS.items():
                with self.subTest(f"{path} {edition.number}"):
                    held = {entry.code: entry.name for entry in kind.objects.in_edition(edition)}
                    shown = self.shown(path, edition=str(edition.number))
                    assert {code: row["name"] for code, row in shown.items()} == held
        assert self.shown("elements", edition="1").keys() != self.shown("elements", edition="2").keys()

    def test_a_flow_had_the_third_party_of_its_service_then(self) -> None:
        path = "/api/v1/catalog/flows/depot.out.serial/"
        with self.door():
            load(small())
        before = self.role(Role.AUDITOR).get(path)
        with self.door():
            load(with_a_moved_service())
        after, past = (
            self.role(Role.AUDITOR).get(path, query) for query in ({}, {"catalog": "fleet", "edition": "1"})
        )
        assert [one.json()["third_party"] for one in (before, after, past)] == ["depot", "garage", "depot"]
        assert before["ETag"] == past["ETag"] != after["ETag"]
        for party, edition, expected in (("depot", "1", True), ("depot", "2", False), ("garage", "2", True)):
            query = {"third_party": party, "edition": edition}
            assert bool(self.shown("flows", **query)) is expected
            assert bool(self.shown("elements", **query)) is expected


class TestRegions(suite.CatalogSuite):
    path = "/api/v1/catalog/regions/"


class TestDatacentres(suite.CatalogSuite):
    path = "/api/v1/catalog/datacentres/"


class TestBoundaryPhases(suite.CatalogSuite):
    path = "/api/v1/catalog/boundary-phases/"


class TestAtRestExceptions(suite.CatalogSuite):
    path = "/api/v1/catalog/at-rest-exceptions/"


class TestAdequacyDecisions(suite.CatalogSuite):
    path = "/api/v1/catalog/adequacy-decisions/"

    def test_a_decision_says_for_whom_and_how_long(self) -> None:
        found = self.reader.get(self.path, {"country": "GB"}).json()["results"]
        assert [(d["code"], d["decided_on"], d["ends_on"]) for d in found] == [
            ("GB", "2021-06-28", "2025-12-27"),
            ("GB.2025", "2025-12-19", "2031-12-27"),
        ]
        partial = self.reader.get(self.path, {"partial": "true", "country": "US"}).json()["results"]
        assert {d["code"] for d in partial} == {"US.dpf", "US.privacy_shield", "US.safe_harbour"}


class TestEditions(suite.ListSuite):
    path = "/api/v1/catalog/editions/"
    permission = Permission.VIEW_CATALOG
    queries = 2

    def test_an_edition_compares_with_another(self) -> None:
        first = Edition.objects.get(catalog__code="intune", number=1)
        element = Element.objects.current().first()
        assert element is not None
        Element.objects.filter(pk=element.pk).update(name="Renamed")
        last = Element.history.latest("history_id").history_id
        second = Edition.objects.create(
            catalog=first.catalog, number=2, released_on=first.released_on, last_event=last
        )
        for one, other in ((first, second), (second, first)):
            answer = self.reader.get(f"{self.path}{one.pk}/compare/", {"with": other.number})
            assert (answer.json()["from_edition"], answer.json()["to_edition"]) == (1, 2)
            kinds = {kind["kind"]: kind for kind in answer.json()["kinds"]}
            (changed,) = kinds["elements"]["changed"]
            change = {"name": "name", "old_value": element.name, "new_value": "Renamed"}
            assert (changed["code"], changed["fields_changed"]) == (element.code, [change])

    def test_comparing_needs_a_number_that_exists(self) -> None:
        path = f"{self.path}{Edition.objects.get(number=1).pk}/compare/"
        self.assert_problem(self.reader.get(path), 400, "?with", "required")
        self.assert_problem(self.reader.get(path, {"with": "x"}), 400, "?with")
        self.assert_problem(self.reader.get(path, {"with": "77"}), 404)
        self.assert_problem(self.reader.get(path, {"with": "1", "colour": "red"}), 400, "?colour")
