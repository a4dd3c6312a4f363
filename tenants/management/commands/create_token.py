from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from tenants.commands import ConsoleCommand, moment
from tenants.management.rows import token_row
from tenants.roles import Role
from tenants.services import create_token


class Command(ConsoleCommand):
    help = (
        "Make an access token for a program. It is shown this once: keep it where the program finds it. "
        "The name says what will use it, so that it can be found and revoked."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="The one tenant that it opens.")
        parser.add_argument("--role", required=True, choices=Role.values, help="What it may do there.")
        parser.add_argument("--name", required=True, help="What will use it.")
        parser.add_argument(
            "--expires",
            type=moment,
            metavar="2027-01-31|90d",
            help="When it stops working, a year ahead at most; after 90 days where not given.",
        )
        parser.add_argument(
            "--quiet", action="store_true", help="Print the token alone, for a script to take up."
        )

    def perform(
        self, *, tenant: str, role: str, name: str, expires: datetime | None, quiet: bool, **options: Any
    ) -> None:
        token, secret = create_token(
            tenant=self.tenant(tenant),
            role=role,
            name=name,
            expires_at=expires,
            by=self.actor,
            reason=self.reason,
        )
        # The token of a dry run opens nothing: nobody should take it for one.
        row = token_row(token) | {"token": None if self.is_dry_run else secret}
        if not quiet:
            self.show(row)
        elif not self.is_dry_run:
            self.show({"token": secret}, text=secret)
