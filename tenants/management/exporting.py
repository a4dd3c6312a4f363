"""Writing what was exported: to a file, or to the terminal."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandParser

from tenants.commands import ConsoleCommand, moment
from tenants.exports import Download, Format


class ExportingCommand(ConsoleCommand):
    changes = True

    def add_output(self, parser: CommandParser) -> None:
        parser.add_argument(
            "-o", "--output", type=Path, metavar="FILE",
            help="Where to write it, “-” for the terminal; a file with a fitting name, in this folder, otherwise.",
        )  # fmt: skip

    def add_report_options(self, parser: CommandParser) -> None:
        """Format, instant and place of a register or report."""
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

    def put_download(self, download: Download, output: Path | None) -> None:
        about = {"bytes": download.size, "media_type": download.media_type, "sha256": download.sha256}
        self.put(download.body, output or Path(download.filename), about)

    def put(self, body: IO[bytes], path: Path, about: dict[str, Any]) -> None:
        """Write the file to the path, or pour it to standard output, byte by byte where that is possible."""
        if str(path) == "-":
            self._pour(body)
            return
        if not self.is_dry_run:
            with path.open("wb") as out:
                shutil.copyfileobj(body, out)
        self.show({"file": str(path), **about}, f"{path}: {about['bytes']:,} bytes.")

    def _pour(self, body: IO[bytes]) -> None:
        raw = getattr(self.stdout, "buffer", None)
        if raw is not None:
            shutil.copyfileobj(body, raw)
        else:
            self.stdout.write(body.read().decode(errors="replace"), ending="")
