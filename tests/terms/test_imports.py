"""Acceptances that another product tells of: what is taken over, and what is left out and why."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from privacy_console.errors import Refused
from tenants.models import Employee
from terms.imports.reading import How, Reading, answers_of, document_of, documents_at
from terms.models import Acceptance, AcceptanceImport, TermsPolicy, TermsVersion
from terms.services.imports import (
    import_acceptances,
    import_acceptances_later,
    import_asked_for,
    preview_import,
    sentence_of,
)
from terms.standing import Standing, places_of
from tests.terms.stories import TermsTestCase, colleague, decided, drafted, published, refusal
from work.queue import claim, work_off

HEADER = "User name,UPN,Accepted version,Accepted time,Accepted latest"
ON = "2023-07-04T07:57:43Z"
GUID = "c0de0000-0000-4000-8000-000000000001"
POLICY_ID = "0b1f3a52-0000-4000-8000-000000000010"


def report(*rows: str, header: str = HEADER) -> bytes:
    return "\r\n".join([header, *rows, ""]).encode("utf-8-sig")


def status(upn: Any = "ada@contoso.example", version: Any = 1, at: Any = ON, **fields: Any) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.termsAndConditionsAcceptanceStatus",
        "id": f"{POLICY_ID}_{GUID}",
        "userDisplayName": "Ada Example",
        "acceptedVersion": version,
        "acceptedDateTime": at,
        "userPrincipalName": upn,
    } | fields


def page(*records: Any, **annotations: Any) -> dict[str, Any]:
    return {"value": list(records)} | {f"@odata.{name}": value for name, value in annotations.items()}


class Importing(TermsTestCase):
    """Ada and Bob, and a policy with two versions in force."""

    policy: TermsPolicy
    first: TermsVersion
    ada: Employee
    bob: Employee

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.policy = cls().a_policy(name="Phones")
        cls.first = published(cls.policy, cls.officer)
        published(cls.policy, cls.officer)
        cls.ada = colleague(
            cls.contoso, directory_id=GUID, user_principal_name="Ada@contoso.example", display_name="Ada"
        )
        cls.bob = colleague(cls.contoso, user_principal_name="bob@contoso.example")

    def imported(
        self, content: bytes, name: str = "report.csv", by: Any = None, **how: Any
    ) -> AcceptanceImport:
        reading = Reading([document_of(name, content)], How(**how))
        return import_acceptances(policy=self.policy, by=by or self.admin, reading=reading)

    def answered(self, *answers: Any) -> AcceptanceImport:
        reading = Reading(answers_of("answer", answers), How())
        return import_acceptances(policy=self.policy, by=self.admin, reading=reading)

    def recorded(self) -> list[Acceptance]:
        return list(Acceptance.objects.for_tenant(self.contoso).order_by("decided_at", "id"))

    def codes(self, made: AcceptanceImport) -> list[str]:
        return [problem["code"] for problem in made.problems]

    def refused(self, content: bytes, **how: Any) -> str:
        """Why the file is refused as a whole, and nothing of it is there."""
        with pytest.raises((Refused, ValidationError)) as told, transaction.atomic():
            self.imported(content, **how)
        assert self.recorded() == []
        assert not AcceptanceImport.objects.for_tenant(self.contoso).exists()
        return told.value.code if isinstance(told.value, Refused) else str(told.value)


class TestWhatIsKept(Importing):
    def test_an_acceptance_says_whose_word_it_is(self) -> None:
        content = report(f"Ada Lovelace,ADA@contoso.example,1,{ON},No")
        made = self.imported(content)
        [kept] = self.recorded()
        assert (kept.employee, kept.version, kept.decision) == (self.ada, self.first, "accepted")
        assert kept.decided_at == datetime(2023, 7, 4, 7, 57, 43, tzinfo=UTC)
        assert (kept.user_principal_name, kept.display_name) == ("ADA@contoso.example", "Ada Lovelace")
        assert kept.directory_id == GUID
        assert (kept.surface, kept.trigger) == ("company_portal", "unknown")
        assert (kept.source, kept.imported_from) == (made, "report.csv, line 2, column 1")
        words = (kept.text, kept.revision, kept.text_sha256, kept.language, kept.shown_at, kept.button)
        assert words == (None, None, "", "", None, "")
        assert (kept.signature, kept.key_id, kept.valid_until, kept.supersedes) == ("", "", None, None)
        assert made.sha256 == hashlib.sha256(content).hexdigest()
        assert made.files == [{"name": "report.csv", "sha256": made.sha256}]
        assert (made.records, made.recorded, made.already_recorded, made.left_out) == (1, 1, 0, 0)
        assert made.imported_by == self.admin.username
        assert made.settings == {"dates": "", "time_zone": "UTC", "versions": {}}

    def test_the_import_and_each_acceptance_stand_in_the_trail(self) -> None:
        made = self.imported(report(f"A,ada@contoso.example,2,{ON},Yes", f"B,bob@contoso.example,2,{ON},Yes"))
        about = AuditEvent.objects.about(made).get()
        assert (about.activity, about.action, about.resource_name) == (
            "terms.acceptances_imported",
            "create",
            "report.csv",
        )
        for kept in self.recorded():
            event = AuditEvent.objects.about(kept).get()
            assert (event.activity, event.action) == ("terms.acceptance_imported", "create")
            assert event.resource_name == kept.directory_id
            record = kept.history.get()
            assert (record.imported_from, record.source_id) == (kept.imported_from, made.pk)

    def test_whoever_accepted_there_is_not_asked_here(self) -> None:
        self.imported(report(f"A,ada@contoso.example,2,{ON},Yes", f"B,bob@contoso.example,1,{ON},No"))
        assert places_of(self.ada)[0].standing == Standing.ACCEPTED_LATEST
        assert places_of(self.bob)[0].standing == Standing.ACCEPTED_OLDER

    def test_it_lasts_as_long_as_the_policy_says_now(self) -> None:
        self.policy.reaccept_months = 12
        self.policy.save()
        self.imported(report(f"A,ada@contoso.example,2,{ON},Yes"))
        assert self.recorded()[0].valid_until == datetime(2024, 7, 4, 7, 57, 43, tzinfo=UTC)
        assert places_of(self.ada)[0].round == 2

    def test_several_of_one_person_follow_each_other(self) -> None:
        self.imported(
            report("A,ada@contoso.example,2,2024-01-01T00:00:00Z,Yes", f"A,ada@contoso.example,1,{ON},No")
        )
        older, newer = self.recorded()
        assert (older.version.number, newer.version.number, newer.supersedes) == (1, 2, older)
        here = colleague(self.contoso, user_principal_name="here@contoso.example")
        decision = decided(here, self.policy, "declined")
        self.imported(report(f"H,here@contoso.example,1,{ON},No"))
        assert decision.supersedes is None
        at = (timezone.now() + timedelta(minutes=1)).isoformat()
        self.imported(report(f"H,here@contoso.example,2,{at},No"))
        assert (
            Acceptance.objects.for_tenant(self.contoso)
            .get(employee=here, version__number=2, decision="accepted")
            .supersedes
            == decision
        )

    def test_the_database_keeps_imported_ones_as_they_are(self) -> None:
        made = self.imported(report(f"A,ada@contoso.example,2,{ON},Yes"))
        kept = self.recorded()[0]
        for change in (
            lambda: Acceptance.objects.for_tenant(self.contoso).update(source=None),
            lambda: AcceptanceImport.objects.for_tenant(self.contoso).update(recorded=7),
            made.delete,
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()
        kept.pk, kept.round, kept.source = None, 2, None
        kept.receipt_id = "0b1f3a52-0000-4000-8000-000000000011"
        with pytest.raises(IntegrityError, match="imported_acceptance_says_from_where"), transaction.atomic():
            kept.save(force_insert=True)

    def test_the_same_again_adds_nothing_and_is_told(self) -> None:
        content = report(f"A,ada@contoso.example,2,{ON},Yes", f"B,bob@contoso.example,1,{ON},No")
        self.imported(content)
        again = self.imported(content)
        assert (again.recorded, again.already_recorded, again.left_out, again.problems) == (0, 2, 0, [])
        assert len(self.recorded()) == 2
        assert sentence_of(again) == "2 records in report.csv: 0 recorded, 2 were there already."

    def test_a_preview_says_the_same_and_keeps_nothing(self) -> None:
        content = report(f"A,ada@contoso.example,2,{ON},Yes", f"N,nobody@contoso.example,1,{ON},No")
        events = AuditEvent.objects.for_tenant(self.contoso).count()
        reading = Reading([document_of("report.csv", content)], How())
        shown = preview_import(policy=self.policy, by=self.admin, reading=reading)
        assert (shown.recorded, self.codes(shown)) == (1, ["unknown_user"])
        assert not AcceptanceImport.objects.for_tenant(self.contoso).exists()
        assert self.recorded() == []
        assert AuditEvent.objects.for_tenant(self.contoso).count() == events
        made = self.imported(content)
        assert (made.recorded, made.problems, made.sha256) == (shown.recorded, shown.problems, shown.sha256)

    def test_the_statements_do_not_grow_with_the_file(self) -> None:
        for number in range(30):
            colleague(self.contoso, user_principal_name=f"more{number}@contoso.example")
        counts = []
        for numbers in (range(1), range(1, 30)):
            rows = [f"M,more{number}@contoso.example,1,{ON},No" for number in numbers]
            with CaptureQueriesContext(connection) as captured:
                self.imported(report(*rows))
            counts.append(len(captured))
        assert counts[1] <= counts[0] < 25


class TestWhatIsLeftOut(Importing):
    def test_each_with_its_place_and_the_rest_is_recorded(self) -> None:
        colleague(self.contoso, user_principal_name="Twin@contoso.example")
        colleague(self.contoso, user_principal_name="twin@contoso.example")
        made = self.imported(
            report(
                f"N,nobody@contoso.example,1,{ON},No",
                f"T,twin@contoso.example,1,{ON},No",
                f"A,ada@contoso.example,7,{ON},No",
                "A,ada@contoso.example,1,2999-01-01T00:00:00Z,No",
                f'"B\nob",bob@contoso.example,1,{ON},No',
                f"B,bob@contoso.example,x,{ON},No",
                "B,bob@contoso.example,1,yesterday,No",
                "B,bob@contoso.example,,,No",
                "B,bob@contoso.example",
                f",,1,{ON},No",
                "B,bob@contoso.example,2,0001-01-01T00:00:00Z,No",
                f"B,bob@contoso.example,2,{ON},Yes",
            )
        )
        assert (made.records, made.recorded, made.left_out) == (12, 1, 11)
        assert [(problem["file"], problem["code"], problem["record"]) for problem in made.problems] == [
            ("report.csv, line 2, column 1", "unknown_user", "nobody@contoso.example"),
            ("report.csv, line 3, column 1", "several_users", "twin@contoso.example"),
            ("report.csv, line 4, column 1", "unknown_version", "ada@contoso.example"),
            ("report.csv, line 5, column 1", "in_future", "ada@contoso.example"),
            ("report.csv", "unreadable", "bob@contoso.example"),
            ("report.csv", "unreadable", "bob@contoso.example"),
            ("report.csv", "unreadable", "bob@contoso.example"),
            ("report.csv", "nothing_accepted", "bob@contoso.example"),
            ("report.csv", "too_few_cells", ""),
            ("report.csv", "unreadable", ""),
            ("report.csv", "unreadable", "bob@contoso.example"),
        ]
        assert made.problems[2]["detail"] == "The policy has no published version 7."
        # Line 6 has a line break in it.
        assert [problem["line"] for problem in made.problems[4:6]] == [6, 8]
        assert made.problems[4]["detail"] == "The display name contains control characters."

    def test_a_draft_is_no_version_yet(self) -> None:
        drafted(self.policy, self.officer)
        assert self.codes(self.imported(report(f"A,ada@contoso.example,3,{ON},No"))) == ["unknown_version"]

    def test_what_is_there_twice_counts_once_and_what_contradicts_itself_not_at_all(self) -> None:
        made = self.imported(
            report(
                f"A,ada@contoso.example,1,{ON},No",
                f"A,ADA@contoso.example,1,{ON},No",
                f"B,bob@contoso.example,1,{ON},No",
                "B,bob@contoso.example,1,2023-07-05T07:57:43Z,No",
            )
        )
        assert self.codes(made) == ["duplicate", "contradiction", "contradiction"]
        assert "first in report.csv, line 2" in made.problems[0]["detail"]
        assert [kept.employee for kept in self.recorded()] == [self.ada]
        again = self.imported(report(f"A,ada@contoso.example,1,{ON},No", f"A,ada@contoso.example,1,{ON},No"))
        assert (again.already_recorded, self.codes(again)) == (1, ["duplicate"])

    def test_an_older_version_is_not_accepted_after_a_newer_one(self) -> None:
        made = self.imported(
            report(f"A,ada@contoso.example,2,{ON},No", "A,ada@contoso.example,1,2024-01-01T00:00:00Z,No")
        )
        assert self.codes(made) == ["out_of_order", "out_of_order"]
        self.imported(report(f"A,ada@contoso.example,2,{ON},No"))
        made = self.imported(report("A,ada@contoso.example,1,2024-01-01T00:00:00Z,No"))
        assert self.codes(made) == ["against_record"]
        assert len(self.recorded()) == 1

    def test_another_time_than_the_register_has_is_told_and_a_coarser_one_is_the_same(self) -> None:
        self.imported(report(f"A,ada@contoso.example,1,{ON},No"))
        made = self.imported(report("A,ada@contoso.example,1,2023-07-06T07:57:43Z,No"))
        assert self.codes(made) == ["recorded_otherwise"]
        for coarser in ("2023-07-04 07:57", "2023-07-04"):
            made = self.imported(report(f"A,ada@contoso.example,1,{coarser},No"))
            assert (made.already_recorded, made.problems) == (1, [])

    def test_a_decision_in_the_portal_counts_before_what_is_imported(self) -> None:
        own = decided(self.ada, self.policy)
        made = self.imported(report(f"A,ada@contoso.example,2,{ON},Yes"))
        assert (self.codes(made), self.recorded()) == (["recorded_otherwise"], [own])

    def test_many_problems_are_cut_and_counted(self) -> None:
        made = self.imported(report(*(f"N,n{number}@x,1,{ON},No" for number in range(502))))
        assert (len(made.problems), made.left_out) == (501, 502)
        assert made.problems[-1]["detail"] == "2 more problems are not listed."

    def test_another_tenants_people_are_nobody_here(self) -> None:
        colleague(self.fabrikam, user_principal_name="eve@contoso.example")
        made = self.imported(report(f"E,eve@contoso.example,1,{ON},No"))
        assert self.codes(made) == ["unknown_user"]


class TestFilesAsTheyCome(Importing):
    def one(self, content: bytes, **how: Any) -> datetime:
        """When the only acceptance of the file was."""
        made = self.imported(content, **how)
        assert made.problems == []
        at: datetime = self.recorded()[-1].decided_at
        return at

    def test_separators_encodings_and_languages(self) -> None:
        german = "Benutzername;Benutzerprinzipalname;Akzeptierte Version;Akzeptiert am;Akzeptierte neueste"
        french = "Nom d’utilisateur\tNom d’utilisateur principal\tVersion acceptée\tDate d’acceptation"
        for number, content in enumerate(
            (
                report("Ada;{who};1;04.07.2023 07:57:43;Nein", header=german),
                report('Ada\t{who}\t1\t"4 Jul 2023, 7:57:43 AM"', header=french),
                "\n".join((HEADER, f"Ada,{{who}},1,{ON},No")).encode("utf-16"),
                report(HEADER.replace(",", ";"), f"Ada;{{who}};1;{ON};No", header="sep=;"),
                report(
                    '"Ada, first";"{who}";"1";"' + ON + '";No',
                    header='"User;name";UPN;Version;AcceptedDateTime;X',
                ),
            )
        ):
            who = f"who{number}@contoso.example"
            colleague(self.contoso, user_principal_name=who)
            encoding = "utf-16" if content[:1] == b"\xff" else "utf-8"
            named = content.decode(encoding).replace("{who}", who).encode(encoding)
            with self.subTest(content=named[:80]):
                assert self.one(named) == datetime(2023, 7, 4, 7, 57, 43, tzinfo=UTC)

    def test_formulas_are_text(self) -> None:
        self.one(report('"\'=HYPERLINK(""x"")","=""ada@contoso.example""","=""1""",' + ON + ",No"))
        [kept] = self.recorded()
        assert (kept.display_name, kept.user_principal_name) == ('=HYPERLINK("x")', "ada@contoso.example")
        made = self.imported(report(f"=1+1,=cmd|x,1,{ON},No"))
        assert (self.codes(made), made.problems[0]["record"]) == (["unknown_user"], "=cmd|x")

    def test_versions_that_have_other_numbers_here(self) -> None:
        made = self.imported(report(f"A,ada@contoso.example,5,{ON},No"), versions={5: 1})
        assert (made.recorded, made.settings["versions"]) == (1, {"5": 1})

    def test_what_is_no_report_is_refused_as_a_whole(self) -> None:
        good = f"A,ada@contoso.example,1,{ON},No"
        for content, code in (
            (b"", "columns"),
            (report(header="Name,Mail"), "columns"),
            (report(header=f"{HEADER},UPN"), "columns"),
            (report(), "nothing_told"),
            (report(good, '"open,x'), "no_csv"),
            (report(good, '"a"b,x'), "no_csv"),
            (report(good) + b"\xff\xfe", "encoding"),
            (b"\xff\xfeA", "encoding"),
            (report(good, "x" * 200_000), "no_csv"),
            (b"{", "no_json"),
            (b'{"value": [NaN]}', "no_json"),
            (b"[" * 100_000, "no_json"),
            (json.dumps({"error": {"code": "x"}}).encode(), "no_answer"),
        ):
            with self.subTest(content=content[:60]):
                assert self.refused(content) == code


