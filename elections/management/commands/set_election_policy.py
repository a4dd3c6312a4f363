from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from elections.models import ElectionPolicy
from elections.services import set_election_policy
from tenants.commands import ConsoleCommand

SWITCH = {"on": True, "off": False}


class Command(ConsoleCommand):
    help = "Decide how a tenant's elections are handled; what is not named stays. For privacy officers."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument(
            "--four-eyes", choices=SWITCH, help="Whoever proposes an election cannot approve it."
        )
        parser.add_argument(
            "--recipients",
            choices=ElectionPolicy.Recipients.values,
            help="Where those may be that data is shared with.",
        )

    def perform(self, *, tenant: str, four_eyes: str | None, recipients: str | None, **options: Any) -> None:
        policy = set_election_policy(
            tenant=self.tenant(tenant),
            by=self.actor,
            four_eyes=SWITCH.get(four_eyes or ""),
            recipients=recipients,
            reason=self.reason,
        )
        self.show(
            {"tenant": policy.tenant.slug, "four_eyes": policy.four_eyes, "recipients": policy.recipients}
        )
