from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet

from privacy_console.errors import Refused
from tenants.commands import ConsoleCommand
from tenants.management.rows import token_row
from tenants.models import AccessToken
from tenants.services import revoke_token


class Command(ConsoleCommand):
    help = "Make an access token stop working at once, for ever."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "token", help="Its name, or the part between pc_ and the next _, which no other token has."
        )
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of its tenant.")

    def perform(self, *, token: str, tenant: str, **options: Any) -> None:
        tokens = AccessToken.objects.for_tenant(self.tenant(tenant)).select_related("tenant")
        revoked = revoke_token(token=self._named(tokens, token), by=self.actor, reason=self.reason)
        self.show(token_row(revoked))

    def _named(self, tokens: QuerySet[AccessToken], text: str) -> AccessToken:
        prefix = text.split("_")[1] if text.startswith(f"{AccessToken.PREFIX}_") else text
        if found := tokens.filter(prefix=prefix).first():
            return found
        same_name = list(tokens.filter(name=text, revoked_at__isnull=True))
        if len(same_name) > 1:
            prefixes = ", ".join(token.prefix for token in same_name)
            raise Refused(
                "ambiguous", f"{len(same_name)} tokens are called “{text}”. Name one of: {prefixes}."
            )
        named: AccessToken = self.find(tokens, "name", text, "token")
        return named
