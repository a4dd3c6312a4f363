"""The catalog as a file through the API: five formats, past editions, and the record that it was taken."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from audit.models import AuditEvent
from catalog.exports import MEDIA_TYPES, Format, export_catalog
from catalog.models import Catalog
from tenants.roles import ALLOWED, Permission, Role
from tests.api import suite
from tests.catalog.documents import element, load, small

PATH = "/api/v1/catalog/export/"
NOW_AND_PAST: tuple[dict[str, Any], ...] = ({}, {"edition": "1"})


class TestExport(suite.ApiTestCase):
    def ask(self, *, by: Role = Role.AUDITOR, **query: Any) -> Any:
        return self.role(by).get(PATH, query)

    def exports(self) -> list[AuditEvent]:
        return list(AuditEvent.objects.of_platform().filter(activity="catalog.exported").order_by("id"))

    def test_every_format_is_the_same_file_as_everywhere(self) -> None:
        intune = Catalog.objects.get(code="intune")
        for name in Format.values:
            with self.subTest(name):
                answer = self.ask(export_format=name)
                file = export_catalog(catalog=intune, format_name=name, by=self.operator)
                assert (answer.status_code, answer.content) == (200, file.content)
                assert answer["Content-Type"] == MEDIA_TYPES[Format(name)][0]
                assert answer["Content-Disposition"] == f'attachment; filename="{file.filename}"'

    def test_without_parameters_it_is_the_file_that_can_be_loaded_again(self) -> None:
        answer = self.ask()
        assert answer["Content-Disposition"] == 'attachment; filename="intune-edition-1.json"'
        assert answer.json()["format"] == "privacy-console/catalog/1"

    def test_who_took_it_is_recorded(self) -> None:
        answer = self.ask(by=Role.SERVICE, export_format="csv", kind="flows")
        (event,) = self.exports()
        assert event.details == {"format": "csv", "edition": 1, "kind": "flows"}
        assert event.resource_name.startswith("intune edition 1")
        by = event.attribution
        assert (by.actor_type, by.actor_role, by.origin) == ("service", "service", "api")
        assert by.actor_name == f"{Role.SERVICE} of {self.contoso}"
        assert str(by.correlation_id) == answer["X-Request-ID"]

    def test_past_editions_and_other_catalogs(self) -> None:
        with self.door():
            load(small())
            later = small()
            later["elements"].append(element("device.colour", "Colour"))
            load(later)
        now, past = (self.ask(catalog="fleet", **query).json() for query in NOW_AND_PAST)
        codes = [{one["code"] for one in file["elements"]} for file in (past, now)]
        assert codes[1] - codes[0] == {"device.colour"}
        assert [event.details["edition"] for event in self.exports() if event.details] == [2, 1]

    def test_each_role_takes_what_the_table_says(self) -> None:
        for role in Role:
            with self.subTest(role):
                expected = 200 if role in ALLOWED[Permission.VIEW_CATALOG] else 403
                assert self.ask(by=role).status_code == expected
        self.assert_problem(Client().get(PATH), 401)
        browser = Client()
        browser.force_login(self.employee)
        self.assert_problem(browser.get(PATH), 403)
        browser.force_login(self.operator)
        assert browser.get(PATH).status_code == 200

    def test_what_there_is_not_is_a_problem_and_leaves_nothing(self) -> None:
        for query, pointer in {
            "export_format=pdf": "?export_format",
            "export_format=": "?export_format",
            "export_format=csv&kind=faxes": "?kind",
            "export_format=json&kind=flows": "?kind",
            "kind=flows": "?kind",
            "edition=one": "?edition",
            "format=json": "?format",
            "as_of=2026-01-01T00:00:00Z": "?as_of",
        }.items():
            with self.subTest(query):
                self.assert_problem(self.role(Role.AUDITOR).get(f"{PATH}?{query}"), 400, pointer)
        for missing in ("edition=77", "catalog=jamf", "catalog=jamf&edition=1"):
            self.assert_problem(self.role(Role.AUDITOR).get(f"{PATH}?{missing}"), 404)
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            self.assert_problem(self.send(self.role(Role.TENANT_ADMIN), method, PATH), 405)
        assert self.exports() == []

    def test_whatever_is_accepted_the_query_says_which_file(self) -> None:
        for accept in ("text/csv", "application/yaml", "*/*", "application/json"):
            client = self.role(Role.AUDITOR)
            answer = client.get(PATH, {"export_format": "csv"}, headers={"Accept": accept})
            assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
            self.assert_problem(client.get(PATH, {"edition": "77"}, headers={"Accept": accept}), 404)

    def test_the_description_names_every_media_type(self) -> None:
        operation = Client().get("/api/schema/").json()["paths"][PATH]["get"]
        described = set(operation["responses"]["200"]["content"])
        assert described == {media_type.partition(";")[0] for media_type, _ in MEDIA_TYPES.values()}
        assert "Content-Disposition" in operation["responses"]["200"]["headers"]
        names = {one["name"] for one in operation["parameters"]}
        assert names == {"export_format", "catalog", "edition", "kind"}
        assert json.dumps(operation).count("ETag") == 0
