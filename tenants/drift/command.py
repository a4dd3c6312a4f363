"""The command that resolves a difference, named by its id or as the only open one of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from privacy_console.errors import Refused
from tenants.commands import ConsoleCommand, Error, Row
from tenants.drift.base import BaseDrift


class ResolveCommand(ConsoleCommand):
    """deed: what resolves it. row: the result, whole. listed_by: the command that lists; ways: what `--as` can say.

    narrowing: options, each with the lookup that it asks, by which the open ones of a tenant are told apart.
    """

    changes = True
    model: ClassVar[type[BaseDrift]]
    related: ClassVar[Sequence[str]]
    deed: ClassVar[Callable[..., Any]]
    row: ClassVar[Callable[..., Row]]
    listed_by: ClassVar[str]
    ways: ClassVar[str]
    narrowing: ClassVar[Mapping[str, str]] = {}

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "drift", nargs="?", type=int, help=f"Id of the difference, as {self.listed_by} shows it."
        )
        parser.add_argument(
            "--tenant", metavar="SLUG", help="Instead of the id: the only open one of this tenant."
        )
        parser.add_argument(
            "--as", dest="resolution", required=True, choices=self.model.Resolution.values, help=self.ways
        )

    def perform(self, *, drift: int | None, tenant: str | None, resolution: str, **named: Any) -> None:
        chosen = self._only_one(tenant, named) if drift is None else self._drift(drift)
        found = self.deed(drift=chosen, resolution=resolution, reason=self.reason, by=self.actor)
        self.show(self.row(found), f"{found} is resolved: {found.get_resolution_display().lower()}.")

    def _drift(self, pk: int) -> Any:
        return self.owned(self.model, pk, "difference", *self.related, listed_by=self.listed_by)

    def _only_one(self, tenant: str | None, named: Mapping[str, Any]) -> BaseDrift:
        """The one open difference that is meant. Raises Refused where there is none, or more than one."""
        if not tenant:
            raise Error("Name the difference by its id, or by --tenant and what it is about.", returncode=2)
        wanted = {lookup: named[name] for name, lookup in self.narrowing.items() if named[name] is not None}
        drifts = self.model.objects.for_tenant(self.tenant(tenant)).filter(status="open", **wanted)
        found: list[BaseDrift] = list(drifts.select_related("tenant", *self.related)[:2])
        if len(found) != 1:
            what = "More than one open difference is" if found else "No open difference is"
            raise Refused("not_found", f"{what} like this. {self.listed_by} shows them, with their ids.")
        return found[0]
