from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from consents.management.base import ConsentCommand
from consents.models import Consent
from consents.records import export_receipt, export_record
from privacy_console.errors import Refused
from tenants.commands import moment
from tenants.management.exporting import ExportingCommand


class Command(ExportingCommand, ConsentCommand):
    help = (
        "Export one consent as its record (ISO/IEC TS 27560, JSON-LD), which restore_consents reads again, or as the "
        "receipt for whoever gave it. That it was exported is recorded."
    )

    def add_options(self, parser: CommandParser) -> None:
        self.add_selection(parser)
        parser.add_argument("--receipt", action="store_true", help="The receipt instead of the record.")
        parser.add_argument(
            "--as-of",
            type=moment,
            metavar="TIME",
            help="As it was known then, for example 2027-01-31T10:00Z.",
        )
        self.add_output(parser)

    def perform(self, *, receipt: bool, as_of: datetime | None, output: Path | None, **options: Any) -> None:
        consent = self.selected(Consent.State.GRANTED, **options)
        if consent is None:
            raise Refused(
                "not_granted",
                "No consent for this service and connection is granted. Name another by its id (list_consents).",
            )
        export = export_receipt if receipt else export_record
        file = export(consent=consent, by=self.actor, as_of=as_of)
        about = {"bytes": len(file.content), "media_type": file.media_type}
        self.put(io.BytesIO(file.content), output or Path(file.filename), about)
