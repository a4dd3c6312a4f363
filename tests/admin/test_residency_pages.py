"""The pages of residency: observed locations, differences, and where data is stored and processed."""

from __future__ import annotations

import io
import itertools
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from residency.models import LocationDrift, ObservedLocation
from residency.services import import_locations, observe_location
from tenants.models import Tenant
from tests.admin.suite import MANY, TenantPageSuite, Writing, at_work
from tests.cast import CastTestCase
from tests.consents.lives import exists_for_years, granted
from tests.residency.making import ago, elected, elsewhere, seen

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

    def upload(self, content: str) -> Any:
        file = SimpleUploadedFile("status.csv", content.encode())
        return self.client.post(self.url("add"), {"document": file, "source": "Export"}, follow=True)

    def test_a_file_is_taken_whole_or_not_at_all(self) -> None:
        self.enter("admin")
        done = self.upload("date,location,source\n2025-01-01,Europe,S\n2025-01-02,Japan,S\n")
        self.assertContains(done, "Locations recorded: 2, known already: 0; elsewhere than elected: 1.")
        self.assertContains(done, "Elsewhere")
        wrong = self.upload("date,location,source\n2025-01-03,Europe,S\n2025-01-04,Atlantis,S\n")
        self.assertContains(wrong, "line 3: &#x27;Atlantis&#x27; is no region or country", status_code=409)
        assert ObservedLocation.objects.for_tenant(self.contoso).count() == 2

    def test_neither_a_place_nor_a_file_is_told(self) -> None:
        self.enter("admin")
        answer = self.client.post(self.url("add"), {"source": "Status"})
        self.assertContains(answer, "Fill this in, or choose a file.", count=2)

    def test_the_list_is_narrowed_by_agreement(self) -> None:
        with at_work():
            here = self.make(self.contoso, "here")
            there = seen(self.contoso, self.admin, "Japan")
        self.enter("auditor")
        shown = self.client.get(self.url("changelist"), {"agrees": "no"})
        self.assertContains(shown, self.url("change", there.pk))
        self.assertNotContains(shown, self.url("change", here.pk))


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
