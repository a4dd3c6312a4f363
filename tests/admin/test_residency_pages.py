"""The pages of residency: observed locations, differences, and where data is stored and processed."""

from __future__ import annotations

import io
import itertools
from datetime import date, timedelta
from typing import Any
from unittest import mock

from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from residency.models import LocationDrift, LocationImport, ObservedLocation
from residency.services import import_locations, observe_location
from tenants.models import Tenant
from tenants.pages.two_steps import packed
from tests.admin.suite import MANY, TenantPageSuite, Writing, at_work
from tests.cast import CastTestCase
from tests.consents.lives import exists_for_years, granted
from tests.residency.making import ago, drifts, elected, elsewhere, imported, seen

RESIDENCY = reverse("admin:residency_observedlocation_residency")
DECIDERS = frozenset({"admin", "officer"})
_numbers = itertools.count(1)


class ObservedLocationPageTests(TenantPageSuite):
    model = ObservedLocation
    writings = (
        Writing(
            "add",
            {"observed_on": "2025-01-01", "place": "Europe", "source": "Status, {by}"},
            "location.observed",
            DECIDERS,
            wrong={"observed_on": "2025-01-01", "place": "Atlantis", "source": "Status"},
        ),
    )

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        elected(cls.contoso, "EU")

    def make(self, tenant: Tenant, name: str) -> ObservedLocation:
        return observe_location(
            tenant=tenant,
            observed_on=ago(1),
            place="Europe",
            source=f"{name} {next(_numbers)}",
            by=self.operator,
        )

    def make_many(self, tenant: Tenant) -> None:
        for _ in range(MANY):
            self.make(tenant, "number")

    def test_the_list_is_narrowed_by_agreement(self) -> None:
        with at_work():
            here = self.make(self.contoso, "here")
            there = seen(self.contoso, self.admin, "Japan")
        self.enter("auditor")
        shown = self.client.get(self.url("changelist"), {"agrees": "no"})
        self.assertContains(shown, self.url("change", there.pk))
        self.assertNotContains(shown, self.url("change", here.pk))


ROWS = "date,location,source\n2025-01-01,Europe,S\n2025-01-02,Japan,S\n"


