"""What the tests of decisions have in common: consents that live, and questions about them."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from catalog.models import Service
from consents.decisions import Decision, Question, decide
from consents.models import Consent
from consents.services import grant_consent, request_consent, withdraw_consent
from tenants.models import Tenant
from tests.cast import CastTestCase

SERIAL_NUMBER = "apple.out.vpp.serial_number"
LOCATION = "apple.out.vpp.location_token"
DAY = timedelta(days=1)


def instant() -> datetime:
    """Now, with nothing close to it: SQLite keeps thousandths of a second."""
    time.sleep(0.005)
    now = timezone.now()
    time.sleep(0.005)
    return now


class DecisionTestCase(CastTestCase):
    """Contoso's consents for vpp, unless said otherwise."""

    def requested(self, service: str = "vpp", connection: str = "", **options: Any) -> Consent:
        found = Service.objects.filter(code=service).order_by("catalog_id")[0]
        tenant: Tenant = options.pop("tenant", self.contoso)
        return request_consent(
            tenant=tenant, service=found, connection=connection, by=self.operator, **options
        )

    def granted(self, service: str = "vpp", connection: str = "", **period: Any) -> Consent:
        renews = period.pop("renews", None)
        tenant, safeguard = period.pop("tenant", self.contoso), period.pop("safeguard", "")
        asked = self.requested(service, connection, renews=renews, tenant=tenant, safeguard=safeguard)
        return grant_consent(consent=asked, by=self.operator, reason="Needed.", **period)

    def withdrawn(self, consent: Consent) -> Consent:
        return withdraw_consent(consent=consent, by=self.operator, reason="No longer needed.")

    def ask(self, flow: str = SERIAL_NUMBER, *, tenant: Tenant | None = None, **asked: Any) -> Decision:
        """The answer to one question: about the flow, or another subject where one is given."""
        names: dict[str, str] = {}
        for name in ("service", "third_party", "connection"):
            if name in asked:
                names[name] = asked.pop(name)
        if not {"service", "third_party"} & names.keys():
            names["flow"] = flow
        return decide(tenant=tenant or self.contoso, questions=[Question(**names)], **asked)[0]

    def code(self, *args: Any, **asked: Any) -> str:
        """The first reason; what allows and what does not is told by the code."""
        decision = self.ask(*args, **asked)
        code = decision.reasons[0].code
        assert decision.allowed == (code in ("granted", "agent_of_processor", "no_consent_needed"))
        return code
