from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

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
            **terms(options, self.reason),
        )
        self.show(consent_row(consent), text=sentence(consent))


def add_terms(parser: CommandParser) -> None:
    """The options that say on what grounds a service is asked for."""
    parser.add_argument(
        "--justification", default="", help="Why the organisation needs it; else the --reason."
    )
    parser.add_argument(
        "--contract-reference",
        default="",
        help="Your own contract with the third party, which governs the data there.",
    )
    parser.add_argument("--terms-url", default="", help="Where the third party publishes its terms.")


def terms(options: dict[str, Any], reason: str) -> dict[str, str]:
    """What `request_consent` takes of those options."""
    given = {name: options[name] for name in ("justification", "contract_reference", "terms_url")}
    return given | {"justification": given["justification"] or reason}
