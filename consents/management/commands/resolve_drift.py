from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.management.rows import whole_drift_row
from consents.models import Drift
from consents.services.drift import resolve_drift
from privacy_console.errors import Refused
from tenants.commands import ConsoleCommand, Error


class Command(ConsoleCommand):
    help = "Say how a difference between the service and the register was settled. It needs a --reason."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "drift", nargs="?", type=int, help="Id of the difference, as list_drift shows it."
        )
        parser.add_argument(
            "--tenant", metavar="SLUG", help="Instead of the id: the open one of this tenant …"
        )
        parser.add_argument("--service", metavar="CODE", help="… about this service: apns, vpp, …")
        parser.add_argument("--connection", metavar="NAME", help="… and this connection.")
        parser.add_argument("--kind", choices=Drift.Kind.values, help="… and of this kind.")
        parser.add_argument(
            "--as",
            dest="resolution",
            required=True,
            choices=Drift.Resolution.values,
            help="The register was put right (recorded), the service was (ended_there), it is known and accepted, "
            "or the answer was misread.",
        )

    def perform(self, *, drift: int | None, resolution: str, **named: Any) -> None:
        chosen = self._named(**named) if drift is None else self._drift(drift)
        found = resolve_drift(drift=chosen, resolution=resolution, reason=self.reason, by=self.actor)
        text = f"{found} is resolved: {found.get_resolution_display().lower()}."
        self.show(whole_drift_row(found), text)

    def _drift(self, pk: int) -> Drift:
        """The difference with this id, in a tenant that exists for the actor, who acts in their role there."""
        drifts = Drift.objects.for_user(self.actor).select_related("tenant", "service")
        found: Drift | None = drifts.filter(pk=pk).first()
        if found is None:
            raise Refused("not_found", f"There is no difference {pk}. list_drift shows them.")
        self.tenant(found.tenant.slug)
        return found

    def _named(self, *, tenant: str | None, service: str | None, **more: Any) -> Drift:
        """The one open difference that is meant. Raises Refused where there is none, or more than one."""
        if not tenant:
            raise Error("Name the difference by its id, or by --tenant and what it is about.", returncode=2)
        wanted = {"service__code": service, "connection": more["connection"], "kind": more["kind"]}
        drifts = Drift.objects.for_tenant(self.tenant(tenant)).filter(status=Drift.Status.OPEN)
        found: list[Drift] = list(
            drifts.filter(**{name: value for name, value in wanted.items() if value is not None})[:2]
        )
        if len(found) != 1:
            what = "More than one open difference is" if found else "No open difference is"
            raise Refused("not_found", f"{what} like this. list_drift shows them, with their ids.")
        return found[0]
