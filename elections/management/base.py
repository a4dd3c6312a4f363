"""What the commands about elections have in common: naming one, and showing one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandParser

from elections.consequences import Consequence
from elections.models import CollectionElection, Election, StorageElection
from privacy_console.errors import Refused
from tenants.commands import ConsoleCommand, Error

KINDS: dict[str, type[Election]] = {"storage": StorageElection, "collection": CollectionElection}


class ElectionCommand(ConsoleCommand):
    """A command that does something to one election: `deed` is called with election, by and reason."""

    changes = True
    deed: Callable[..., Any]

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=KINDS, help="Where data is stored, or what is collected.")
        parser.add_argument(
            "election", nargs="?", type=int, help="Id of the election, as list_elections shows it."
        )
        parser.add_argument(
            "--tenant", metavar="SLUG", help="Instead of the id: the tenant whose proposal waits."
        )

    def perform(self, *, kind: str, election: int | None, tenant: str | None, **options: Any) -> None:
        found = self._waiting(kind, tenant) if election is None else self._election(kind, election)
        done = type(self).deed(election=found, by=self.actor, reason=self.reason)
        self.show(election_row(done), text=sentence(done))

    def _election(self, kind: str, pk: int) -> Election:
        found: Election = self.owned(
            KINDS[kind], pk, f"{kind} election", "edition", listed_by="list_elections"
        )
        return found

    def _waiting(self, kind: str, slug: str | None) -> Election:
        if not slug:
            raise Error("Name the election by its id, or by --tenant.", returncode=2)
        tenant = self.tenant(slug)
        found: Election | None = KINDS[kind].objects.for_tenant(tenant).awaiting_decision().first()
        if found is None:
            raise Refused("not_found", f"No {kind} election of {tenant} waits for a decision.")
        return found


def election_row(election: Election) -> dict[str, Any]:
    """One election, whole; the names are those of the API."""
    return {
        **summary_row(election),
        "record_id": str(election.record_id),
        "reason": election.reason,
        "catalog_edition": election.edition.number,
        **_own(election),
        "proposed_at": election.proposed_at,
        "proposed_by": election.proposed_by,
        "decided_at": election.decided_at,
        "decided_by": election.decided_by,
        "decision_reason": election.decision_reason,
        "withdrawn_at": election.withdrawn_at,
        "withdrawn_by": election.withdrawn_by,
        "withdraw_reason": election.withdraw_reason,
        "consequences": [each["sentence"] for each in election.consequences],
    }


def _own(election: Election) -> dict[str, Any]:
    if isinstance(election, StorageElection):
        return {
            "region": election.code,
            "origin": election.origin,
            "leaves_boundary": election.leaves_boundary,
            "transfer_assessment": election.transfer_assessment,
            "assessed_on": election.assessed_on,
        }
    return {"features": {part.code: part.is_on for part in election.parts.all()}}  # type: ignore[attr-defined]


def summary_row(election: Election) -> dict[str, Any]:
    """What a line of a list says of an election."""
    return {
        "id": str(election.pk),
        "kind": "storage" if isinstance(election, StorageElection) else "collection",
        "tenant": election.tenant.slug,
        "elects": str(election),
        "state": election.state,
        "effective_from": election.effective_from,
        "ends_at": election.ends_at,
        "proposed_by": election.proposed_by,
    }


def sentence(election: Election) -> str:
    """One election in a line, for a person."""
    state = Election.State(election.state).label.lower()
    begins = f", from {election.effective_from:%Y-%m-%d %H:%M %Z}" if election.effective_from else ""
    return f"Election {election.pk}: {election} for {election.tenant} is {state}{begins}."


def told(consequences: tuple[Consequence, ...]) -> list[str]:
    """The sentences with their sources, for a person."""
    return [f"{each.sentence} ({each.source})" if each.source else each.sentence for each in consequences]
