from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.management.steps import StepCommand, step_row
from consents.services import complete_step


class Command(StepCommand):
    help = "Say that a step after a withdrawal is done, and what proves it. It is final."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        self.add_step(parser)
        parser.add_argument("--proof", required=True, help="A reference, an address, what was seen and when.")

    def perform(self, *, proof: str, **options: Any) -> None:
        done = complete_step(step=self.step(**options), proof=proof, by=self.actor, reason=self.reason)
        self.show(step_row(done), text=f"“{done}” is done.")
