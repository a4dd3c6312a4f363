from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from consents.management.base import ConsentCommand, consent_row, summary_row, with_renewals
from consents.models import Consent
from consents.querysets import in_state


class Command(ConsentCommand):
    help = (
        "List the sharing consents, newest request first. --json shows them whole, with the flows they cover."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="Of this tenant alone.")
        parser.add_argument("--service", metavar="CODE", help="For this service alone: apns, vpp, …")
        parser.add_argument("--state", choices=Consent.State.values, help="In this state alone.")

    def perform(self, *, tenant: str | None, service: str | None, state: str | None, **options: Any) -> None:
        consents = (
            Consent.objects.for_user(self.actor)
            .with_open_steps()
            .select_related("tenant", "service", "edition")
            .prefetch_related("covered_flows")
        )
        if tenant:
            consents = consents.filter(tenant=self.tenant(tenant))
        if service:
            consents = consents.filter(service=self.service(service))
        if state:
            consents = consents.filter(in_state(state, timezone.now()))
        if self.as_json:
            self.show([consent_row(consent) for consent in with_renewals(consents)])
        else:
            self.show([summary_row(consent) for consent in consents])
