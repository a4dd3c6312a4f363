from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from tenants.commands import ConsoleCommand
from tenants.management.rows import member_row
from tenants.models import Membership
from tenants.services import remove_member


class Command(ConsoleCommand):
    help = "Take a person's role in a tenant away. Their account stays, and all that they did."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument("--user", required=True, metavar="USERNAME", help="Who leaves.")

    def perform(self, *, tenant: str, user: str, **options: Any) -> None:
        members = Membership.objects.for_tenant(self.tenant(tenant)).select_related("user", "tenant")
        membership = self.find(members, "user__username", user.strip().lower(), "member")
        row = member_row(membership)
        remove_member(membership=membership, by=self.actor, reason=self.reason)
        self.show(row, text=f"{row['username']} has no role in {membership.tenant} any more.")
