from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.management.steps import step_row
from consents.models import EndingStep
from tenants.commands import ConsoleCommand


class Command(ConsoleCommand):
    help = (
        "List the steps that end the sharing after a withdrawal, by the day they are due; the open ones, unless "
        "--status says otherwise. --json shows them whole, with what is to be done."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="Of this tenant alone.")
        parser.add_argument("--consent", type=int, metavar="ID", help="Of this consent alone.")
        parser.add_argument(
            "--status", choices=EndingStep.Status.values, default=EndingStep.Status.OPEN.value
        )

    def perform(self, *, tenant: str | None, consent: int | None, status: str, **options: Any) -> None:
        steps = EndingStep.objects.for_user(self.actor).filter(status=status)
        if tenant:
            steps = steps.filter(tenant=self.tenant(tenant))
        if consent is not None:
            steps = steps.filter(consent=consent)
        found = steps.select_related("tenant", "consent", "owner").order_by("due_on", "id")
        self.show([step_row(step, whole=self.as_json) for step in found])
