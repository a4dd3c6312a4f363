from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from consents.exports import Format, export_register
from consents.management.exporting import ExportingCommand
from tenants.commands import moment


class Command(ExportingCommand):
    help = (
        "Export a tenant's register of consents as CSV, XLSX, JSON or PDF, as it is now or was known at an instant. "
        "That it was exported is recorded, with the file's SHA-256."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument(
            "--format", choices=Format.values, default=Format.JSON, help="JSON where not given."
        )
        parser.add_argument(
            "--as-of",
            type=moment,
            metavar="TIME",
            help="As it was known then, for example 2027-01-31T10:00Z.",
        )
        self.add_output(parser)

    def perform(self, *, tenant: str, as_of: datetime | None, output: Path | None, **options: Any) -> None:
        download = export_register(
            tenant=self.tenant(tenant), format_name=options["format"], by=self.actor, as_of=as_of
        )
        about = {"bytes": download.size, "media_type": download.media_type, "sha256": download.sha256}
        self.put(download.body, output or Path(download.filename), about)
