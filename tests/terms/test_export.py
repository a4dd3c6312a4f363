"""The acceptance report as CSV, XLSX, JSON and PDF: everybody, as of any instant, harmless, recorded."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from audit.models import AuditEvent
from privacy_console.errors import Refused
from tenants.exports import Download, Format, Kind
from tenants.models import Employee, GroupMember
from terms import services
from terms.exports import KINDS, export_acceptances
from terms.exports.report import COLUMNS, Report
from terms.models import TermsPolicy
from terms.progress import progress
from tests.api import suite
from tests.pdfs import catalog_of, shown
from tests.terms.stories import DAY, TermsTestCase, a_group, colleague, corrected, decided, published


class Reports(TermsTestCase):
    policy: TermsPolicy

    def setUp(self) -> None:
        self.policy = self.in_force(name="Phones")

    def take(self, format_name: str, as_of: datetime | None = None) -> Download:
        return export_acceptances(policy=self.policy, format_name=format_name, by=self.auditor, as_of=as_of)

    def rows(self, as_of: datetime | None = None) -> dict[str, dict[str, Any]]:
        people = json.loads(self.take("json", as_of).content)["people"]
        return {row["user_principal_name"]: row for row in people}

    def one_of_each(self) -> dict[str, Employee]:
        """An employee in each standing."""
        who = {
            name: colleague(self.contoso) for name in ("older", "declined", "outstanding", "latest", "left")
        }
        decided(who["older"], self.policy)
        decided(who["left"], self.policy)
        published(self.policy, self.officer)
        decided(who["latest"], self.policy)
        decided(who["declined"], self.policy, "declined")
        gone = Employee.objects.for_tenant(self.contoso).filter(pk=who["left"].pk)
        gone.update(status="left", left_at=timezone.now())
        return who

    def test_everybody_is_in_every_format(self) -> None:
        who = self.one_of_each()
        colleague(self.fabrikam)
        expected = {
            who["older"].user_principal_name: "accepted_older",
            who["declined"].user_principal_name: "declined",
            who["outstanding"].user_principal_name: "outstanding",
            who["latest"].user_principal_name: "accepted_latest",
            who["left"].user_principal_name: "not_asked",
        }
        assert {name: row["standing"] for name, row in self.rows().items()} == expected
        assert len(Report(self.policy, timezone.now())) == len(expected)
        rows = list(csv.DictReader(io.StringIO(self.take("csv").content.decode())))
        assert {row["user_principal_name"]: row["standing"] for row in rows} == expected
        assert tuple(rows[0]) == COLUMNS
        sheet = load_workbook(io.BytesIO(self.take("xlsx").content))["acceptances"]
        assert {row[0].value: row[4].value for row in sheet.iter_rows(min_row=2)} == expected
        pdf = self.take("pdf").content
        text = shown(pdf)
        for words in ("Acceptance report: Phones", "Declined (1)", "not asked any more (1)", *expected):
            assert words in text, words
        assert b"pdfuaid:part>1<" in catalog_of(pdf)["/Metadata"].get_data()

    def test_it_tells_the_words_and_the_receipt_and_the_reminders(self) -> None:
        version = published(self.policy, self.officer)
        corrected(version, self.officer, body="Other")
        accepts, waits = colleague(self.contoso, display_name="Jo"), colleague(self.contoso)
        services.remind(policy=self.policy, by=self.officer)
        acceptance = decided(accepts, self.policy)
        done, open_ = (self.rows()[one.user_principal_name] for one in (accepts, waits))
        assert (done["version"], done["revision"], done["language"]) == (2, 1, "en")
        assert (done["text_sha256"], done["receipt_id"]) == (
            acceptance.text_sha256,
            str(acceptance.receipt_id),
        )
        assert (done["outstanding_since"], open_["decision"]) == (None, "")
        assert (done["reminders"], open_["reminders"], open_["reachable"]) == (1, 1, True)
        assert version.effective_from is not None
        assert datetime.fromisoformat(open_["outstanding_since"]) == version.effective_from

    def test_the_report_of_an_instant_stays_what_it_was(self) -> None:
        sales, who = a_group(self.contoso), [colleague(self.contoso) for _ in range(3)]
        for one in who[:2]:
            GroupMember.objects.for_tenant(self.contoso).create(
                tenant=self.contoso, group=sales, employee=one
            )
        services.assign_policy(policy=self.policy, by=self.officer, everybody=False, groups=[sales])
        decided(who[0], self.policy)
        then = datetime.fromisoformat(suite.moment())
        before = {name: self.take(name, then).content for name in ("csv", "xlsx", "json")}
        assert [row["standing"] for row in self.rows(then).values()] == ["accepted_latest", "outstanding"]
        GroupMember.objects.for_tenant(self.contoso).filter(employee=who[1]).delete()
        published(self.policy, self.officer)
        services.change_policy(policy=self.policy, by=self.officer, name="Telephones")
        services.assign_policy(policy=self.policy, by=self.officer, everybody=True, excluded=[sales])
        assert {name: self.take(name, then).content for name in before} == before
        assert len(Report(self.policy, then)) == 2
        assert len(Report(self.policy, timezone.now())) == 3
        assert {name: row["standing"] for name, row in self.rows().items()} == {
            who[0].user_principal_name: "not_asked",
            who[1].user_principal_name: "outstanding",
            who[2].user_principal_name: "outstanding",
        }

    def test_it_counts_what_the_progress_counts(self) -> None:
        self.one_of_each()
        standings = [row["standing"] for row in self.rows().values()]
        numbers = progress(self.policy)
        for standing in ("accepted_latest", "accepted_older", "declined", "outstanding"):
            assert standings.count(standing) == getattr(numbers, standing) == 1

    def test_a_long_report_is_read_in_portions_with_the_same_queries(self) -> None:
        who = [colleague(self.contoso) for _ in range(7)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("terms.exports.report.CHUNK", 3)
            assert list(self.rows()) == [one.user_principal_name for one in who]

        decided(who[0], self.policy)

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                list(Report(self.policy, timezone.now()))
            return len(captured)

        few = queries()
        for _ in range(7):
            decided(colleague(self.contoso), self.policy)
        assert queries() == few

    def test_what_was_taken_is_recorded_with_its_digest(self) -> None:
        colleague(self.contoso)
        for name in Format.values:
            file = self.take(name)
            event = AuditEvent.objects.for_tenant(self.contoso).latest("id")
            assert (event.activity, event.category) == ("export.downloaded", "terms")
            assert event.details is not None
            assert event.details["sha256"] == hashlib.sha256(file.content).hexdigest() == file.sha256
            assert (event.details["what"], event.resource_name) == ("acceptance report", "Phones")
            assert file.filename.startswith("acceptances-contoso-")

    def test_formulas_are_made_harmless(self) -> None:
        colleague(self.contoso, display_name="=HYPERLINK(1)")
        (row,) = csv.DictReader(io.StringIO(self.take("csv").content.decode()))
        assert row["display_name"] == "'=HYPERLINK(1)"

    def test_who_may_not_gets_nothing(self) -> None:
        for person in (self.fabrikam_officer, self.employee):
            with pytest.raises(PermissionDenied):
                export_acceptances(policy=self.policy, format_name="csv", by=person)

    def test_what_there_is_not_is_refused(self) -> None:
        for format_name, as_of, words in (
            ("docx", None, "There is no format “docx”"),
            ("csv", timezone.now() + DAY, "Nobody knows yet"),
            ("csv", timezone.now() - DAY, "Nothing was known of Phones then"),
        ):
            with pytest.raises(Refused, match=words):
                self.take(format_name, as_of)
        colleague(self.contoso)
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(KINDS, Format.PDF, Kind(KINDS["pdf"].pour, "application/pdf", 0))
            with pytest.raises(Refused, match=r"has 1 people, and PDF holds 0 at most: take CSV or JSON\."):
                self.take("pdf")
