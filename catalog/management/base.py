"""What the commands of the catalog have in common."""

from __future__ import annotations

from django.core.management.base import CommandParser

from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Catalog, Edition
from privacy_console.errors import Refused
from tenants.commands import ConsoleCommand


class CatalogCommand(ConsoleCommand):
    """A command about one catalog."""

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--catalog", default=REFERENCE_CATALOG, metavar="CODE", help="Which catalog; Microsoft Intune's otherwise."
        )  # fmt: skip

    def catalog(self, code: str) -> Catalog:
        """The catalog with this code."""
        found: Catalog = self.find(Catalog.objects.all(), "code", code, "catalog")
        return found

    def edition(self, catalog: Catalog, number: int) -> Edition:
        """One of the catalog's editions. Raises Refused that says which there are."""
        edition = catalog.editions.filter(number=number).first()
        if edition is None:
            last = catalog.latest_edition
            known = f"it has 1 to {last.number}" if last else "it has none"
            raise Refused("not_found", f"The catalog “{catalog.code}” has no edition {number}; {known}.")
        return edition
