from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import CommandParser

from tenants.commands import ConsoleCommand
from tenants.management.rows import tenant_row
from tenants.services import create_tenant


class Command(ConsoleCommand):
    help = "Take in an organisation as a tenant. Give it members next: add_member."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "slug", help="Short name in addresses, for example contoso. It cannot change later."
        )
        parser.add_argument("--name", required=True, help="The organisation's name, as people know it.")
        parser.add_argument(
            "--directory-id",
            required=True,
            metavar="GUID|new",
            help="The tenant's id in Microsoft Entra ID; “new” makes one up, for trying things out.",
        )
        parser.add_argument("--country", required=True, help="Country of the directory: DE, US, …")

    def perform(self, *, slug: str, name: str, directory_id: str, country: str, **options: Any) -> None:
        directory = uuid.uuid4() if directory_id == "new" else directory_id
        tenant = create_tenant(slug=slug, name=name, directory_id=directory, country=country, by=self.actor)
        self.show(tenant_row(tenant))
