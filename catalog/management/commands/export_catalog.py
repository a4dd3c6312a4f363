"""Write an edition of a catalog to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from catalog.exports import Export, Format, export_catalog
from catalog.kinds import KINDS
from catalog.management.base import CatalogCommand


class Command(CatalogCommand):
    help = (
        "Export an edition of a catalog: the latest, or any past one. JSON can be loaded again (load_catalog); "
        "fideslang and DPV are for other privacy tools. That it was exported is recorded."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--format", choices=Format.values, default=Format.JSON, help="JSON where not given."
        )
        parser.add_argument("--edition", type=int, metavar="N", help="Which edition; the latest otherwise.")
        parser.add_argument(
            "--kind",
            choices=list(KINDS),
            default="",
            help="Which table a CSV file holds; the elements otherwise.",
        )
        parser.add_argument(
            "-o", "--output", type=Path, metavar="FILE",
            help="Where to write it, “-” for the terminal; a file named after the edition, in this folder, otherwise.",
        )  # fmt: skip

    def perform(self, *, output: Path | None, **options: Any) -> None:
        catalog = self.catalog(options["catalog"])
        number = options["edition"]
        export = export_catalog(
            catalog=catalog,
            format_name=options["format"],
            by=self.actor,
            edition=self.edition(catalog, number) if number is not None else None,
            kind=options["kind"],
        )
        if str(output) == "-":
            self.pour(export)
        else:
            self.write(export, output or Path(export.filename))

    def pour(self, export: Export) -> None:
        """The file itself to standard output, byte by byte where that is possible."""
        raw = getattr(self.stdout, "buffer", None)
        if raw is not None:
            raw.write(export.content)
        else:
            self.stdout.write(export.content.decode(errors="replace"), ending="")

    def write(self, export: Export, path: Path) -> None:
        if not self.is_dry_run:
            path.write_bytes(export.content)
        result = {"file": str(path), "bytes": len(export.content), "media_type": export.media_type}
        self.show(result, f"{path}: {len(export.content):,} bytes.")
