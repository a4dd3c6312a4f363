from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.management.agreement import add_terms, terms
from consents.management.base import ConsentCommand, consent_row, sentence
from consents.services import request_consent


class Command(ConsentCommand):
    help = "Ask for a service to be switched on for a tenant. A privacy officer or tenant admin decides: grant_consent."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument(
            "--service", required=True, metavar="CODE", help="What to switch on: apns, vpp, …"
        )
        parser.add_argument(
            "--connection", default="", metavar="NAME", help="Which connection, where the tenant has several."
        )
        add_terms(parser)

    def perform(self, *, tenant: str, service: str, connection: str, **options: Any) -> None:
        consent = request_consent(
            tenant=self.tenant(tenant),
            service=self.service(service),
            connection=connection,
            by=self.actor,
            **terms(self, options),
        )
        self.show(consent_row(consent), text=sentence(consent))