class LocationImportPageTests(TenantPageSuite):
    model = LocationImport
    writings = (
        Writing(
            "add",
            {"carried": lambda suite: suite.carried()},
            "locations.imported",
            DECIDERS,
            wrong={"carried": "made up"},
        ),
    )

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        elected(cls.contoso, "EU")

    def make(self, tenant: Tenant, name: str) -> LocationImport:
        made, _ = import_locations(
            tenant=tenant, file=io.BytesIO(ROWS.encode()), source=f"{name}.csv", by=self.operator
        )
        return made

    def carried(self) -> str:
        """What the first step would send along for whoever is signed in."""
        key = self.client.session.get("_auth_user_id") if self.client.session else None
        file = {"content": packed(ROWS.encode()), "name": "status.csv"}
        return signing.dumps(file, salt=f"residency.import:{self.contoso.pk}:user:{key}")

    def upload(self, content: str | bytes, **more: Any) -> Any:
        data = content.encode() if isinstance(content, str) else content
        return self.client.post(self.url("add"), {"document": SimpleUploadedFile("status.csv", data), **more})

    def confirm(self, shown: Any) -> Any:
        carried = shown.context["form"]["carried"].value()
        return self.client.post(self.url("add"), {"carried": carried}, follow=True)

    def kept(self) -> Any:
        return ObservedLocation.objects.for_tenant(self.contoso)

    def test_first_what_it_comes_to_then_the_import(self) -> None:
        imported(self.contoso, self.admin, "date,location\n2024-12-01,Brazil\n")
        self.enter("admin")
        self.assertContains(self.client.get(self.url("add")), "Show what it comes to")
        shown = self.upload(f"{ROWS}2025-01-03,Atlantis,S\n")
        for words in (
            "Locations recorded: 2, known already: 0; elsewhere than elected: 1.",
            "1 left out",
            "&#x27;Atlantis&#x27; is no region or country",
            "line 4",
            "No longer found",
            "As elected",
            "Keep this import",
        ):
            self.assertContains(shown, words)
        assert self.kept().count() == 1
        assert [drift.status for drift in drifts(self.contoso)] == ["open"]
        done = self.confirm(shown)
        self.assertContains(done, "status.csv is imported.")
        self.assertContains(done, "1 left out")
        assert self.kept().count() == 3
        assert [(drift.place, drift.status) for drift in drifts(self.contoso)] == [
            ("Brazil", "cleared"),
            ("Japan", "open"),
        ]
        made = LocationImport.objects.for_tenant(self.contoso).latest("id")
        assert (made.imported_by, made.added) == ("admin@contoso.example", 2)
        assert AuditEvent.objects.about(made).get().activity == "locations.imported"
        again = self.upload(ROWS)
        self.assertContains(again, "Locations recorded: 0, known already: 2")
        self.assertContains(again, "No difference is new, or over.")

    def test_what_was_shown_is_kept_for_that_person_and_tenant_only(self) -> None:
        self.enter("admin")
        carried = self.upload(ROWS).context["form"]["carried"].value()
        for name in ("officer", "fabrikam_admin"):
            self.enter(name)
            self.assertContains(
                self.client.post(self.url("add"), {"carried": carried}), "Choose the files again"
            )
        assert not self.kept().exists()

    def test_files_that_are_none_are_refused_with_a_reason(self) -> None:
        self.enter("admin")
        for content, words in (
            (b"", "The submitted file is empty"),
            (b"name,colour\nA,red\n", "names no column date and none location"),
            (b"date,location\n", "holds no row that can be kept"),
            (b"[{", "is no JSON"),
            (b"\x89PNG\r\n\x1a\n\x00", "is not UTF-8"),
            (b"date,location\n2025-01-01,Atlantis\n", "no region or country"),
        ):
            answer = self.upload(content)
            self.assertContains(answer, words, status_code=answer.status_code)
            assert "Keep this import" not in answer.content.decode(), content
        with mock.patch("tenants.pages.two_steps.LARGEST_UPLOAD", 10):
            self.assertContains(self.upload(ROWS), "use the command import_locations, or the API")
        self.assertContains(self.client.post(self.url("add"), {}), "Choose a file")
        assert not self.kept().exists()

    def test_semicolons_a_byte_order_mark_and_json_are_read(self) -> None:
        self.enter("officer")
        for content in (
            "\ufeffdate;location\r\n2025-01-01;Europe\r\n",
            '[{"date": "2025-01-01", "location": "Europe"}]',
        ):
            self.assertContains(self.upload(content), "Locations recorded: 1")

    def test_an_operator_says_for_which_tenant(self) -> None:
        self.enter("operator")
        carried = self.upload(ROWS, tenant=self.contoso.pk).context["form"]["carried"].value()
        answer = self.client.post(self.url("add"), {"carried": carried, "tenant": self.contoso.pk})
        assert answer.status_code == 302
        assert self.kept().count() == 2


class LocationDriftPageTests(TenantPageSuite):
    model = LocationDrift
    writings = (
        Writing(
            "resolve",
            {"resolution": "accepted", "reason": "Known."},
            "location_drift.resolved",
            DECIDERS | {"operator"},
            wrong={"resolution": "forgotten", "reason": "Known."},
        ),
    )

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        elected(cls.contoso, "EU")
        elected(cls.fabrikam, "EU")

    def make(self, tenant: Tenant, name: str) -> LocationDrift:
        return elsewhere(tenant, next(_numbers), name)

    def test_a_difference_says_what_to_do_and_where_it_was_seen(self) -> None:
        with at_work():
            seen(self.contoso, self.admin, "Japan", 3, source="Look at the status")
        drift = LocationDrift.objects.for_tenant(self.contoso).get()
        self.enter("admin")
        shown = self.client.get(self.url("change", drift.pk))
        for words in ("Japan instead of Europe", "Ask the provider", "Look at the status", "Resolve"):
            self.assertContains(shown, words)
        self.enter("auditor")
        self.assertNotContains(self.client.get(self.url("change", drift.pk)), self.url("resolve", drift.pk))


