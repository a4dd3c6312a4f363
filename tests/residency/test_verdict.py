"""The residency verdict: where data is, whether going there is a transfer, by which safeguard; on both clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Catalog, Flow, Region, Service, ThirdParty
from catalog.services import add_entry
from consents.services import withdraw_consent
from residency.facts import When
from residency.verdict import Ground, Judgement, Recipient, Standing, Verdict, verdict_of
from tenants.access import Shell
from tenants.models import Tenant
from tests.cast import CastTestCase
from tests.consents.lives import door, exists_for_years, granted
from tests.residency.making import elected


def entry(kind: str, **values: Any) -> Any:
    catalog = Catalog.objects.get(code=REFERENCE_CATALOG)
    return add_entry(catalog=catalog, kind=kind, values=values, by=Shell(), reason="For the test")


def recipient_in(country: str) -> Service:
    """A service of somebody in that country, to whom one personal datum goes."""
    code = country.lower() or "nowhere"
    entry("third_parties", code=code, name=f"Party in {country}", country=country)
    entry("services", code=f"{code}.mend", third_party=code, name="Mending")
    entry("flows", code=f"{code}.out.name", service=f"{code}.mend", direction="to_third_party", name="Name",
          personal=True)  # fmt: skip
    made: Service = Service.objects.get(code=f"{code}.mend")
    return made


class VerdictCase(CastTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        exists_for_years(cls.contoso)

    def verdict(
        self, tenant: Tenant | None = None, at: datetime | None = None, known_at: datetime | None = None
    ) -> Verdict:
        return verdict_of(tenant or self.contoso, When(at or timezone.now(), known_at))

    def about(self, service: str, **asked: Any) -> Recipient:
        return next(r for r in self.verdict(**asked).recipients if r.service.code == service)

    def judgement(self, service: str, **asked: Any) -> Judgement:
        return self.about(service, **asked).judgement

    def consent(self, service: str = "vpp", **values: Any) -> Any:
        return granted(self.contoso, self.officer, service, **values)


class TransferTests(VerdictCase):
    def test_without_a_consent_nothing_may_go(self) -> None:
        judgement = self.judgement("vpp")
        assert (judgement.standing, judgement.ground) == (Standing.NOT_ALLOWED, Ground.NO_CONSENT)
        assert judgement.is_transfer is True

    def test_the_safeguard_of_the_consent_counts_from_its_beginning(self) -> None:
        since = timezone.now() - timedelta(days=40)
        for safeguard, ground in (
            ("standard_clauses", Ground.STANDARD_CLAUSES),
            ("binding_rules", Ground.BINDING_RULES),
            ("derogation", Ground.DEROGATION),
        ):
            name = f"by {safeguard}"
            self.consent(connection=name, safeguard=safeguard, effective_from=since)
            found = next(r for r in self.verdict().recipients if r.connection == name).judgement
            assert (found.standing, found.ground) == (Standing.SAFEGUARDED, ground)
            assert found.reference == "Clauses of 2021, assessed on 2026-03-01"
            assert found.since == timezone.localtime(since).date()

    def test_a_partial_adequacy_decision_helps_who_says_that_it_covers_the_recipient(self) -> None:
        self.consent("vpp", safeguard="", safeguard_reference="")
        left_open = self.judgement("vpp")
        assert (left_open.standing, left_open.ground) == (Standing.UNSAFEGUARDED, Ground.ADEQUACY_PARTIAL)
        assert "2023/1795" in left_open.detail
        self.consent("apns", safeguard="adequacy")
        covered = self.judgement("apns")
        assert (covered.standing, covered.ground) == (Standing.SAFEGUARDED, Ground.ADEQUACY)
        assert covered.reference == "Implementing Decision (EU) 2023/1795"

    def test_an_adequacy_decision_that_was_not_in_force_carries_nothing(self) -> None:
        since = datetime(2021, 1, 4, tzinfo=UTC)
        self.consent("vpp", safeguard="adequacy", effective_from=since)
        for at, standing in (
            (datetime(2021, 6, 1, tzinfo=UTC), Standing.UNSAFEGUARDED),  # the Privacy Shield had fallen
            (datetime(2023, 7, 9, tzinfo=UTC), Standing.UNSAFEGUARDED),
            (datetime(2023, 7, 10, tzinfo=UTC), Standing.SAFEGUARDED),
        ):
            assert self.judgement("vpp", at=at).standing == standing, at
        assert self.judgement("vpp", at=datetime(2023, 7, 9, tzinfo=UTC)).ground == Ground.ADEQUACY_LACKING
        assert self.judgement("vpp").since == date(2023, 7, 10)

    def test_a_decision_on_the_whole_country_needs_nothing_else(self) -> None:
        service = recipient_in("CH")
        self.consent(service.code, safeguard="", safeguard_reference="")
        found = self.judgement(service.code)
        assert (found.standing, found.ground, found.is_transfer) == (
            Standing.SAFEGUARDED,
            Ground.ADEQUACY,
            True,
        )
        assert found.since == timezone.localdate()

    def test_inside_the_economic_area_there_is_no_transfer(self) -> None:
        service = recipient_in("NO")
        self.consent(service.code, safeguard="", safeguard_reference="")
        found = self.judgement(service.code)
        assert (found.standing, found.ground, found.is_transfer) == (
            Standing.NO_TRANSFER,
            Ground.IN_AREA,
            False,
        )

    def test_a_country_that_nobody_knows_is_unknown(self) -> None:
        service = recipient_in("")
        self.consent(service.code)
        found = self.judgement(service.code)
        assert (found.standing, found.is_transfer) == (Standing.UNKNOWN, None)

    def test_what_is_not_personal_is_no_transfer_of_personal_data(self) -> None:
        self.consent("jamf_compliance")
        found = self.about("jamf_compliance")
        assert found.flows.personal == 0
        assert (found.judgement.standing, found.judgement.ground) == (
            Standing.NO_TRANSFER,
            Ground.NOT_PERSONAL,
        )

    def test_a_tenant_outside_is_not_judged_by_chapter_v(self) -> None:
        granted(self.fabrikam, self.fabrikam_officer)
        verdict = self.verdict(self.fabrikam)
        assert not verdict.is_inside
        found = next(r for r in verdict.recipients if r.service.code == "vpp").judgement
        assert (found.standing, found.ground, found.is_transfer) == (
            Standing.NO_TRANSFER,
            Ground.OUTSIDE_SCOPE,
            False,
        )

    def test_every_connection_is_judged_by_its_own_consent(self) -> None:
        self.consent(connection="Berlin")
        self.consent(connection="Kiel", safeguard="", safeguard_reference="")
        found = {r.connection: r.judgement.standing for r in self.verdict().recipients if r.connection}
        assert found == {"Berlin": Standing.SAFEGUARDED, "Kiel": Standing.UNSAFEGUARDED}

    def test_numbers_are_those_of_the_catalog(self) -> None:
        for recipient in self.verdict().recipients:
            flows = Flow.objects.current().filter(service=recipient.service)
            out = flows.filter(direction=Flow.Direction.TO_THIRD_PARTY)
            assert recipient.flows.out == out.count()
            assert recipient.flows.personal == out.filter(personal=True).count()
            assert recipient.flows.back == flows.count() - out.count()


class StorageTests(VerdictCase):
    def test_without_an_election_it_is_not_known_where(self) -> None:
        verdict = self.verdict()
        assert (verdict.election, verdict.geography, verdict.stored) == (None, None, [])
        assert [each.code for each in verdict.exceptions if each.regions] == []

    def test_the_countries_of_the_geography_are_judged_one_by_one(self) -> None:
        elected(self.contoso, "EU")
        stored = {each.country: each.judgement for each in self.verdict().stored}
        assert len(stored) == 31
        assert stored["DE"].ground == Ground.IN_AREA
        assert (stored["CH"].standing, stored["CH"].ground) == (Standing.SAFEGUARDED, Ground.ADEQUACY)
        assert stored["CH"].since == date(2000, 7, 26)

    def test_datacentres_are_named_where_they_are_known(self) -> None:
        elected(self.contoso, "EU")
        cities = {each.country: each.datacentres for each in self.verdict().stored}
        assert cities["FR"] == ["Marseille", "Paris"]
        assert list(cities["PT"]) == []

    def test_storing_outside_rests_on_the_assessment_of_the_election(self) -> None:
        elected(
            self.contoso,
            "NA",
            leaves_boundary=True,
            transfer_assessment="TIA 7, in the safe",
            assessed_on=date(2026, 1, 5),
        )
        (stored,) = self.verdict().stored
        assert (stored.judgement.standing, stored.judgement.ground) == (
            Standing.SAFEGUARDED,
            Ground.ASSESSMENT,
        )
        assert stored.judgement.reference == "TIA 7, in the safe"

    def test_storing_outside_without_one_has_no_safeguard(self) -> None:
        elected(self.contoso, "APAC")
        stored = {each.country: each.judgement for each in self.verdict().stored}
        assert stored["AU"].standing == Standing.UNSAFEGUARDED

    def test_exceptions_are_those_from_where_the_data_is(self) -> None:
        elected(self.contoso, "EU")
        elected(self.fabrikam, "NA")
        of = {
            tenant: {e.code for e in self.verdict(tenant).exceptions}
            for tenant in (self.contoso, self.fabrikam)
        }
        everywhere = {"support", "edge_caching", "directory", "preview"}
        assert everywhere <= of[self.contoso] & of[self.fabrikam]
        assert {"notification_mail.emea", "eudb.remote_access"} <= of[self.contoso]
        assert of[self.fabrikam] == everywhere | {"notification_mail.others"}

    def test_phases_of_the_boundary_count_once_they_have_begun(self) -> None:
        elected(self.contoso, "EU", since=datetime(2023, 5, 1, tzinfo=UTC))
        assert len(self.verdict().phases) == 3
        assert len(self.verdict(at=datetime(2024, 5, 1, tzinfo=UTC)).phases) == 2
        elected(self.fabrikam, "NA")
        assert list(self.verdict(self.fabrikam).phases) == []

    def test_required_data_is_collected_and_optional_data_is_not(self) -> None:
        found = {each.category.code: each for each in self.verdict().collected}
        assert found["user"].collected == found["user"].elements > 0
        assert not any(code.startswith("opt_") for code in found)
        assert all(each.personal <= each.collected for each in found.values())

    def test_places_are_the_worst_of_what_is_said_of_them(self) -> None:
        elected(self.contoso, "EU")
        self.consent("vpp")
        self.consent("apns", safeguard="", safeguard_reference="")
        places = {place.country: place for place in self.verdict().places}
        assert places["DE"].is_stored
        assert places["DE"].standing == Standing.NO_TRANSFER
        assert places["US"].standing == Standing.UNSAFEGUARDED
        assert places["US"].is_exception
        assert not places["US"].is_stored


class ClockTests(VerdictCase):
    def test_what_holds_at_an_instant(self) -> None:
        elected(self.contoso, "EU", since=datetime(2024, 3, 1, tzinfo=UTC))
        elected(self.contoso, "CH", since=datetime(2025, 6, 1, tzinfo=UTC))
        for at, code in (
            (datetime(2024, 2, 1, tzinfo=UTC), None),
            (datetime(2024, 3, 1, tzinfo=UTC), "EU"),
            (datetime(2025, 5, 31, 23, 59, tzinfo=UTC), "EU"),
            (datetime(2025, 6, 1, tzinfo=UTC), "CH"),
        ):
            election = self.verdict(at=at).election
            assert (election.code if election else None) == code, at

    def test_what_was_known_at_an_instant(self) -> None:
        consent = self.consent(effective_from=timezone.now() - timedelta(days=30))
        elected(self.contoso, "EU")
        known_at = timezone.now()
        with door():
            withdraw_consent(consent=consent, by=self.officer, reason="Over")
            elected(self.contoso, "CH", since=datetime(2025, 6, 1, tzinfo=UTC))
            ThirdParty.objects.filter(code="apple").update(country="IE")
        now = timezone.now()
        assert self.judgement("vpp", at=now).standing == Standing.NOT_ALLOWED
        then = self.verdict(at=now, known_at=known_at)
        assert then.election is not None
        assert then.election.code == "EU"
        apple = next(r for r in then.recipients if r.service.code == "vpp")
        assert (apple.country, apple.judgement.ground) == ("US", Ground.STANDARD_CLAUSES)

    def test_before_anything_was_known_nothing_was(self) -> None:
        elected(self.contoso, "EU")
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        verdict = self.verdict(at=timezone.now(), known_at=long_ago)
        assert (verdict.election, list(verdict.recipients), verdict.places) == (None, [], [])

    def test_a_catalog_without_the_economic_area_falls_back_to_the_data_boundary(self) -> None:
        with door():
            Region.objects.filter(code="EEA").update(
                removed_in=Catalog.objects.get(code="intune").latest_edition
            )
        self.consent("vpp", safeguard="", safeguard_reference="")
        assert self.verdict().is_inside
        assert self.judgement("vpp").standing == Standing.UNSAFEGUARDED


class CostTests(VerdictCase):
    def queries(self, **asked: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            self.verdict(**asked)
        return len(captured)

    def test_a_verdict_takes_the_same_queries_whatever_there_is(self) -> None:
        elected(self.contoso, "EU")
        few = self.queries()
        for number in range(5):
            self.consent(connection=f"Place {number}")
            entry("third_parties", code=f"party.{number}", name=f"Party {number}", country="US")
            entry(
                "services", code=f"service.{number}", third_party=f"party.{number}", name=f"Service {number}"
            )
        assert self.queries() == few <= 14
        assert self.queries(known_at=timezone.now()) <= 14
