from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from elections.consequences import CollectionConsequences
from elections.management.base import election_row, sentence, told
from elections.services import elect_collection
from elections.services.collection import what_features_mean
from elections.services.life import needs_second_person
from tenants.access import require
from tenants.commands import ConsoleCommand, Error, moment
from tenants.models import Tenant
from tenants.roles import Permission


class Command(ConsoleCommand):
    help = (
        "Switch optional features of a tenant on or off, as one decision. It holds at once, or is proposed where the "
        "tenant wants a second person. --dry-run shows which data starts or stops being collected. It needs a --reason."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument("--on", nargs="+", default=(), metavar="CODE", help="Features to switch on.")
        parser.add_argument("--off", nargs="+", default=(), metavar="CODE", help="Features to switch off.")
        parser.add_argument(
            "--effective-from", type=moment, metavar="DATE|30d", help="From when it holds; else now."
        )

    def perform(self, *, tenant: str, on: Sequence[str], off: Sequence[str], **options: Any) -> None:
        whose, features, begins = self.tenant(tenant), _switches(on, off), options["effective_from"]
        if self.is_dry_run:
            require(self.actor, Permission.PROPOSE_ELECTION, whose)
            self._tell(whose, what_features_mean(whose, features, begins))
            return
        election = elect_collection(
            tenant=whose, features=features, by=self.actor, reason=self.reason, effective_from=begins
        )
        self.show(election_row(election), text=sentence(election))

    def _tell(self, tenant: Tenant, meaning: CollectionConsequences) -> None:
        self.show(
            {
                "tenant": tenant.slug,
                "effective_from": meaning.at,
                "starts": [element.code for element in meaning.starts],
                "stops": [element.code for element in meaning.stops],
                "personal": [e.code for e in (*meaning.starts, *meaning.stops) if e.is_personal],
                "role_changes": [f"{each.feature.code}: {each.role_change}" for each in meaning.role_changes],
                "needs_approval": needs_second_person(tenant),
                "consequences": told(meaning.told),
            }
        )


def _switches(on: Sequence[str], off: Sequence[str]) -> dict[str, bool]:
    both = sorted(set(on) & set(off))
    if both:
        raise Error(f"Switch {both[0]} on or off, not both.", returncode=2)
    return dict.fromkeys(on, True) | dict.fromkeys(off, False)
