from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.management.base import ConsentCommand, consent_row, sentence
from consents.models import Consent
from consents.services import withdraw_consent
from privacy_console.errors import Refused


class Command(ConsentCommand):
    help = "Withdraw a sharing consent: from this moment nothing may flow. It needs a --reason; the record stays."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        self.add_selection(parser)

    def perform(self, **options: Any) -> None:
        consent = self.selected(Consent.State.GRANTED, **options)
        if consent is None:
            raise Refused(
                "not_granted",
                "No consent for this service and connection is granted. list_consents shows them.",
            )
        withdrawn = withdraw_consent(consent=consent, by=self.actor, reason=self.reason)
        self.show(consent_row(withdrawn), text=sentence(withdrawn))
