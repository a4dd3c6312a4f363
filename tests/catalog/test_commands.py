"""The catalog at the command line: what is printed, what is kept, and with which exit code."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from catalog.models import Catalog, Edition
from tests.cast import Cast
from tests.catalog.documents import element, line_of, load, small, written

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    """What a command writes to standard output and to standard error."""
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refused(*arguments: str) -> tuple[CommandError, str, str]:
    """The refusal of a command, and what it wrote before."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command(*arguments, stdout=out, stderr=err)
    return refusal.value, out.getvalue(), err.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return put(tmp_path / "fleet.json", small())


def put(path: Path, document: dict[str, Any]) -> Path:
    path.write_bytes(written(document))
    return path


class TestLoadCatalog:
    def test_reports_for_a_person(self, path: Path) -> None:
        out, _ = run("load_catalog", str(path))
        assert out.startswith("fleet: edition 1, 13 added, 0 changed, 0 removed.")
        assert "elements added: device.serial, person.name" in out
        assert run("load_catalog", str(path))[0] == "fleet: nothing changed.\n"

    def test_reports_for_a_program(self, path: Path) -> None:
        run("load_catalog", str(path))
        document = small()
        document["elements"][0]["name"] = "Serial"
        report = json.loads(run("load_catalog", str(put(path, document)), "--json")[0])
        assert (report["catalog"], report["edition"], report["changed"]) == ("fleet", 2, 1)
        assert report["kinds"]["elements"]["changed"] == {"device.serial": ["name"]}

    def test_takes_the_packaged_catalog_without_a_path(self) -> None:
        assert run("load_catalog")[0] == "intune: nothing changed.\n"

    def test_a_dry_run_keeps_nothing(self, path: Path) -> None:
        out, err = run("load_catalog", str(path), "--dry-run")
        assert "a new edition, 13 added" in out
        assert "nothing was kept" in err
        assert not Catalog.objects.filter(code="fleet").exists()

    def test_keeps_who_why_and_the_note(self, path: Path, cast: Cast) -> None:
        options = ("--actor", cast.operator.username, "--reason", "Our own.", "--note", "Checked.")
        run("load_catalog", str(path), *options)
        event = AuditEvent.objects.of_platform().filter(activity="catalog.loaded").latest("id")
        who = event.attribution
        assert (who.actor_name, who.reason, who.origin) == (cast.operator.username, "Our own.", "command")
        assert Edition.objects.get(catalog__code="fleet").note == "Checked."

    def test_others_may_not(self, path: Path, cast: Cast) -> None:
        error, *_ = refused("load_catalog", str(path), "--actor", cast.admin.username)
        assert error.returncode == 1
        assert "does not allow" in str(error)

    def test_one_line_for_each_problem_and_a_closing_one(self, path: Path) -> None:
        document = small()
        document["elements"] += [
            element("device.damage", "Photo"),
            element("device.x", "X", purpose="marketing", note="two\nlines \x1b[31m"),
        ]
        content = put(path, document).read_bytes()
        error, out, err = refused("load_catalog", str(path))
        first, second = err.splitlines()
        assert first.startswith(
            f"{path}:{line_of(content, 'device.damage')}: “device.damage” is never collected"
        )
        assert second.startswith(f"{path}:{line_of(content, 'device.x')}: Personal data is never")
        assert str(error) == f"2 problems in {path}; nothing was loaded."
        assert (error.returncode, out) == (1, "")
        assert not Catalog.objects.filter(code="fleet").exists()

    def test_problems_for_a_program(self, path: Path) -> None:
        path.write_text('{"format"')
        _, out, _ = refused("load_catalog", str(path), "--json")
        (problem,) = json.loads(out)["problems"]
        assert (problem["code"], problem["line"]) == ("truncated", 1)

    def test_a_file_that_is_too_large(self, path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(50 * 1024 * 1024)
        _, _, err = refused("load_catalog", str(path))
        assert err == f"{path}:1: The file has 50 MB; a catalog file has at most 20 MB.\n"

    @pytest.mark.parametrize("name", ["missing.json", "."])
    def test_a_path_that_is_no_file(self, tmp_path: Path, name: str) -> None:
        error, *_ = refused("load_catalog", str(tmp_path / name))
        assert str(tmp_path) in str(error)
        assert "\n" not in str(error)


class TestExportCatalog:
    @pytest.mark.parametrize("format_name", ["json", "csv", "xlsx", "fideslang", "dpv"])
    def test_writes_a_file(self, path: Path, format_name: str) -> None:
        load(small())
        target = path.with_name("out")
        out, _ = run("export_catalog", "--catalog", "fleet", "--format", format_name, "-o", str(target))
        assert out == f"{target}: {target.stat().st_size:,} bytes.\n"

    def test_names_the_file_itself(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        load(small())
        monkeypatch.chdir(tmp_path)
        run("export_catalog", "--catalog", "fleet")
        assert [file.name for file in tmp_path.iterdir()] == ["fleet-edition-1.json"]

    def test_a_past_edition_to_the_terminal(self) -> None:
        load(small())
        document = small()
        document["elements"][0]["name"] = "Serial"
        load(document)
        out, _ = run("export_catalog", "--catalog", "fleet", "--edition", "1", "-o", "-")
        assert json.loads(out)["elements"][0]["name"] == "Serial number"

    def test_what_it_wrote_can_be_loaded(self, path: Path) -> None:
        load(small())
        run("export_catalog", "--catalog", "fleet", "-o", str(path))
        assert run("load_catalog", str(path))[0] == "fleet: nothing changed.\n"

    def test_an_edition_or_catalog_that_is_not_there(self, path: Path) -> None:
        load(small())
        error, *_ = refused("export_catalog", "--catalog", "fleet", "--edition", "7")
        assert str(error) == "The catalog “fleet” has no edition 7; it has 1 to 1."
        error, *_ = refused("export_catalog", "--catalog", "fleat")
        assert "Did you mean fleet?" in str(error)

    def test_a_dry_run_writes_nothing(self, path: Path) -> None:
        load(small())
        target = path.with_name("out")
        run("export_catalog", "--catalog", "fleet", "-o", str(target), "--dry-run")
        assert not target.exists()
        assert not AuditEvent.objects.of_platform().filter(activity="catalog.exported").exists()


class TestCompareEditions:
    @pytest.fixture(autouse=True)
    def editions(self) -> None:
        load(small())
        document = small()
        document["elements"][0]["name"] = "Serial"
        document["regions"].clear()
        load(document)

    def test_for_a_person(self) -> None:
        out, _ = run("compare_editions", "1", "2", "--catalog", "fleet")
        assert out.splitlines() == [
            "fleet: edition 1 (2026-01-15) to 2 (2026-01-15).",
            "  elements",
            "    ~ device.serial",
            '        name: "Serial number" → "Serial"',
            "  regions",
            "    - EU (Europe)",
        ]

    def test_for_a_program(self) -> None:
        data = json.loads(run("compare_editions", "1", "--catalog", "fleet", "--json")[0])
        assert (data["before"], data["after"]) == (1, 2)
        assert data["kinds"]["regions"]["removed"]["EU"]["name"] == "Europe"

    def test_an_edition_with_itself(self) -> None:
        assert "Nothing changed." in run("compare_editions", "2", "2", "--catalog", "fleet")[0]

    def test_an_edition_that_is_not_there(self) -> None:
        error, *_ = refused("compare_editions", "1", "9", "--catalog", "fleet")
        assert error.returncode == 1
