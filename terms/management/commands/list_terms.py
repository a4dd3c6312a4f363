from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from terms.management.base import TermsCommand, policy_row
from terms.models import TermsPolicy
from terms.progress import progress


class Command(TermsCommand):
    help = "List the terms policies, and how many employees accepted what is asked for."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="Of this tenant alone.")
        parser.add_argument("--retired", action="store_true", help="Those, too, that are retired.")

    def perform(self, *, tenant: str | None, retired: bool, **options: Any) -> None:
        policies = TermsPolicy.objects.for_user(self.actor).select_related("tenant")
        if tenant:
            policies = policies.filter(tenant=self.tenant(tenant))
        if not retired:
            policies = policies.in_use()
        self.show([_row(policy) for policy in policies])


def _row(policy: TermsPolicy) -> dict[str, Any]:
    numbers = progress(policy)
    return policy_row(policy) | {
        "asked": numbers.asked,
        "accepted": numbers.accepted_latest,
        "percent": numbers.percent,
    }
