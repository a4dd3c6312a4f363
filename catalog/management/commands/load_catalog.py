"""Load a catalog file: the packaged reference, or an operator's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from catalog.differences import KindReport, LoadReport
from catalog.files import LARGEST, CatalogFileInvalid
from catalog.kinds import REFERENCE_FILE
from catalog.services import load_catalog
from tenants.commands import ConsoleCommand, Error, one_line

SHOWN = 8


class Command(ConsoleCommand):
    help = (
        "Load a catalog file as a new edition. What is new is added, what differs is changed, what is missing "
        "is marked as removed; nothing is deleted. Loading the same file again does nothing."
    )
    changes = True
    # The deed is a transaction by itself, and checks a large file before it takes the database's lock.
    atomic = False

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path", nargs="?", type=Path, default=REFERENCE_FILE, metavar="PATH",
            help="The file (JSON, UTF-8). Without it, the packaged catalog of Microsoft Intune.",
        )  # fmt: skip
        parser.add_argument(
            "--note", default="", help="What the new edition is about; the file's own note otherwise."
        )

    def perform(self, *, path: Path, note: str, **options: Any) -> None:
        try:
            report = load_catalog(content=read(path), by=self.actor, dry_run=self.is_dry_run, note=note)
        except CatalogFileInvalid as invalid:
            self.refuse(path, invalid)
        self.show(report.as_data(), "\n".join(lines_of(report)))
        if self.is_dry_run:
            self.remark("Dry run: nothing was kept.")

    def refuse(self, path: Path, invalid: CatalogFileInvalid) -> None:
        """One line for each problem, and what it comes to."""
        problems = invalid.problems
        if self.as_json:
            found = [vars(problem) for problem in problems]
            self.show({"file": str(path), "problems": found})
        for problem in problems:
            self.stderr.write(one_line(f"{path}:{problem.line}: {problem.detail}"))
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise Error(f"{count} in {path}; nothing was loaded.") from None


def read(path: Path) -> bytes:
    """The file's bytes; of one that is too large anyway only as many as show it."""
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
        return content if len(content) <= LARGEST else content + file.read(10 * LARGEST)


def lines_of(report: LoadReport) -> Iterator[str]:
    """The report for a person."""
    if not report.has_changes:
        yield f"{report.catalog}: nothing changed."
        return
    made = f"edition {report.edition.number}" if report.edition else "a new edition"
    counts = ", ".join(f"{report.count(what)} {what}" for what in ("added", "changed", "removed"))
    yield f"{report.catalog}: {made}, {counts}."
    for name, kind in report.kinds.items():
        yield from _lines_of_kind(name.replace("_", " "), kind)


def _lines_of_kind(name: str, kind: KindReport) -> Iterator[str]:
    changed = [f"{code} ({', '.join(keys)})" for code, keys in kind.changed.items()]
    for what, codes in (("added", kind.added), ("changed", changed), ("removed", kind.removed)):
        if codes:
            more = f", and {len(codes) - SHOWN} more" if len(codes) > SHOWN else ""
            yield f"  {name} {what}: {', '.join(codes[:SHOWN])}{more}"
