"""Where the provider showed the data to be, and what follows where that is not where it was elected to be."""

from __future__ import annotations

import hashlib
import io
import json
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from audit.refusals import refusal_of
from privacy_console.errors import Refused
from residency.models import LocationDrift, LocationImport, ObservedLocation
from residency.services import import_locations, observe_location, preview_locations, resolve_location_drift
from residency.services.importing import AT_ONCE
from residency.told import counts_of, findings_of
from tenants.models import Tenant
from tests.cast import CastTestCase
from tests.consents.lives import door
from tests.residency.making import ago, drifts, elected, imported, region, seen

Status, Resolution = LocationDrift.Status, LocationDrift.Resolution


def events(tenant: Tenant, activity: str) -> int:
    return AuditEvent.objects.for_tenant(tenant).filter(activity=activity).count()


class ObservingTests(CastTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        elected(cls.contoso, "EU")

    def see(self, place: str, days_ago: int = 0, source: str = "Tenant status") -> ObservedLocation:
        return seen(self.contoso, self.admin, place, days_ago, source)

    def only(self) -> LocationDrift:
        (drift,) = drifts(self.contoso)
        return drift

    def test_a_place_as_elected_is_kept_and_nothing_follows(self) -> None:
        found = self.see("Europe 0201")
        assert (found.region, found.elected, found.agrees) == (region("EU"), region("EU"), True)
        assert (found.origin, found.recorded_by) == ("by_hand", "admin@contoso.example")
        assert drifts(self.contoso) == []
        assert events(self.contoso, "location.observed") == 1

    def test_a_place_elsewhere_is_a_difference(self) -> None:
        self.see("North America", 3)
        drift = self.only()
        assert (drift.place, drift.region, drift.elected) == ("North America", region("NA"), region("EU"))
        assert (drift.first_seen_on, drift.last_seen_on, drift.status) == (ago(3), ago(3), Status.OPEN)
        assert events(self.contoso, "location_drift.opened") == 1

    def test_a_country_or_local_geography_inside_agrees_and_a_wider_one_does_not(self) -> None:
        for place, agrees in (
            ("Ireland", True),
            ("Switzerland", True),
            ("IE", True),
            ("United States", False),
        ):
            assert self.see(place, source=place).agrees is agrees, place
        elected(self.fabrikam, "CH")
        assert seen(self.fabrikam, self.fabrikam_admin, "Europe").agrees is False

    def test_seen_again_it_is_the_same_difference_for_longer(self) -> None:
        self.see("North America 0201", 9)
        self.see("North America 0502", 2)
        drift = self.only()
        assert (drift.first_seen_on, drift.last_seen_on) == (ago(9), ago(2))
        assert events(self.contoso, "location_drift.found_again") == 1

    def test_a_later_look_that_finds_it_in_its_place_closes_it(self) -> None:
        self.see("North America", 9)
        self.see("Europe", 10)
        assert self.only().status == Status.OPEN
        self.see("Europe", 9, source="elsewhere")
        assert self.only().status == Status.OPEN
        self.see("Europe", 8)
        drift = self.only()
        assert (drift.status, drift.closed_by) == (Status.CLEARED, "admin@contoso.example")
        assert events(self.contoso, "location_drift.cleared") == 1

    def test_entered_late_it_is_recorded_and_closed_at_once(self) -> None:
        self.see("Europe", 1)
        self.see("North America", 5)
        assert self.only().status == Status.CLEARED

    def test_what_was_elected_that_day_counts(self) -> None:
        changed = timezone.now() - timedelta(days=10)
        elected(self.contoso, "NA", since=changed)
        assert self.see("North America", 9).agrees is True
        assert self.see("Europe", 11).agrees is True
        assert self.see("Europe", 10, source="morning").agrees is True
        assert self.see("North America", 10, source="evening").agrees is True
        assert self.see("Europe", 9, source="late").agrees is False

    def test_before_anything_was_elected_there_is_nothing_to_compare(self) -> None:
        found = seen(self.fabrikam, self.fabrikam_admin, "Europe")
        assert (found.elected, found.agrees) == (None, None)
        assert drifts(self.fabrikam) == []

    def test_resolved_it_says_how_and_why(self) -> None:
        self.see("North America")
        with door():
            resolve_location_drift(drift=self.only(), resolution="moved", reason="Ticket 7", by=self.officer)
        drift = self.only()
        assert (drift.status, drift.resolution, drift.reason) == (Status.RESOLVED, "moved", "Ticket 7")
        assert drift.closed_by == "officer@contoso.example"
        with pytest.raises(Refused, match="closed already"), door():
            resolve_location_drift(drift=drift, resolution="moved", reason="Again", by=self.officer)
        for wrong in ({"resolution": "lost", "reason": "x"}, {"resolution": "moved", "reason": " "}):
            with pytest.raises(ValidationError), door():
                resolve_location_drift(drift=drift, by=self.officer, **wrong)

    def test_put_right_and_found_again_it_opens_again_but_accepted_it_stays_closed(self) -> None:
        for resolution, number in ((Resolution.MOVED, 2), (Resolution.ACCEPTED, 2)):
            self.see("North America", 5 if resolution == Resolution.MOVED else 3, source=resolution)
            with door():
                resolve_location_drift(
                    drift=drifts(self.contoso)[-1], resolution=resolution, reason="x", by=self.officer
                )
            self.see("North America", 4 if resolution == Resolution.MOVED else 1, source=f"{resolution} 2")
            assert len(drifts(self.contoso)) == number, resolution

    def test_bad_values_are_told_and_nothing_is_kept(self) -> None:
        good: dict[str, Any] = {"observed_on": ago(1), "place": "Europe", "source": "Status"}
        for wrong, field in (
            ({"place": "Atlantis"}, "place"),
            ({"place": "Europa"}, "place"),
            ({"place": ""}, "place"),
            ({"place": "Eu\x00rope"}, "place"),
            ({"source": "  "}, "source"),
            ({"observed_on": ago(-1)}, "observed_on"),
        ):
            with pytest.raises(ValidationError) as told, door():
                observe_location(tenant=self.contoso, by=self.admin, **good | wrong)
            assert field in told.value.message_dict, wrong
        assert not ObservedLocation.objects.for_tenant(self.contoso).exists()

    def test_the_same_again_is_told(self) -> None:
        self.see("Europe")
        with pytest.raises(ValidationError, match="already"):
            self.see("Europe")
        assert ObservedLocation.objects.for_tenant(self.contoso).count() == 1

    def test_readers_record_nothing(self) -> None:
        with pytest.raises(PermissionDenied):
            seen(self.contoso, self.auditor, "Europe")
        self.see("North America")
        with pytest.raises(PermissionDenied), door():
            resolve_location_drift(
                drift=self.only(), resolution="moved", reason="x", by=self.fabrikam_officer
            )

    def test_the_database_keeps_what_was_seen(self) -> None:
        self.see("North America")
        mine = ObservedLocation.objects.for_tenant(self.contoso)
        kept = LocationDrift.objects.for_tenant(self.contoso)
        for write, rule in (
            (lambda: mine.update(place="Europe"), "observed_location_frozen"),
            (mine.delete, "observed_location_kept"),
            (lambda: kept.update(place="Europe"), "location_drift_is_as_found"),
            (kept.delete, "location_drift_is_kept"),
            (lambda: kept.update(status="resolved"), "resolved_location_drift_says_how"),
        ):
            with pytest.raises(IntegrityError) as told, door(), transaction.atomic():
                write()
            refusal = refusal_of(told.value)
            assert refusal is not None
            assert refusal.code == rule
        kept.update(status="cleared")
        with pytest.raises(IntegrityError), door(), transaction.atomic():
            kept.update(status="open")


class ImportTests(CastTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        elected(cls.contoso, "EU")

    def take(self, content: str | bytes, **more: Any) -> Any:
        return imported(self.contoso, self.admin, content, **more)

    def kept(self) -> int:
        count: int = ObservedLocation.objects.for_tenant(self.contoso).count()
        return count

    def test_csv_in_its_common_forms(self) -> None:
        for content in (
            "date,location,source\n2025-01-01,Europe 0201,Status\n",
            "Observed on;Tenant location\r\n2025-01-02;Europe\r\n",
            "\ufeffDate\tRegion\n2025-01-03T08:00:00Z\tIreland\n\n",
            'date,country\n2025-01-04,"Hong Kong SAR"\n'.encode("utf-16"),
        ):
            assert self.take(content).added == 1, content
        found = ObservedLocation.objects.for_tenant(self.contoso).order_by("observed_on")
        assert [each.source for each in found] == ["Status", "status.csv", "status.csv", "status.csv"]
        assert [each.agrees for each in found] == [True, True, True, False]
        assert events(self.contoso, "locations.imported") == 4

    def test_json_as_a_list_or_one_object(self) -> None:
        rows = [
            {"date": "2025-01-01", "location": "Europe"},
            {"observedOn": "2025-01-02", "region": "North America"},
        ]
        outcome = self.take(json.dumps(rows, indent=1))
        assert (outcome.added, outcome.differing, outcome.opened) == (2, 1, 1)
        assert self.take(json.dumps({"date": "2025-01-03", "country": "DE"})).added == 1

    def test_the_same_file_again_changes_nothing(self) -> None:
        content = "date,location\n2025-01-01,Europe\n2025-01-02,North America\n2025-01-02,North America\n"
        assert counts_of(self.take(content)) == {
            "rows": 3, "added": 2, "known": 0, "differing": 1, "opened": 1, "cleared": 0, "left_out": 0,
        }  # fmt: skip
        again = self.take(content)
        assert (again.added, again.known, again.opened) == (0, 2, 0)
        assert len(drifts(self.contoso)) == 1

    def test_each_import_is_a_record_of_what_was_read(self) -> None:
        content = "date,location\n2025-01-01,Europe\n2025-01-02,Atlantis\n"
        made = self.take(content, skip_problems=True, reason="Ticket 7")
        made.refresh_from_db()
        assert made.sha256 == hashlib.sha256(content.encode()).hexdigest()
        assert (made.name, made.imported_by, made.left_out) == ("status.csv", "admin@contoso.example", 1)
        assert made.problems == ["line 3: 'Atlantis' is no region or country that the catalog knows"]
        event = AuditEvent.objects.about(made).get()
        assert (event.activity, event.attribution.reason) == ("locations.imported", "Ticket 7")
        for write in (
            lambda: LocationImport.objects.for_tenant(self.contoso).update(added=7),
            LocationImport.objects.for_tenant(self.contoso).delete,
        ):
            with pytest.raises(IntegrityError), door(), transaction.atomic():
                write()

    def test_who_may_not_record_neither_imports_nor_tries(self) -> None:
        for person in (self.auditor, self.fabrikam_admin):
            for do in (import_locations, preview_locations):
                file = io.BytesIO(b"date,location\n2025-01-01,Europe\n")
                with pytest.raises(PermissionDenied), door():
                    do(tenant=self.contoso, file=file, source="f.csv", by=person)
        assert self.kept() == 0

    def test_a_preview_says_what_each_row_and_difference_comes_to_and_keeps_nothing(self) -> None:
        self.take("date,location\n2025-01-01,Japan\n2025-01-05,Brazil\n")
        before = events(self.contoso, "location.observed")
        content = (
            "date,location,source\n2025-01-01,Japan,status.csv\n2025-01-07,Brazil,S\n2025-01-06,Chile,S\n"
            "2025-01-06,Europe 0201,S\n2025-01-03,Atlantis,S\n"
        )
        with door():
            made, found = preview_locations(
                tenant=self.contoso,
                file=io.BytesIO(content.encode()),
                source="f.csv",
                by=self.admin,
                skip_problems=True,
            )
        told = findings_of(found)
        assert [(row["where"], row["what"], row["agrees"], row["country"]) for row in told["locations"]] == [
            ("line 2", "known", None, "JP"),
            ("line 3", "new", False, "BR"),
            ("line 4", "new", False, "CL"),
            ("line 5", "new", True, ""),
        ]
        assert [(each["what"], each["place"], str(each["last_seen_on"])) for each in told["differences"]] == [
            ("opened", "Chile", "2025-01-06"),
            ("found_again", "Brazil", "2025-01-07"),
            ("cleared", "Japan", "2025-01-01"),
        ]
        assert not made.pk
        assert (made.left_out, made.problems[0][:6]) == (1, "line 6")
        assert (self.kept(), events(self.contoso, "location.observed")) == (2, before)
        assert {drift.status for drift in drifts(self.contoso)} == {Status.OPEN}
        kept = self.take(content, skip_problems=True)
        assert counts_of(kept) == counts_of(made)

    def test_unknown_places_are_told_with_their_line_and_refuse_the_file(self) -> None:
        content = (
            "date,location,source\n2025-01-01,Europe,S\n2025-01-02,Atlantis,S\n2025-13-01,Europe,S\n,Europe,S\n"
            "2025-01-05,,S\n2999-01-01,Europe,S\n"
        )
        with pytest.raises(Refused) as told:
            self.take(content)
        for words in (
            "line 3: 'Atlantis' is no region or country",
            "line 4: '2025-13-01' is no day",
            "line 5:",
            "line 6: the place is missing",
            "line 7: 2999-01-01 lies ahead",
        ):
            assert words in told.value.detail, words
        assert self.kept() == 0
        outcome = self.take(content, skip_problems=True)
        assert (outcome.added, outcome.left_out, len(outcome.problems)) == (1, 5, 5)
        with pytest.raises(Refused, match="line 2: 'Atlantis'"):
            self.take("date,location\n2025-01-02,Atlantis\n", skip_problems=True)

    def test_wrong_files_are_refused_with_a_sentence(self) -> None:
        for content, code in (
            (b"", "columns"),
            (b"name,colour\nA,red\n", "columns"),
            (b"date,location\n", "nothing"),
            (b"\x89PNG\r\n\x1a\n\x00\x00", "encoding"),
            ("date,location\n2025-01-01,Österreich\n".encode("latin-1"), "encoding"),
            (b'[{"date": "2025-01-01", "location": "Europe"}', "no_json"),
            (b'[{"date": "2025-01-01", "location": "Europe"} oops]', "no_json"),
            (b"[" * 100_000, "no_json"),
            (b'{"date": ', "no_json"),
            (b"[1, 2]", "problems"),
            (b'[{"date": "2025-01-01", "location": 7}]', "problems"),
            (b'[{"date": "2025-01-01", "location": "' + b"x" * 300 + b'"}]', "problems"),
        ):
            with pytest.raises(Refused) as told:
                self.take(content)
            assert told.value.code == code, content[:60]
            assert self.kept() == 0

    def test_of_very_many_problems_the_first_are_told_and_all_are_counted(self) -> None:
        lines = "".join(f"2025-01-01,Nowhere {number}\n" for number in range(700))
        with pytest.raises(Refused, match="and 680 more"):
            self.take(f"date,location\n{lines}")
        outcome = self.take(f"date,location\n2025-01-01,Europe\n{lines}", skip_problems=True)
        assert (outcome.left_out, len(outcome.problems)) == (700, 500)

    def test_many_rows_take_a_query_for_each_batch_and_little_memory(self) -> None:
        def rows(count: int, source: str) -> str:
            start = date(2020, 1, 1)
            lines = (
                f"{start + timedelta(days=n % 2000)},Europe {n % 9000:04},{source}\n" for n in range(count)
            )
            return "date,location,source\n" + "".join(lines)

        def cost(count: int, source: str) -> int:
            with CaptureQueriesContext(connection) as captured:
                assert self.take(rows(count, source)).added == count
            return len(captured)

        one = cost(AT_ONCE, "a")
        assert cost(3 * AT_ONCE, "b") - one <= 2 * 15  # SQLite takes few values in one statement
        content = rows(4_000, "c")
        advanced: list[int] = []
        tracemalloc.start()
        self.take(content, advance=advanced.append)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert sum(advanced) == 8_000
        assert peak < 12_000_000

    def test_history_in_one_file_is_opened_and_cleared(self) -> None:
        outcome = self.take(
            "date,location\n2025-01-01,North America\n2025-02-01,North America\n"
            "2025-03-01,Europe\n2025-02-15,Japan\n"
        )
        assert (outcome.opened, outcome.cleared) == (2, 2)
        found = {drift.place: drift for drift in drifts(self.contoso)}
        assert (found["North America"].first_seen_on, found["North America"].last_seen_on) == (
            date(2025, 1, 1),
            date(2025, 2, 1),
        )
        assert found["Japan"].country == "JP"

    def test_a_name_of_a_file_that_does_not_fit_is_cut(self) -> None:
        with door():
            import_locations(
                tenant=self.contoso, file=io.BytesIO(b"date,location\n2025-01-01,Europe\n"), source="\x07n" * 300,
                by=self.admin,
            )  # fmt: skip
        assert ObservedLocation.objects.for_tenant(self.contoso).get().source == "n" * 200

    def test_an_election_of_another_tenant_means_nothing(self) -> None:
        elected(self.fabrikam, "NA", since=datetime(2024, 1, 1, tzinfo=UTC))
        assert self.take("date,location\n2025-01-01,North America\n").differing == 1
