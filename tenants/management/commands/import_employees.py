from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from tenants.commands import ConsoleCommand, one_line
from tenants.directory import Imported, import_people
from tenants.directory.reading import LARGEST

PROBLEMS_SHOWN = 20


class Command(ConsoleCommand):
    help = (
        "Take over a tenant's employees and groups from a file: CSV, or what Microsoft Graph answers for users. A file "
        "with a problem is refused as a whole, with every problem told."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV or JSON.")
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument(
            "--complete", action="store_true", help="It is the whole directory: who is not in it has left."
        )
        parser.add_argument(
            "--skip-problems", action="store_true", help="Leave out what cannot be read, and take the rest."
        )

    def perform(
        self, *, file: Path, tenant: str, complete: bool, skip_problems: bool, **options: Any
    ) -> None:
        with file.open("rb") as reader:
            content = reader.read(LARGEST + 1)
        outcome = import_people(
            tenant=self.tenant(tenant),
            content=content,
            by=self.actor,
            source=file.name,
            is_complete=complete,
            skip_problems=skip_problems,
            reason=self.reason,
        )
        for problem in outcome.problems[:PROBLEMS_SHOWN]:
            self.remark(one_line(problem))
        self.show(vars(outcome), _sentence(outcome))


def _sentence(outcome: Imported) -> str:
    words = {
        "added": outcome.added,
        "changed": outcome.changed,
        "back": outcome.returned,
        "left": outcome.left,
        "unchanged": outcome.unchanged,
    }
    told = ", ".join(f"{count:,} {word}" for word, count in words.items())
    return f"Employees: {told}. Left out: {len(outcome.problems):,}."
