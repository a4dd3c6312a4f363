from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.models import ConsentPolicy
from consents.services import set_consent_policy
from tenants.commands import ConsoleCommand

SWITCH = {"on": True, "off": False}


class Command(ConsoleCommand):
    help = "Decide how a tenant's consents are handled; what is not named stays. For privacy officers."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument("--four-eyes", choices=SWITCH, help="Whoever requests a consent cannot grant it.")
        parser.add_argument(
            "--safeguard-required",
            choices=SWITCH,
            help="No grant that transfers data to a third country without naming the safeguard.",
        )
        parser.add_argument(
            "--log-decisions",
            choices=ConsentPolicy.DecisionLog.values,
            help="Which answers to “may this flow?” are written into the audit trail.",
        )
        parser.add_argument(
            "--reminder-days",
            type=int,
            nargs="*",
            metavar="DAYS",
            help="How many days before an end reminders are sent: 60 30 14. None where no number follows.",
        )

    def perform(
        self, *, tenant: str, four_eyes: str | None, safeguard_required: str | None, **options: Any
    ) -> None:
        policy = set_consent_policy(
            tenant=self.tenant(tenant),
            by=self.actor,
            four_eyes=SWITCH.get(four_eyes or ""),
            safeguard_required=SWITCH.get(safeguard_required or ""),
            log_decisions=options["log_decisions"],
            reminder_days=options["reminder_days"],
            reason=self.reason,
        )
        self.show(_row(policy))


def _row(policy: ConsentPolicy) -> dict[str, Any]:
    return {
        "tenant": policy.tenant.slug,
        "four_eyes": policy.four_eyes,
        "safeguard_required": policy.safeguard_required,
        "log_decisions": policy.log_decisions,
        "reminder_days": policy.reminder_days,
    }
