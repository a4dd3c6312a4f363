"""The commands of residency."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.models import AuditEvent
from residency.models import LocationDrift, LocationImport, ObservedLocation
from tests.cast import Cast
from tests.commands.running import run
from tests.residency.making import drifts, elected

pytestmark = pytest.mark.django_db
CONTENT = "date,location,source\n2025-01-01,Europe 0201,Status\n2025-01-02,North America 0501,Status\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "status.csv"
    path.write_text(CONTENT, encoding="utf-8")
    return path


def test_locations_are_imported_listed_and_settled(cast: Cast, file: Path) -> None:
    elected(cast.contoso, "EU")
    told = run("import_locations", str(file), "--tenant", "contoso", "--actor", cast.admin.username)
    assert told.code == 0, told.err
    assert (
        "Locations recorded: 2, known already: 0; elsewhere than elected: 1. New differences: 1" in told.out
    )
    made = LocationImport.objects.for_tenant(cast.contoso).get()
    assert (made.name, made.added, made.opened) == ("status.csv", 2, 1)
    assert AuditEvent.objects.about(made).get().activity == "locations.imported"
    listed = json.loads(run("list_location_drift", "--tenant", "contoso", "--json").out)
    assert [(each["place"], each["region"], each["elected"]) for each in listed] == [
        ("North America 0501", "NA", "EU")
    ]
    key = listed[0]["id"]
    settled = run("resolve_location_drift", key, "--as", "moved", "--reason", "Ticket 7")
    assert (settled.code, "is resolved: the provider moved the data" in settled.out) == (0, True)
    assert run("list_location_drift").out == "Nothing found.\n"
    for again in ((key,), ("--tenant", "contoso")):
        assert run("resolve_location_drift", *again, "--as", "moved", "--reason", "x").code == 1
    assert run("resolve_location_drift", "--as", "moved", "--reason", "x").code == 2


def test_a_dry_run_keeps_nothing(cast: Cast, file: Path) -> None:
    elected(cast.contoso, "EU")
    told = run("import_locations", str(file), "--tenant", "contoso", "--dry-run", "--json")
    data = json.loads(told.out)
    assert (data["id"], data["added"]) == (None, 2)
    assert [(each["what"], each["place"]) for each in data["differences"]] == [
        ("opened", "North America 0501")
    ]
    assert "nothing was kept" in told.err
    assert "North America 0501" in run("import_locations", str(file), "--tenant", "contoso", "--dry-run").out
    assert not ObservedLocation.objects.for_tenant(cast.contoso).exists()
    assert not LocationImport.objects.for_tenant(cast.contoso).exists()
    assert drifts(cast.contoso) == []


def test_what_cannot_be_read_is_one_line(cast: Cast, file: Path) -> None:
    file.write_text(f"{CONTENT}2025-01-03,Atlantis,Status\n", encoding="utf-8")
    told = run("import_locations", str(file), "--tenant", "contoso")
    assert told.code == 1
    assert "line 4: 'Atlantis' is no region or country that the catalog knows" in told.err
    left_out = run("import_locations", str(file), "--tenant", "contoso", "--skip-problems")
    assert left_out.code == 0
    assert "Rows left out: 1" in left_out.out
    assert run("import_locations", str(file.with_name("none.csv")), "--tenant", "contoso").code == 1


def test_the_actors_role_decides(cast: Cast, file: Path) -> None:
    for actor, words in ((cast.auditor, "role"), (cast.fabrikam_admin, "There is no tenant")):
        told = run("import_locations", str(file), "--tenant", "contoso", "--actor", actor.username)
        assert told.code == 1
        assert words in told.err
    assert not LocationDrift.objects.for_tenant(cast.contoso).exists()


def test_the_verdict_is_told_to_persons_and_programs(cast: Cast) -> None:
    elected(cast.contoso, "EU")
    told = run("residency_verdict", "--tenant", "contoso")
    assert told.out.startswith("Stored in: Europe\n")
    assert "Not allowed, no consent in force" in told.out
    data = json.loads(run("residency_verdict", "--tenant", "contoso", "--at", "2020-01-01", "--json").out)
    assert (data["tenant"], data["storage"]) == ("contoso", None)
    assert run("residency_verdict", "--tenant", "contoso", "--known-at", "2999-01-01").code == 1
