from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from portal.models import IdentityProvider
from portal.providers import LONGEST_SECRET, return_address, set_identity_provider
from tenants.commands import ConsoleCommand

SWITCH = {"on": True, "off": False}
STDIN = Path("-")


class Command(ConsoleCommand):
    help = (
        "Set the OpenID Connect provider by which a tenant's employees sign in to the portal; what is not named stays. "
        "For administrators. It prints the address to register at the provider."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument(
            "--issuer", metavar="URL", help="The provider's address exactly as it writes it itself."
        )
        parser.add_argument("--client-id", metavar="ID", help="What the provider calls this console.")
        parser.add_argument(
            "--secret-file",
            type=Path,
            metavar="FILE",
            help="A file with the client secret, or - to read it from the input.",
        )
        parser.add_argument("--scopes", metavar="SCOPES", help="What is asked for, such as “openid profile”.")
        parser.add_argument(
            "--claim",
            choices=IdentityProvider.Claim.values,
            help="Which of the provider's statements tells the employee.",
        )
        parser.add_argument(
            "--directory",
            metavar="ID",
            help="Let in people of this directory only (tid); empty: of every one.",
        )
        parser.add_argument(
            "--newcomers", choices=SWITCH, help="Whoever is not in the directory yet comes in by signing in."
        )
        parser.add_argument("--switch", choices=SWITCH, help="Offer this way in on the portal.")

    def perform(self, *, tenant: str, secret_file: Path | None, **options: Any) -> None:
        provider = set_identity_provider(
            tenant=self.tenant(tenant),
            by=self.actor,
            issuer=options["issuer"],
            client_id=options["client_id"],
            client_secret=_secret_in(secret_file) if secret_file else None,
            scopes=options["scopes"],
            claim=options["claim"],
            directory=options["directory"],
            joins=SWITCH.get(options["newcomers"] or ""),
            is_on=SWITCH.get(options["switch"] or ""),
            reason=self.reason,
        )
        self.show(_row(provider))


def _secret_in(file: Path) -> str:
    if file == STDIN:
        return sys.stdin.read(LONGEST_SECRET + 2)
    with file.open() as reader:
        return reader.read(LONGEST_SECRET + 2)


def _row(provider: IdentityProvider) -> dict[str, Any]:
    return {
        "tenant": provider.tenant.slug,
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "secret_set_at": provider.secret_set_at,
        "scopes": provider.scopes,
        "claim": provider.claim,
        "directory": provider.directory,
        "newcomers": provider.joins,
        "on": provider.is_on,
        "return_address": return_address(provider.tenant),
    }
