from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from tenants.management.exporting import ExportingCommand
from terms.exports import export_acceptances
from terms.management.base import TermsCommand


class Command(ExportingCommand, TermsCommand):
    help = (
        "Export who accepted a policy and who owes it a decision, as CSV, XLSX, JSON or PDF, as it is now or was known "
        "at an instant. That it was exported is recorded, with the file's SHA-256."
    )

    def add_options(self, parser: CommandParser) -> None:
        self.add_policy(parser)
        self.add_report_options(parser)

    def perform(
        self, *, tenant: str, name: str, as_of: datetime | None, output: Path | None, **options: Any
    ) -> None:
        policy = self.policy(self.tenant(tenant), name)
        download = export_acceptances(
            policy=policy, format_name=options["format"], by=self.actor, as_of=as_of
        )
        self.put_download(download, output)
