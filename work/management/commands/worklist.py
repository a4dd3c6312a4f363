from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from tenants.commands import ConsoleCommand, Error
from tenants.models import User
from work.management.item_rows import item_row, whole_item_row
from work.worklist import Asked, kinds, worklist

MOST = 10_000


class Command(ConsoleCommand):
    help = "List what waits for somebody: what has a date first, the nearest first, then what waits longest."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="In this tenant alone.")
        parser.add_argument("--kind", choices=[kind for kind, _ in kinds()], help="Of this kind alone.")
        parser.add_argument("--overdue", action="store_true", help="Only what is late.")
        parser.add_argument("--person", metavar="USERNAME", help="As this person sees it, by their roles.")
        parser.add_argument(
            "--limit", type=int, default=200, metavar="N", help="So many at most; 200 unless said."
        )

    def perform(
        self,
        *,
        tenant: str | None,
        kind: str | None,
        overdue: bool,
        person: str | None,
        limit: int,
        **options: Any,
    ) -> None:
        if not 1 <= limit <= MOST:
            raise Error(f"--limit is a number from 1 to {MOST:,}.", returncode=2)
        if person:
            self.actor = self.find(User.objects.all(), "username", person.strip().lower(), "person")
        tenants = self.actor.tenants()
        if tenant:
            tenants = tenants.filter(pk=self.tenant(tenant).pk)
        now = timezone.now()
        asked = Asked(frozenset({kind}) if kind else None, now if overdue else None, limit=limit)
        items = worklist(self.actor, tenants, now, asked)
        self.show([whole_item_row(item, now) if self.as_json else item_row(item) for item in items])
