from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from consents.exports import export_register
from tenants.management.exporting import ExportingCommand


class Command(ExportingCommand):
    help = (
        "Export a tenant's register of consents as CSV, XLSX, JSON or PDF, as it is now or was known at an instant. "
        "That it was exported is recorded, with the file's SHA-256."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        self.add_report_options(parser)

    def perform(self, *, tenant: str, as_of: datetime | None, output: Path | None, **options: Any) -> None:
        download = export_register(
            tenant=self.tenant(tenant), format_name=options["format"], by=self.actor, as_of=as_of
        )
        self.put_download(download, output)
