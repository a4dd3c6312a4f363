from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from consents.management.agreement import add_terms, terms
from consents.management.base import ConsentCommand, consent_row, sentence
from consents.models import Consent
from consents.services import grant_consent, request_consent
from tenants.commands import moment


class Command(ConsentCommand):
    help = (
        "Grant a sharing consent: from then on the service's data may flow. Named by tenant and service, it is "
        "requested in the same go where nobody has yet. It needs a --reason."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        self.add_selection(parser)
        parser.add_argument("--effective-from", type=moment, metavar="DATE", help="When it begins; else now.")
        parser.add_argument(
            "--effective-until", type=moment, metavar="DATE|365d", help="When it ends by itself; else never."
        )
        add_terms(parser)

    def perform(
        self, *, effective_from: datetime | None, effective_until: datetime | None, **options: Any
    ) -> None:
        consent = self.selected(Consent.State.REQUESTED, **options) or self._request(options)
        granted = grant_consent(
            consent=consent,
            by=self.actor,
            reason=self.reason,
            effective_from=effective_from,
            effective_until=effective_until,
        )
        self.show(consent_row(granted), text=sentence(granted))

    def _request(self, options: dict[str, Any]) -> Consent:
        tenant, service = self.named(**options)
        return request_consent(
            tenant=tenant,
            service=service,
            connection=options["connection"],
            by=self.actor,
            **terms(self, options),
        )
