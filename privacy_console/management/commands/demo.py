from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from privacy_console.demo import build_demo
from privacy_console.management.outcomes import outcome_row, outcome_text
from tenants.commands import ConsoleCommand


class Command(ConsoleCommand):
    help = (
        "Make the first operator and, to look around in, the tenants contoso and fabrikam with people and a little "
        "history. What exists is left alone. Passwords: OPERATOR_PASSWORD and DEMO_PASSWORD, else made and shown once."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--operator-only", action="store_true", help="Only the first operator, no tenants."
        )

    def perform(self, *, operator_only: bool, **options: Any) -> None:
        outcome = build_demo(by=self.actor, operator_only=operator_only)
        if self.is_dry_run:
            outcome.passwords.clear()
        self.show(outcome_row(outcome), text=outcome_text(outcome))
