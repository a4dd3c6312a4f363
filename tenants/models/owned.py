"""What every row of a tenant has: its owner for ever, its history, and reading that starts from the tenant."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from audit.history import AuditedRecords
from tenants.models.tenant import Tenant
from tenants.scoping import TenantHistoryManager, TenantManager, validating


class TenantRecords(AuditedRecords):
    """`history = TenantRecords(category=…)`: audited, in its tenant's timeline, and read in its tenant only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(tenant="tenant_id", history_manager=TenantHistoryManager, **options)


class TenantOwned(models.Model):
    """A row that belongs to one tenant for ever and refers to rows of no other: the database sees to both."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="%(class)ss", editable=False)

    objects: ClassVar[TenantManager] = TenantManager()

    class Meta:
        abstract = True

    def validate_unique(self, exclude: Any = None) -> None:
        with validating():
            super().validate_unique(exclude)

    def validate_constraints(self, exclude: Any = None) -> None:
        """Check the named constraints; the tenant is always known, and part of most of them."""
        with validating():
            super().validate_constraints({name for name in exclude or () if name != "tenant"})
