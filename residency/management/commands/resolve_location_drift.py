from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from privacy_console.errors import Refused
from residency.management.rows import whole_drift_row
from residency.models import LocationDrift
from residency.services import resolve_location_drift
from tenants.commands import ConsoleCommand, Error


class Command(ConsoleCommand):
    help = "Say how data that was somewhere else than elected was settled. It needs a --reason."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "drift", nargs="?", type=int, help="Id of the difference, as list_location_drift shows it."
        )
        parser.add_argument(
            "--tenant", metavar="SLUG", help="Instead of the id: the only open one of this tenant."
        )
        parser.add_argument(
            "--as",
            dest="resolution",
            required=True,
            choices=LocationDrift.Resolution.values,
            help="The provider moved the data, the election was put right (elected), it is known and accepted, or the "
            "place was misread.",
        )

    def perform(self, *, drift: int | None, tenant: str | None, resolution: str, **options: Any) -> None:
        chosen = self._only_one(tenant) if drift is None else self._drift(drift)
        found = resolve_location_drift(drift=chosen, resolution=resolution, reason=self.reason, by=self.actor)
        text = f"{found} is resolved: {found.get_resolution_display().lower()}."
        self.show(whole_drift_row(found), text)

    def _drift(self, pk: int) -> LocationDrift:
        """The difference with this id, in a tenant that exists for the actor, who acts in their role there."""
        drifts = LocationDrift.objects.for_user(self.actor).select_related("tenant", "region", "elected")
        found: LocationDrift | None = drifts.filter(pk=pk).first()
        if found is None:
            raise Refused("not_found", f"There is no difference {pk}. list_location_drift shows them.")
        self.tenant(found.tenant.slug)
        return found

    def _only_one(self, tenant: str | None) -> LocationDrift:
        """The one open difference of the tenant. Raises Refused where there is none, or more than one."""
        if not tenant:
            raise Error("Name the difference by its id, or its tenant by --tenant.", returncode=2)
        drifts = LocationDrift.objects.for_tenant(self.tenant(tenant)).filter(
            status=LocationDrift.Status.OPEN
        )
        found: list[LocationDrift] = list(drifts.select_related("tenant", "region", "elected")[:2])
        if len(found) != 1:
            what = "More than one difference is open" if found else "No difference is open"
            raise Refused("not_found", f"{what}. list_location_drift shows them, with their ids.")
        return found[0]