class TestDates(Importing):
    def read(self, *dates: str, **how: Any) -> list[datetime]:
        """When each of as many people accepted."""
        people = [colleague(self.contoso) for _ in dates]
        rows = [f'X,{who.user_principal_name},1,"{date}",No' for who, date in zip(people, dates, strict=True)]
        made = self.imported(report(*rows), **how)
        assert made.problems == []
        found = {one.employee_id: one.decided_at for one in self.recorded()}
        return [found[who.pk] for who in people]

    def test_one_day_in_many_spellings(self) -> None:
        assert set(
            self.read(
                "2023-07-14 07:57:00",
                "2023-07-14T09:57+02:00",
                "2023-07-14T07:57:00.1234567Z",
                "2023/07/14 07:57 UTC",
                "14.07.2023, 07:57",
                "14.7.2023 7:57",
                "14/07/2023 07:57",
                "14-07-2023 7:57 am",
                "Jul 14, 2023, 7:57\u202fAM",
                "14 July 2023 07:57",
            )
        ) == {datetime(2023, 7, 14, 7, 57, tzinfo=UTC)}

    def test_day_or_month_first_is_found_out_or_asked(self) -> None:
        assert "can be read" in self.refused_detail("03/04/2023 10:00")
        assert "has both" in self.refused_detail("03/04/2023", "13/04/2023", "04/13/2023")
        [first, _] = self.read("03/04/2023", "25/04/2023")
        assert (first.day, first.month) == (3, 4)
        [first, _] = self.read("03/04/2023", "04/25/2023")
        assert (first.day, first.month) == (4, 3)
        [same] = self.read("05/05/2023")
        assert (same.day, same.month) == (5, 5)
        [told] = self.read("03/04/2023 1:00 PM", dates="month_first")
        assert (told.month, told.day, told.hour) == (3, 4, 13)
        [told] = self.read("03/04/2023", dates="day_first")
        assert (told.month, told.day) == (4, 3)

    def refused_detail(self, *dates: str) -> str:
        with pytest.raises(Refused) as told:
            self.imported(report(*(f"A,ada@contoso.example,1,{date},No" for date in dates)))
        assert told.value.code == "ambiguous_dates"
        return told.value.detail

    def test_times_without_a_zone_are_of_the_zone_that_is_named(self) -> None:
        [summer] = self.read("2023-07-14 09:57", time_zone="Europe/Berlin")
        assert summer == datetime(2023, 7, 14, 7, 57, tzinfo=UTC)
        for twice_or_never in ("2023-10-29 02:30", "2023-03-26 02:30"):
            made = self.imported(
                report(f"A,ada@contoso.example,1,{twice_or_never},No"), time_zone="Europe/Berlin"
            )
            assert "the clock was changed" in made.problems[0]["detail"].lower()
        with pytest.raises(ValidationError, match="There is no time zone"):
            self.imported(report(f"A,ada@contoso.example,1,{ON},No"), time_zone="Mars/Olympus")

    def test_what_is_no_date_is_left_out(self) -> None:
        for wrong in (
            "2023-13-01",
            "31.02.2023",
            "1.1.23",
            "2023-07-14 25:00",
            "14 Foo 2023",
            "1999-01-01",
            "13:00 PM",
        ):
            with self.subTest(date=wrong):
                assert self.codes(self.imported(report(f"A,ada@contoso.example,1,{wrong},No"))) == [
                    "unreadable"
                ]
        assert self.codes(
            self.imported(report("A,ada@contoso.example,1,25/04/2023,No"), dates="month_first")
        ) == ["unreadable"]


