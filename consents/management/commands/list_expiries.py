from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from consents.expiries import expiries
from tenants.commands import ConsoleCommand, moment
from work.management.item_rows import item_row, whole_item_row
from work.worklist import Asked

MOST = 10_000


class Command(ConsoleCommand):
    help = "List what ends when: consents, contracts, certificates and tokens, and their days of grace."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="In this tenant alone.")
        parser.add_argument(
            "--until",
            type=moment,
            metavar="WHEN",
            help="What ends before then: 2027-01-31, a time, or 90d from now.",
        )

    def perform(self, *, tenant: str | None, until: datetime | None, **options: Any) -> None:
        tenants = self.actor.tenants()
        if tenant:
            tenants = tenants.filter(pk=self.tenant(tenant).pk)
        now = timezone.now()
        items = expiries(self.actor, tenants, at=now, until=until, asked=Asked(limit=MOST))
        self.show([whole_item_row(item, now) if self.as_json else item_row(item) for item in items])
