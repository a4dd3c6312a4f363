from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from consents.graph.planning import Plan
from consents.graph.reading import read_files
from consents.graph.telling import counts_of, rows_of, sentence_of
from consents.models import ConsentImport
from consents.services.imports import import_later, preview_import, record_import
from privacy_console.graph.files import files_of
from tenants.access import require
from tenants.commands import ConsoleCommand, as_text, one_line
from tenants.models import Tenant
from tenants.roles import Permission

LINES_SHOWN = 50
COLUMNS = ("what", "difference", "service", "connection", "there", "here")


class Command(ConsoleCommand):
    help = (
        "Read what Microsoft Graph answers about sharing, and record where it differs from the register. Files or "
        "folders of *.json: pages, lists and single objects as they came. --dry-run shows the differences only."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="PATH", help="Files, or folders of *.json."
        )
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument(
            "--later", action="store_true", help="Leave it to the worker, and say under which run it waits."
        )

    def perform(self, *, paths: Sequence[Path], tenant: str, later: bool, **options: Any) -> None:
        whose = self.tenant(tenant)
        require(self.actor, Permission.IMPORT_CONSENTS, whose)
        if later:
            run = import_later(tenant=whose, by=self.actor, paths=paths)
            self.show({"run": str(run.pk)}, f"Run {run.pk} waits for the worker. list_jobs shows it.")
            return
        self._import(paths, whose)

    def _import(self, paths: Sequence[Path], whose: Tenant) -> None:
        size = sum(file.stat().st_size for file in files_of(paths))
        with self.progress("Reading", size) as bar:
            reading = read_files(paths, bar.advance)
        for problem in reading.problems[:LINES_SHOWN]:
            self.remark(one_line(str(problem)))
        do = preview_import if self.is_dry_run else record_import
        made, plan = do(tenant=whose, by=self.actor, reading=reading)
        self.show(import_data(made, plan), "\n".join(lines_of(plan)))


def import_data(made: ConsentImport, plan: Plan) -> dict[str, Any]:
    """The import for programs; without an id where it was not kept. The names are those of the API."""
    reading = plan.reading
    return {
        "id": str(made.pk) if made.pk else None,
        "name": reading.name,
        "sha256": reading.sha256,
        "records": reading.records,
        "kinds": sorted(reading.kinds | reading.complete),
        "complete": sorted(reading.complete),
        **counts_of(plan),
        "problems": [problem.as_data() for problem in reading.problems],
        "differences": list(rows_of(plan)),
    }


def lines_of(plan: Plan) -> Iterator[str]:
    """What it comes to, then a table of the differences."""
    yield sentence_of(plan)
    rows = [{name: row[name] for name in COLUMNS} for row in islice(rows_of(plan), LINES_SHOWN + 1)]
    if rows:
        yield ""
        yield as_text(rows[:LINES_SHOWN])
    if len(rows) > LINES_SHOWN:
        yield "There are more: --json shows all."
