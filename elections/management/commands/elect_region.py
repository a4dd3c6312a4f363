from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from elections.consequences import StorageConsequences
from elections.management.base import election_row, sentence, told
from elections.rules import offered_region
from elections.services import elect_region
from elections.services.life import needs_second_person
from elections.services.storage import what_region_means
from tenants.access import require
from tenants.commands import ConsoleCommand, day, moment
from tenants.models import Tenant
from tenants.roles import Permission


class Command(ConsoleCommand):
    help = (
        "Elect the geography in which a tenant's customer data is stored. It holds at once, or is proposed where the "
        "tenant wants a second person. --dry-run shows what it means. It needs a --reason, and for a move --confirm."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument("--region", required=True, metavar="CODE", help="The geography: EU, NA, APAC, …")
        parser.add_argument(
            "--effective-from", type=moment, metavar="DATE|30d", help="From when it holds; else now."
        )
        parser.add_argument("--confirm", action="store_true", help="You know what a move means.")
        parser.add_argument(
            "--transfer-assessment",
            default="",
            metavar="TEXT",
            help="What was assessed of a transfer out of the EU Data Boundary, and where that is kept.",
        )
        parser.add_argument("--assessed-on", type=day, metavar="DATE", help="The day of that assessment.")

    def perform(self, *, tenant: str, region: str, confirm: bool, **options: Any) -> None:
        whose = self.tenant(tenant)
        if self.is_dry_run:
            require(self.actor, Permission.PROPOSE_ELECTION, whose)
            self._tell(whose, what_region_means(whose, offered_region(region), options["effective_from"]))
            return
        election = elect_region(
            tenant=whose,
            region=region,
            by=self.actor,
            reason=self.reason,
            effective_from=options["effective_from"],
            confirmed=confirm,
            transfer_assessment=options["transfer_assessment"],
            assessed_on=options["assessed_on"],
        )
        self.show(election_row(election), text=sentence(election))

    def _tell(self, tenant: Tenant, meaning: StorageConsequences) -> None:
        self.show(
            {
                "tenant": tenant.slug,
                "region": meaning.region.code,
                "before": meaning.before.code if meaning.before else None,
                "effective_from": meaning.at,
                "needs_confirmation": meaning.needs_confirmation,
                "needs_transfer_assessment": meaning.leaves_boundary,
                "needs_approval": needs_second_person(tenant),
                "consequences": told(meaning.told),
            }
        )
