from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from residency.models import LocationImport
from residency.services import Findings, import_locations
from residency.told import counts_of, findings_of, sentence_of
from tenants.commands import ConsoleCommand, as_text, one_line

LINES_SHOWN = 50


class Command(ConsoleCommand):
    help = (
        "Record where the provider showed the data to be: CSV with a first line of names (date, location, source), "
        "or a JSON list of the same. What lies elsewhere than elected is a difference: list_location_drift. "
        "--dry-run shows which differences would be new or over."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE")
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument(
            "--skip-problems",
            action="store_true",
            help="Leave out the rows that cannot be kept, instead of refusing the file.",
        )

    def perform(self, *, path: Path, tenant: str, skip_problems: bool, **options: Any) -> None:
        whose = self.tenant(tenant)
        with path.open("rb") as file, self.progress("Importing", 2 * _lines_of(path)) as bar:
            made, found = import_locations(
                tenant=whose,
                file=file,
                source=path.name,
                by=self.actor,
                skip_problems=skip_problems,
                reason=self.reason,
                advance=bar.advance,
            )
        for problem in made.problems:
            self.remark(one_line(problem))
        self.show(self._data(made, found), "\n".join(_lines(made, found)))

    def _data(self, made: LocationImport, found: Findings) -> dict[str, Any]:
        """The import for programs; without an id where it was not kept. The names are those of the API."""
        return {
            "id": None if self.is_dry_run else str(made.pk),
            "name": made.name,
            "sha256": made.sha256,
            **counts_of(made),
            "problems": made.problems,
            **findings_of(found),
        }


def _lines(made: LocationImport, found: Findings) -> Iterator[str]:
    """What it comes to, then a table of the differences."""
    yield sentence_of(made)
    rows = findings_of(found)["differences"]
    if rows:
        yield ""
        yield as_text(rows[:LINES_SHOWN])
    if len(rows) > LINES_SHOWN:
        yield "There are more: --json shows all."


def _lines_of(path: Path) -> int:
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))
