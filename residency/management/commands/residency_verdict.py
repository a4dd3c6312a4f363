from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from privacy_console.errors import Refused
from residency.facts import When
from residency.telling import verdict_data
from residency.verdict import Verdict, verdict_of
from tenants.commands import ConsoleCommand, as_text, moment


class Command(ConsoleCommand):
    help = (
        "Say in which countries a tenant's data is stored and processed, whether that is a transfer (GDPR Chapter V), "
        "and by which safeguard."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument(
            "--at", type=moment, help="The instant that is asked about; now, where not given."
        )
        parser.add_argument("--known-at", type=moment, help="Answer as known then, for example 2027-01-31.")

    def perform(self, *, tenant: str, at: datetime | None, known_at: datetime | None, **options: Any) -> None:
        if known_at is not None and known_at > timezone.now():
            raise Refused("in_the_future", "Nobody knows yet what will be known then.")
        verdict = verdict_of(self.tenant(tenant), When(at or known_at or timezone.now(), known_at))
        self.show(verdict_data(verdict), text_of(verdict))


def text_of(verdict: Verdict) -> str:
    """Where it is stored, then who receives it."""
    stored = verdict.election.name if verdict.election else "not known: no storage election is recorded"
    rows = [
        {
            "service": recipient.service.code,
            "connection": recipient.connection,
            "country": recipient.country or "not known",
            "transfer": recipient.judgement.standing.label,
            "safeguard": recipient.judgement.detail,
            "since": recipient.judgement.since,
        }
        for recipient in verdict.recipients
    ]
    return f"Stored in: {stored}\n\n{as_text(rows)}"
