from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.management.commands.list_drift import drift_row
from consents.models import Drift
from consents.services.drift import resolve_drift
from privacy_console.errors import Refused
from tenants.commands import ConsoleCommand


class Command(ConsoleCommand):
    help = "Say how a difference between the service and the register was settled. It needs a --reason."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("drift", type=int, help="Id of the difference, as list_drift shows it.")
        parser.add_argument(
            "--as",
            dest="resolution",
            required=True,
            choices=Drift.Resolution.values,
            help="The register was put right (recorded), the service was (ended_there), it is known and accepted, "
            "or the answer was misread.",
        )

    def perform(self, *, drift: int, resolution: str, **options: Any) -> None:
        found = resolve_drift(
            drift=self._drift(drift), resolution=resolution, reason=self.reason, by=self.actor
        )
        text = f"{found} is resolved: {found.get_resolution_display().lower()}."
        self.show(drift_row(found), text)

    def _drift(self, pk: int) -> Drift:
        """The difference with this id, in a tenant that exists for the actor, who acts in their role there."""
        drifts = Drift.objects.for_user(self.actor).select_related("tenant", "service")
        found: Drift | None = drifts.filter(pk=pk).first()
        if found is None:
            raise Refused("not_found", f"There is no difference {pk}. list_drift shows them.")
        self.tenant(found.tenant.slug)
        return found
