from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import CommandParser

from tenants.commands import ConsoleCommand, day
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
        parser.add_argument(
            "--since",
            type=day,
            metavar="DATE",
            help="Since when it exists in its directory: nothing is recorded for it that held before; else today.",
        )

    def perform(self, *, directory_id: str, **options: Any) -> None:
        given = {name: options[name] for name in ("slug", "name", "country", "since")}
        directory = uuid.uuid4() if directory_id == "new" else directory_id
        self.show(tenant_row(create_tenant(**given, directory_id=directory, by=self.actor)))