class TestAnswersOfGraph(Importing):
    def test_a_page_a_list_and_a_single_record(self) -> None:
        wraps: tuple[Callable[[Any], Any], ...] = (
            page,
            lambda one: [one],
            lambda one: one,
            lambda one: [page(one)],
        )
        for number, wrap in enumerate(wraps):
            who = colleague(self.contoso, user_principal_name=f"g{number}@contoso.example")
            content = json.dumps(wrap(status(who.user_principal_name, id=f"{number}")), indent=1)
            made = self.imported(content.encode(), "answer.json")
            assert (made.recorded, made.problems) == (1, []), wrap
            kept = Acceptance.objects.for_tenant(self.contoso).get(employee=who)
            assert kept.imported_from.startswith("answer.json, line ")

    def test_who_is_known_by_the_directorys_id(self) -> None:
        made = self.answered(page(status(None)))
        assert (made.recorded, self.recorded()[0].user_principal_name) == (1, "Ada@contoso.example")
        renamed = self.answered(page(status("countess@contoso.example", 2)))
        assert (renamed.recorded, self.recorded()[1].employee) == (1, self.ada)
        assert self.codes(self.answered(page(status("bob@contoso.example")))) == ["other_user"]

    def test_what_cannot_be_read_is_told_with_its_place(self) -> None:
        made = self.answered(
            page(
                status(version="2"),
                status(version=True),
                status(at="2023-07-04"),
                status(at="0001-01-01T00:00:00Z"),
                status(upn=7),
                status(userDisplayName="x" * 300),
                "nothing",
                status() | {"@odata.type": "#microsoft.graph.termsAndConditions"},
                status(None, id="no id"),
                status(),
            )
        )
        assert (made.recorded, made.left_out) == (1, 9)
        assert self.codes(made) == ["unreadable"] * 6 + ["not_an_object", "unknown_kind", "unreadable"]
        assert made.problems[1]["pointer"] == "/documents/0/value/1"
        assert self.recorded()[0].imported_from == "answer, /documents/0/value/9"

    def test_a_set_of_pages_whole_and_with_one_missing(self) -> None:
        context = (
            f"https://graph/$metadata#deviceManagement/termsAndConditions('{POLICY_ID}')/acceptanceStatuses"
        )
        one = page(status(), context=context, nextLink="https://next/2")
        two = page(status("bob@contoso.example", id="2"), context=context)
        assert self.answered(one, two).problems == []
        assert self.codes(self.answered(one)) == ["missing_page"]
        other = page(status(), context=context.replace(POLICY_ID, "another"))
        assert refusal(self.answered, one, other) == "several_policies"

    def test_a_folder(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "1.json").write_text(json.dumps(page(status(), nextLink="https://next/2")))
            Path(folder, "2.json").write_text(json.dumps(page(status("bob@contoso.example", id="2"))))
            reading = Reading(documents_at([Path(folder)]), How())
            made = import_acceptances(policy=self.policy, by=self.admin, reading=reading)
        assert (made.recorded, made.name, made.problems) == (2, "1.json and 1 more", [])
        assert [file["name"] for file in made.files] == ["1.json", "2.json"]


