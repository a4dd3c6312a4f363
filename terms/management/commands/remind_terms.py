from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from tenants.models import Employee, Tenant
from terms.management.base import TermsCommand
from terms.services import remind


class Command(TermsCommand):
    help = (
        "Remind now, by e-mail, the employees who owe a policy a decision. Whoever was reminded within a day is not "
        "again. Reminders at set intervals the console sends by itself."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        self.add_policy(parser)
        parser.add_argument(
            "--only", nargs="+", metavar="USER", help="Only these employees, by user name; otherwise all."
        )

    def perform(self, *, tenant: str, name: str, only: list[str] | None, **options: Any) -> None:
        owner = self.tenant(tenant)
        chosen = None if only is None else [self._employee(owner, user) for user in only]
        told = remind(policy=self.policy(owner, name), by=self.actor, employees=chosen, reason=self.reason)
        self.show(asdict(told), str(told))

    def _employee(self, tenant: Tenant, user_name: str) -> int:
        employees = Employee.objects.for_tenant(tenant)
        return int(self.find(employees, "user_principal_name", user_name, "employee").pk)
