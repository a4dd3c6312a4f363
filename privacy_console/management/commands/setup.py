from __future__ import annotations

import hashlib
import io
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from audit import triggers
from catalog.kinds import REFERENCE_FILE
from catalog.models import Edition
from catalog.services import load_catalog
from privacy_console.demo import build_demo
from privacy_console.management.outcomes import outcome_row, outcome_text
from tenants.access import Principal
from tenants.commands import ConsoleCommand, Progress


class Command(ConsoleCommand):
    help = (
        "Bring the console up to date: the database, the packaged catalog, the first operator and the demo tenants. "
        "What is done already is skipped, so it can run before each start."
    )
    changes = True
    atomic = False  # A migration is a transaction of its own.

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-demo", action="store_true", help="Only the first operator, no demo tenants."
        )

    def perform(self, *, no_demo: bool, **options: Any) -> None:
        waiting = waiting_migrations()
        if waiting and self.is_dry_run:
            self._say_what_waits(waiting)
            return
        done = self._migrate(waiting)
        with self.one_transaction():
            done += _put_triggers_right() + _load_packaged_catalog(self.actor)
            outcome = build_demo(by=self.actor, operator_only=no_demo)
        if self.is_dry_run:
            outcome.passwords.clear()
        lines = [*done, *([outcome_text(outcome)] if outcome.made else [])]
        text = "\n".join(lines) or "Everything is set up."
        self.show({"done": done} | outcome_row(outcome), text=text)

    def _say_what_waits(self, waiting: list[str]) -> None:
        would = f"{len(waiting)} migrations would be applied, then the catalog and what a start needs."
        self.show({"migrations": waiting}, text=would)
        self.remark("Dry run: nothing was kept.")

    def _migrate(self, waiting: list[str]) -> list[str]:
        if not waiting:
            return []
        with self.progress("Setting up the database", len(waiting)) as bar:
            call_command("migrate", interactive=False, no_color=True, stdout=_Watched(bar))
        return [f"Applied {len(waiting)} migrations."]


class _Watched(io.StringIO):
    """What `migrate` writes: a line for each migration that it applied, which ends in OK."""

    def __init__(self, bar: Progress) -> None:
        super().__init__()
        self.bar = bar

    def write(self, text: str) -> int:
        if text.strip() == "OK":
            self.bar.advance()
        return super().write(text)


def waiting_migrations() -> list[str]:
    """The migrations that the database has not seen yet, in their order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _ in plan]


def _put_triggers_right() -> list[str]:
    made = triggers.install(connection) if triggers.differences(connection) else []
    return [f"Put {len(made)} triggers of the audit trail right."] if made else []


def _load_packaged_catalog(by: Principal) -> list[str]:
    """Load it, unless this very file was loaded before: what operators amended since then stays."""
    content = REFERENCE_FILE.read_bytes()
    if Edition.objects.filter(sha256=hashlib.sha256(content).hexdigest()).exists():
        return []
    edition = load_catalog(content=content, by=by).edition
    if edition is None:
        return []
    counts = f"{edition.added} entries added, {edition.changed} changed, {edition.removed} removed"
    return [f"Loaded {edition}: {counts}."]
