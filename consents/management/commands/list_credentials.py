from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.management.rows import credential_row, whole_credential_row
from consents.models import Credential
from tenants.commands import ConsoleCommand


class Command(ConsoleCommand):
    help = "List the certificates and tokens that connections live by, the one that ends next first."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="Of this tenant alone.")
        parser.add_argument("--kind", choices=Credential.Kind.values, help="Of this kind alone.")
        parser.add_argument("--retired", action="store_true", help="Those, too, that are retired.")

    def perform(self, *, tenant: str | None, kind: str | None, retired: bool, **options: Any) -> None:
        credentials = Credential.objects.for_user(self.actor).select_related("tenant", "service")
        if tenant:
            credentials = credentials.filter(tenant=self.tenant(tenant))
        if kind:
            credentials = credentials.filter(kind=kind)
        if not retired:
            credentials = credentials.filter(retired_at=None)
        row = whole_credential_row if self.as_json else credential_row
        self.show([row(credential) for credential in credentials])