class TestWhoMay(Importing):
    def test_roles(self) -> None:
        content = report(f"A,ada@contoso.example,1,{ON},No")
        for who in (self.auditor, *self.outsiders):
            with self.subTest(who=who.username), pytest.raises(PermissionDenied):
                self.imported(content, by=who)
        assert self.recorded() == []
        assert self.imported(content, by=self.officer).recorded == 1

    def test_the_worker_does_it_in_the_name_of_who_asked(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "report.csv")
            file.write_bytes(report(f"A,ada@contoso.example,5,{ON},No"))
            asked: dict[str, Any] = {"policy": self.policy, "paths": [file], "how": How(versions={5: 1})}
            with pytest.raises(PermissionDenied):
                import_acceptances_later(by=self.auditor, **asked)
            run = import_acceptances_later(by=self.admin, **asked)
            waiting = claim("the test", run.pk)
            assert waiting is not None
            assert work_off(waiting).succeeded
            assert import_asked_for(tenant=self.contoso, arguments=run.details["arguments"]).endswith(
                "1 were there already."
            )
        made = AcceptanceImport.objects.for_tenant(self.contoso).last()
        assert made is not None
        assert made.imported_by == self.admin.username
        assert AuditEvent.objects.about(made).get().attribution.on_behalf_of == self.admin.username
