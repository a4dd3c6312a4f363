from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.management.rows import drift_row, whole_drift_row
from consents.models import Drift
from tenants.commands import ConsoleCommand


class Command(ConsoleCommand):
    help = "List where the service and the register differ, newest first: what is open, unless --status says otherwise."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="Of this tenant alone.")
        parser.add_argument("--status", choices=Drift.Status.values, default=Drift.Status.OPEN.value)
        parser.add_argument("--kind", choices=Drift.Kind.values, help="Of this kind alone.")
        parser.add_argument("--service", metavar="CODE", help="About this service alone: apns, vpp, …")

    def perform(self, *, tenant: str | None, status: str, kind: str | None, **options: Any) -> None:
        drifts = Drift.objects.for_user(self.actor).select_related("tenant", "service").filter(status=status)
        if tenant:
            drifts = drifts.filter(tenant=self.tenant(tenant))
        wanted = {"kind": kind, "service__code": options["service"]}
        drifts = drifts.filter(**{name: value for name, value in wanted.items() if value})
        row = whole_drift_row if self.as_json else drift_row
        self.show([row(drift) for drift in drifts])
