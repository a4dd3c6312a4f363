from __future__ import annotations

from django.core.management.base import CommandParser

from consents.management.rows import whole_drift_row
from consents.models import Drift
from consents.services.drift import resolve_drift
from tenants.drift.command import ResolveCommand


class Command(ResolveCommand):
    help = "Say how a difference between the service and the register was settled. It needs a --reason."
    model = Drift
    related = ("service",)
    deed = staticmethod(resolve_drift)
    row = staticmethod(whole_drift_row)
    listed_by = "list_drift"
    ways = (
        "The register was put right (recorded), the service was (ended_there), it is known and accepted, or the answer "
        "was misread."
    )
    narrowing = {"service": "service__code", "connection": "connection", "kind": "kind"}

    def add_options(self, parser: CommandParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--service", metavar="CODE", help="Of the tenant's, the one about this service: apns, vpp, …"
        )
        parser.add_argument("--connection", metavar="NAME", help="… and this connection.")
        parser.add_argument("--kind", choices=Drift.Kind.values, help="… and of this kind.")
