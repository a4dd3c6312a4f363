from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from consents.management.steps import StepCommand, step_row
from consents.services import assign_step
from tenants.commands import day
from tenants.models import User


class Command(StepCommand):
    help = "Say who sees to a step after a withdrawal, or by when it is due. Putting it off needs a --reason."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        self.add_step(parser)
        parser.add_argument("--owner", metavar="USERNAME", help="A member of the tenant.")
        parser.add_argument("--due-on", type=day, metavar="DATE", help="The last day on which it is in time.")

    def perform(self, *, owner: str | None, due_on: date | None, **options: Any) -> None:
        asked = self.step(**options)
        # Only among the tenant's people: nobody learns here who else has an account.
        people = User.objects.filter(memberships__tenant=asked.tenant)
        whom = self.find(people, "username", owner.strip().lower(), "member") if owner else None
        done = assign_step(step=asked, owner=whom, due_on=due_on, by=self.actor, reason=self.reason)
        whose = f"{done.owner} sees to it" if done.owner else "nobody sees to it yet"
        self.show(step_row(done), text=f"“{done}” is due on {done.due_on}; {whose}.")
