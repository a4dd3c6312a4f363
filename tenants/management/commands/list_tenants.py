from __future__ import annotations

from typing import Any

from tenants.commands import ConsoleCommand
from tenants.management.rows import tenant_row
from tenants.models import Tenant


class Command(ConsoleCommand):
    help = "List the tenants, with the short names that other commands ask for."

    def perform(self, **options: Any) -> None:
        self.show([tenant_row(tenant) for tenant in Tenant.objects.all()])
