from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from residency.services import import_locations, sentence_of
from tenants.commands import ConsoleCommand, one_line


class Command(ConsoleCommand):
    help = (
        "Record where the provider showed the data to be: CSV with a first line of names (date, location, source), "
        "or a JSON list of the same. What lies elsewhere than elected is a difference: list_location_drift."
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
            outcome = import_locations(
                tenant=whose,
                file=file,
                source=path.name,
                by=self.actor,
                skip_problems=skip_problems,
                reason=self.reason,
                advance=bar.advance,
            )
        for problem in outcome.problems:
            self.remark(one_line(problem))
        self.show(vars(outcome), sentence_of(outcome))


def _lines_of(path: Path) -> int:
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))
