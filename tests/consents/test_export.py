"""The register as CSV, XLSX, JSON and PDF: complete, as of any instant, harmless, recorded."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from openpyxl import load_workbook

from audit.models import AuditEvent
from consents.exports import deeds as exporting
from consents.exports import export_register
from consents.exports.register import COLUMNS
from consents.models import CoveredFlow
from consents.services import withdraw_consent
from privacy_console.errors import Refused
from tenants.exports import Download, Format, Kind
from tenants.exports.pdf import printable
from tests.api import suite
from tests.cast import Cast
from tests.consents import lives
from tests.pdfs import catalog_of, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tenants(cast: Cast) -> None:
    lives.exists_for_years(cast.contoso)


def take(cast: Cast, format_name: str, as_of: datetime | None = None) -> Download:
    with lives.door():
        return export_register(tenant=cast.contoso, format_name=format_name, by=cast.auditor, as_of=as_of)


def as_json(cast: Cast, as_of: datetime | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(take(cast, "json", as_of).content)["consents"]
    return found


def test_every_consent_is_in_every_format(cast: Cast) -> None:
    made = lives.in_every_state(cast.contoso, cast.officer)
    lives.granted(cast.fabrikam, cast.fabrikam_officer)
    expected = {str(consent.record_id): state for state, consent in made.items()}
    rows = list(csv.DictReader(io.StringIO(take(cast, "csv").content.decode())))
    assert {row["record_id"]: row["state"] for row in rows} == expected
    assert tuple(rows[0]) == COLUMNS
    book = load_workbook(io.BytesIO(take(cast, "xlsx").content))
    assert book.sheetnames == ["consents", "flows", "steps"]
    assert {row[0].value: row[8].value for row in book["consents"].iter_rows(min_row=2)} == expected
    assert book["flows"].max_row == CoveredFlow.objects.for_tenant(cast.contoso).count() + 1
    assert {one["record_id"]: one["state"] for one in as_json(cast)} == expected
    text = shown(take(cast, "pdf").content)
    assert all(record_id in text for record_id in expected)


def test_json_tells_everything(cast: Cast) -> None:
    consent = lives.in_every_state(cast.contoso, cast.officer)["withdrawn"]
    one = next(row for row in as_json(cast) if row["record_id"] == str(consent.record_id))
    for name, value in lives.GROUNDS.items():
        assert one[name] == value
    assert (one["withdrawn_by"], one["withdraw_reason"]) == ("officer@contoso.example", "No longer needed")
    assert len(one["flows"]) == one["flows_covered"] > 0
    assert [step["status"] for step in one["steps"]][:2] == ["done", "open"]
    assert one["steps"][0]["proof"] == "Ticket 4711"


def test_the_register_of_an_instant_stays_what_it_was(cast: Cast) -> None:
    consent = lives.granted(cast.contoso, cast.officer)
    then = datetime.fromisoformat(suite.moment())
    before = {name: take(cast, name, then).content for name in ("csv", "xlsx", "json")}
    with lives.door():
        withdraw_consent(consent=consent, by=cast.officer, reason="Enough")
        cast.contoso.name = "Contoso Holding"
        cast.contoso.save()
    lives.granted(cast.contoso, cast.officer, connection="later")
    assert {name: take(cast, name, then).content for name in before} == before
    assert [one["state"] for one in as_json(cast, then)] == ["granted"]
    assert [one["state"] for one in as_json(cast)] == ["withdrawn", "granted"]
    assert as_json(cast, then - timedelta(days=1)) == []


def test_a_long_register_is_read_in_portions(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [str(lives.requested(cast.contoso, cast.officer, connection=f"c{n}").record_id) for n in range(7)]
    monkeypatch.setattr("consents.exports.register.CHUNK", 3)
    assert [one["record_id"] for one in as_json(cast)] == made


def test_what_was_taken_is_recorded_with_its_digest(cast: Cast) -> None:
    lives.granted(cast.contoso, cast.officer)
    for name in Format.values:
        file = take(cast, name)
        event = AuditEvent.objects.for_tenant(cast.contoso).latest("id")
        assert (event.activity, event.category) == ("export.downloaded", "consents")
        assert event.details is not None
        assert event.details["sha256"] == hashlib.sha256(file.content).hexdigest() == file.sha256
        assert (event.details["format"], event.details["what"]) == (name, "consent register")
        assert file.size == len(file.content)
        assert re.fullmatch(rf"consents-contoso-\d{{8}}T\d{{6}}Z\.{name}", file.filename)


def test_formulas_are_made_harmless(cast: Cast) -> None:
    lives.requested(cast.contoso, cast.officer, connection="=HYPERLINK(1)", justification="@SUM(A1)")
    (row,) = csv.DictReader(io.StringIO(take(cast, "csv").content.decode()))
    assert (row["connection"], row["justification"]) == ("'=HYPERLINK(1)", "'@SUM(A1)")


def test_who_may_not_gets_nothing(cast: Cast) -> None:
    for person in (cast.fabrikam_officer, cast.employee):
        with pytest.raises(PermissionDenied):
            export_register(tenant=cast.contoso, format_name="csv", by=person)


def test_what_there_is_not_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="There is no format “docx”"):
        take(cast, "docx")
    with pytest.raises(Refused, match="Nobody knows yet"):
        take(cast, "csv", timezone.now() + timedelta(days=1))
    lives.granted(cast.contoso, cast.officer)
    small = Kind(exporting.KINDS["pdf"].pour, "application/pdf", 0)
    monkeypatch.setitem(exporting.KINDS, Format.PDF, small)
    with pytest.raises(Refused, match=r"has 1 consents, and PDF holds 0 at most: take CSV or JSON\."):
        take(cast, "pdf")


# --- PDF -------------------------------------------------------------------------------------------------------------


def pdf_of(cast: Cast, as_of: datetime | None = None) -> bytes:
    return take(cast, "pdf", as_of).content


def test_the_pdf_is_tagged_and_says_what_it_is(cast: Cast) -> None:
    lives.in_every_state(cast.contoso, cast.officer)
    then = timezone.now()
    pdf = pdf_of(cast, then)
    root = catalog_of(pdf)
    assert "/StructTreeRoot" in root
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/Lang"] == "en-GB"
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()
    text = shown(pdf)
    for words in (
        "Register of sharing consents: Contoso",
        f"{then.astimezone(UTC).isoformat()}",
        f"directory {cast.contoso.directory_id}",
        "in the zone UTC",
        take(cast, "json", then).sha256,
        "Granted (1)", "Withdrawn (1)", "Declined (1)", "Expired (1)", "Requested (1)",
        "Page 1 of",
        "Legitimate interests, Art. 6(1)(f)",
    ):  # fmt: skip
        assert words in text, words


def test_what_people_wrote_is_never_markup(cast: Cast) -> None:
    evil = '#panic("x") *bold* $ x^2 $ `raw` <label> @ref // no #read("/etc/passwd") \\ "]'
    lives.requested(cast.contoso, cast.officer, connection=evil[:100], contract_reference=evil)
    cast.contoso.name = evil
    with lives.door():
        cast.contoso.save()
    text = shown(pdf_of(cast))
    assert f"Register of sharing consents: {evil}" in text
    assert "root:" not in text


def test_letters_that_the_fonts_lack_are_written_as_codes(cast: Cast) -> None:
    hard = "日本 😀 \u0301\ufeff\ue000 Ελλάδα Москва Łódź עברית"
    lives.requested(cast.contoso, cast.officer, connection=hard)
    text = shown(pdf_of(cast))
    assert "<U+65E5>" in text
    assert "Łódź" in text
    assert printable("a\n b\t日") == "a b <U+65E5>"


def test_an_empty_register_is_a_register(cast: Cast) -> None:
    assert "No consent is granted." in shown(pdf_of(cast))


def test_every_letter_of_the_list_can_be_set() -> None:
    """The list was made by trying each; a typesetter with other fonts must not make the register fail."""
    from consents.exports.pdf import HEADINGS
    from tenants.exports.pdf import letters, typeset

    latin = "".join(map(chr, (*range(0x21, 0x7F), *range(0xC0, 0x180))))
    cells = [latin, *(f"a{letter}" for letter in sorted(letters()))]
    row = ["".join(cells), *["" for _ in range(len(HEADINGS) - 1)]]
    group = {
        "title": "All", "headings": list(HEADINGS), "widths": [1] * len(HEADINGS), "rows": [row], "empty": ""
    }  # fmt: skip
    plain = dict.fromkeys(("title", "author", "description", "footer", "note"), "x")
    # Hundreds of signs in one font: some of their codes hold brackets, some are written as hexadecimal numbers.
    assert latin in shown(typeset({**plain, "about": [], "groups": [group]}))
