"""Writing what was exported: to a file, or to the terminal."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandParser

from consents.management.base import ConsentCommand


class ExportingCommand(ConsentCommand):
    changes = True

    def add_output(self, parser: CommandParser) -> None:
        parser.add_argument(
            "-o", "--output", type=Path, metavar="FILE",
            help="Where to write it, “-” for the terminal; a file with a fitting name, in this folder, otherwise.",
        )  # fmt: skip

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
