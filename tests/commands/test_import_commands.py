"""Imports, differences, certificates and tokens from the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from consents.models import ConsentImport, Drift
from tenants.commands import Progress
from tests.cast import Cast
from tests.commands.running import run
from tests.consents.graph.samples import FOLDER, SECRETS, TENANT, page, token

CONTOSO = ("--tenant", "contoso")
WHY = ("--reason", "Looked at in the meeting")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def everybody(cast: Cast) -> Cast:
    return cast


def written(folder: Path, document: object, name: str = "answer.json") -> str:
    file = folder / name
    file.write_text(json.dumps(document))
    return str(file)


def test_a_folder_is_told_as_a_table_and_kept(cast: Cast) -> None:
    told = run("import_consents", str(TENANT), *CONTOSO, "--actor", cast.admin.username)
    assert told.code == 0, told.err
    assert told.out.splitlines()[0] == "10 records in tenant: 7 differences (7 new)."
    assert "München" in told.out
    assert not any(secret in told.out + told.err for secret in SECRETS)
    made = ConsentImport.objects.for_tenant(cast.contoso).get()
    assert (made.found, made.imported_by) == (7, cast.admin.username)


def test_programs_are_told_everything() -> None:
    data = run("import_consents", str(TENANT), *CONTOSO, "--json").data
    again = run("import_consents", str(TENANT), *CONTOSO, "--json", "--dry-run").data
    assert (data["opened"], data["still_open"], again["opened"], again["still_open"]) == (7, 0, 0, 7)
    assert (again["id"], again["sha256"]) == (None, data["sha256"])
    assert {row["what"] for row in again["differences"]} == {"still open"}
    assert data["complete"] == data["kinds"]


def test_a_dry_run_shows_the_same_and_keeps_nothing(cast: Cast) -> None:
    dry = run("import_consents", str(TENANT), *CONTOSO, "--dry-run")
    assert (dry.code, dry.err.strip()) == (0, "Dry run: nothing was kept.")
    assert not ConsentImport.objects.for_tenant(cast.contoso).exists()
    assert dry.out == run("import_consents", str(TENANT), *CONTOSO).out


def test_what_could_not_be_read_is_told_with_its_place() -> None:
    ran = run("import_consents", str(FOLDER / "wrong"), *CONTOSO)
    assert ran.code == 0
    told = ran.err.splitlines()
    assert any(line.startswith("broken.json, line 3, column 33: Not valid JSON") for line in told)
    assert any(
        line.startswith("records.json, line 3, column 5, /value/0: dataSharingConsent") for line in told
    )
    assert "could not be read" in ran.out.splitlines()[0]


def test_files_that_cannot_be_used_end_with_one_line(tmp_path: Path) -> None:
    for path, words in (
        (FOLDER / "wrong/broken.json", "broken.json, line 3, column 33"),
        (tmp_path / "none.json", "No such file"),
        (tmp_path, "There is no *.json"),
    ):
        ran = run("import_consents", str(path), *CONTOSO)
        assert (ran.code, ran.out) == (1, "")
        assert words in ran.err.splitlines()[-1]


def test_a_long_list_is_cut_and_programs_get_all_of_it(tmp_path: Path) -> None:
    file = written(tmp_path, page("vppToken", *(token(f"Place {number}") for number in range(60))))
    told = run("import_consents", file, *CONTOSO, "--dry-run")
    assert told.out.splitlines()[-1] == "There are more: --json shows all."
    assert len(run("import_consents", file, *CONTOSO, "--dry-run", "--json").data["differences"]) == 120


def test_a_person_sees_how_far_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr(Progress, "PAUSE", 0)
    file = written(tmp_path, page("vppToken", *(token(str(n), note="x" * 5_000) for n in range(500))))
    assert run("import_consents", file, *CONTOSO, "--dry-run").code == 0
    assert "Reading" in screen.getvalue()
    size = Path(file).stat().st_size
    assert f"{size:,} of {size:,}" in screen.getvalue()


def test_listed_and_resolved(cast: Cast) -> None:
    run("import_consents", str(TENANT), *CONTOSO)
    listed = run("list_drift", *CONTOSO, "--service", "jamf_compliance", "--json").data
    assert [(one["kind"], one["service"]) for one in listed] == [("unknown_here", "jamf_compliance")]
    pk = listed[0]["id"]
    assert "Switched on there" in run("list_drift", "--kind", "unknown_here").out
    refused = run("resolve_drift", pk, "--as", "accepted")
    assert (refused.code, refused.err.startswith("reason: ")) == (1, True)
    done = run("resolve_drift", pk, "--as", "accepted", *WHY, "--actor", cast.officer.username, "--json").data
    assert (done["status"], done["closed_by"], done["reason"]) == ("resolved", cast.officer.username, WHY[1])
    assert run("list_drift", "--status", "resolved", "--json").data[0]["id"] == pk
    vpp = ("--service", "vpp", "--as", "misread", *WHY)
    assert "More than one" in run("resolve_drift", *CONTOSO, *vpp).err
    by_name = run("resolve_drift", *CONTOSO, *vpp, "--connection", "Berlin", "--kind", "unknown_here")
    assert by_name.out.strip().endswith("is resolved: the answer was misread.")
    assert "No open difference" in run("resolve_drift", *CONTOSO, *vpp, "--connection", "Berlin").err
    assert run("resolve_drift", *vpp).code == 2
    assert "closed already" in run("resolve_drift", pk, "--as", "misread", *WHY).err


def test_a_difference_of_another_tenant_does_not_exist(cast: Cast) -> None:
    run("import_consents", str(TENANT), *CONTOSO)
    pk = str(Drift.objects.for_tenant(cast.contoso).earliest("id").pk)
    stranger = ("--as", "accepted", *WHY, "--actor", cast.fabrikam_officer.username)
    foreign, missing = run("resolve_drift", pk, *stranger), run("resolve_drift", "999999", *stranger)
    assert foreign.code == missing.code == 1
    assert foreign.err.replace(pk, "999999") == missing.err


def test_certificates_and_tokens() -> None:
    given = ("--kind", "apns_certificate", "--name", "Push", "--expires-at", "2096-01-01")
    added = run("add_credential", *CONTOSO, *given)
    assert added.out.strip() == "Apple push certificate “Push” of Contoso ends 2096-01-01."
    run("import_consents", str(TENANT), *CONTOSO)
    listed = run("list_credentials", *CONTOSO, "--json").data
    assert [(one["kind"], one["source"]) for one in listed] == [
        ("vpp_token", "import"),
        ("apns_certificate", "import"),
        ("dep_token", "import"),
        ("vpp_token", "import"),
        ("apns_certificate", "hand"),
    ]
    assert len(run("list_credentials", "--kind", "vpp_token").out.splitlines()) == 3
    wrong = run("add_credential", *CONTOSO, *given, "--connection", "Berlin")
    assert (wrong.code, wrong.err.startswith("connection: ")) == (1, True)
