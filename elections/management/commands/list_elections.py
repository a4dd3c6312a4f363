from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from elections.collecting import set_collection_ends
from elections.management.base import KINDS, election_row, summary_row
from elections.models import CollectionElection, Election, StorageElection
from elections.storing import set_storage_ends
from tenants.commands import ConsoleCommand


class Command(ConsoleCommand):
    help = (
        "List the elections, newest first: where data is stored, and which optional data is collected. --json shows "
        "them whole."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="Of this tenant alone.")
        parser.add_argument("--kind", choices=KINDS, help="Of this kind alone.")
        parser.add_argument("--state", choices=Election.State.values, help="In this state alone.")

    def perform(self, *, tenant: str | None, kind: str | None, state: str | None, **options: Any) -> None:
        kinds = [KINDS[kind]] if kind else list(KINDS.values())
        found = [election for each in kinds for election in self._rows(each, tenant, state)]
        found.sort(key=lambda election: (election.proposed_at, election.pk), reverse=True)
        self.show([election_row(each) if self.as_json else summary_row(each) for each in found])

    def _rows(self, kind: Any, tenant: str | None, state: str | None) -> list[Any]:
        rows = kind.objects.for_user(self.actor).select_related("tenant", "edition")
        if tenant:
            rows = rows.filter(tenant=self.tenant(tenant))
        if state:
            rows = rows.in_state(state, timezone.now())
        found = list(rows.prefetch_related("parts") if kind is CollectionElection else rows)
        set_ends = set_storage_ends if kind is StorageElection else set_collection_ends
        set_ends(found, kind.objects.for_user(self.actor))
        return found
