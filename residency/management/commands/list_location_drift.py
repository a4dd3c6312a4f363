from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from residency.management.rows import drift_row, whole_drift_row
from residency.models import LocationDrift
from tenants.commands import ConsoleCommand


class Command(ConsoleCommand):
    help = (
        "List where data was seen somewhere else than elected, newest first: what is open, unless --status says "
        "otherwise."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="Of this tenant alone.")
        parser.add_argument(
            "--status", choices=LocationDrift.Status.values, default=LocationDrift.Status.OPEN.value
        )

    def perform(self, *, tenant: str | None, status: str, **options: Any) -> None:
        drifts = LocationDrift.objects.for_user(self.actor).filter(status=status)
        if tenant:
            drifts = drifts.filter(tenant=self.tenant(tenant))
        row = whole_drift_row if self.as_json else drift_row
        self.show([row(drift) for drift in drifts.select_related("tenant", "region", "elected")])
