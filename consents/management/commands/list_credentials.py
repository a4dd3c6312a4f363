from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

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
        row = credential_row if self.as_json else summary_row
        self.show([row(credential) for credential in credentials])


def summary_row(credential: Credential) -> dict[str, Any]:
    """What a line of a list says of a certificate or token."""
    return {
        "id": str(credential.pk),
        "tenant": credential.tenant.slug,
        "kind": credential.get_kind_display(),
        "name": credential.name,
        "connection": credential.connection,
        "account": credential.account,
        "expires_at": credential.expires_at,
        "source": credential.get_source_display(),
    }


def credential_row(credential: Credential) -> dict[str, Any]:
    """One certificate or token, whole; the names are those of the API."""
    return {
        "id": str(credential.pk),
        "tenant": credential.tenant.slug,
        "kind": credential.kind,
        "service": credential.service.code,
        "connection": credential.connection,
        "external_id": credential.external_id,
        "name": credential.name,
        "account": credential.account,
        "serial_number": credential.serial_number,
        "expires_at": credential.expires_at,
        "grace_days": credential.grace_days,
        "source": credential.source,
        "retired_at": credential.retired_at,
    }