class ResidencyPageTests(CastTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        exists_for_years(cls.contoso)
        elected(cls.contoso, "EU")

    def see(self, person: Any, status: int = 200, **query: Any) -> str:
        with at_work():
            self.client.force_login(person)
        answer = self.client.get(RESIDENCY, query)
        assert answer.status_code == status, answer.status_code
        return answer.content.decode()

    def test_map_and_tables_say_the_same(self) -> None:
        granted(self.contoso, self.officer, safeguard="adequacy")
        page = self.see(self.officer)
        assert 'class="pc-place pc-holds pc-look-stored"' in page
        assert "Implementing Decision (EU) 2023/1795" in page
        for words in (
            "Transfer with a safeguard",
            "Not allowed, no consent in force",
            "Switzerland",
            "Berlin, Frankfurt",
        ):
            assert words in page, words
        for exception in ("Preview services", "Customer support and legal duties", "Directory data"):
            assert exception in page, exception
        assert page.count("<script") == page.count("<script src=")

    def test_every_country_of_the_map_leads_to_its_line(self) -> None:
        page = self.see(self.officer)
        for country in ("DE", "US", "CH"):
            assert f'href="#pc-place-{country}"' in page
            assert f'id="pc-place-{country}"' in page

    def test_without_an_election_it_says_so(self) -> None:
        page = self.see(self.fabrikam_officer)
        assert "No storage election is recorded" in page
        assert "outside the EEA" in page

    def test_open_differences_stand_first(self) -> None:
        with at_work():
            seen(self.contoso, self.admin, "Japan")
        page = self.see(self.auditor)
        assert page.index("The provider shows the data somewhere else") < page.index("Where it is stored")
        assert "Japan instead of Europe" in page

    def test_it_is_shown_as_it_was(self) -> None:
        before = timezone.now()
        granted(self.contoso, self.officer)
        assert "Clauses of 2021" in self.see(self.officer)
        past = self.see(self.officer, as_of=before.isoformat())
        assert "Clauses of 2021" not in past
        assert "As it was, and was known, at" in past
        assert "is not known here" in self.see(self.officer, as_of="2020-01-01T00:00:00Z")
        assert "not understood" in self.see(self.officer, 400, as_of="yesterday")

    def test_another_tenant_is_like_a_missing_one(self) -> None:
        pages = [self.see(self.officer, tenant=slug) for slug in ("fabrikam", "nobody")]
        assert all("There is no such tenant" in page and "Fabrikam" not in page for page in pages)
        with at_work():
            self.client.force_login(self.employee)
        assert self.client.get(RESIDENCY).status_code == 302
        with at_work():
            self.client.force_login(self.officer)
        assert self.client.post(RESIDENCY).status_code == 405

    def test_it_takes_few_queries_whatever_there_is(self) -> None:
        self.see(self.officer)
        few = self.queries()
        with at_work():
            rows = "".join(f"{date(2024, 5, 1) + timedelta(days=n)},Japan\n" for n in range(30))
            import_locations(
                tenant=self.contoso,
                file=io.BytesIO(f"date,location\n{rows}".encode()),
                source="s",
                by=self.admin,
            )
        for number in range(3):
            granted(self.contoso, self.officer, connection=f"Place {number}")
        with at_work():
            self.client.force_login(self.officer)
        assert self.queries() == few <= 24

    def queries(self) -> int:
        self.client.get(RESIDENCY)
        with CaptureQueriesContext(connection) as captured:
            assert self.client.get(RESIDENCY).status_code == 200
        return len(captured)
