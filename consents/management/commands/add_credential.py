from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from consents.management.rows import whole_credential_row
from consents.models import Credential
from consents.services.credentials import add_credential
from tenants.commands import ConsoleCommand, moment


class Command(ConsoleCommand):
    help = (
        "Enter a certificate or token with its end, so that somebody is reminded in time. An import enters those that "
        "it sees by itself."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument("--kind", required=True, choices=Credential.Kind.values, help="What it is.")
        parser.add_argument("--name", required=True, help="How people call it.")
        parser.add_argument(
            "--expires-at", required=True, type=moment, metavar="DATE|365d", help="When it stops working."
        )
        parser.add_argument("--connection", default="", metavar="NAME", help="Which connection uses it.")
        parser.add_argument("--account", default="", help="The account that made it, needed to renew it.")
        parser.add_argument("--serial-number", default="")
        parser.add_argument(
            "--grace-days",
            type=int,
            metavar="DAYS",
            help="For how long it can be renewed afterwards; by its kind.",
        )

    def perform(self, *, tenant: str, expires_at: datetime, grace_days: int | None, **options: Any) -> None:
        texts = {name: options[name] for name in ("kind", "name", "connection", "account", "serial_number")}
        added = add_credential(
            tenant=self.tenant(tenant),
            expires_at=expires_at,
            grace_days=grace_days,
            by=self.actor,
            reason=self.reason,
            **texts,
        )
        text = f"{added.get_kind_display()} “{added}” of {added.tenant} ends {added.expires_at:%Y-%m-%d}."
        self.show(whole_credential_row(added), text)
