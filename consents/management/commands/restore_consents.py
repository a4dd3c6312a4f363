from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from consents.management.base import ConsentCommand, consent_row
from consents.records import Outcome, restore_consents
from consents.records.reading import Source


class Command(ConsentCommand):
    help = (
        "Bring consents back from records that export_consent_record wrote: dates, states, coverage and checklists, "
        "all of them or none. Try it with --dry-run first. It needs a --reason, and is for operators."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="FILE", help="JSON-LD: one record, or a list of records."
        )
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Where they belong.")
        parser.add_argument(
            "--from-other-tenant",
            action="store_true",
            help="Take records of another directory too, for example after a merger; the --reason says why.",
        )

    def perform(self, *, files: list[Path], tenant: str, from_other_tenant: bool, **_: Any) -> None:
        outcome = restore_consents(
            tenant=self.tenant(tenant),
            sources=[Source(path.name, path.read_bytes()) for path in files],
            by=self.actor,
            reason=self.reason,
            from_other_tenant=from_other_tenant,
        )
        for remark in outcome.remarks:
            self.remark(remark)
        self.show([consent_row(consent) for consent in outcome.restored], text=_sentence(outcome))


def _sentence(outcome: Outcome) -> str:
    lines = [f"{consent.record_id}  {consent} is {consent.state}." for consent in outcome.restored]
    return "\n".join([*lines, f"{len(outcome.restored)} restored."])
