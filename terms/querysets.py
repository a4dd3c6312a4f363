"""The reading vocabulary of terms: `TermsPolicy.objects.for_tenant(t).asked_of(employee)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from tenants.models import Employee
from tenants.scoping import TenantManager

if TYPE_CHECKING:
    from terms.models import Acceptance, TermsPolicy  # noqa: F401


class PolicyQuerySet(models.QuerySet["TermsPolicy"]):
    def in_use(self) -> Self:
        return self.filter(retired_at__isnull=True)

    def asked_of(self, employee: Employee) -> Self:
        """The policies that are for this employee; being in an excluded group wins."""
        groups = employee.group_memberships.values("group")
        included = Q(for_everybody=True) | Q(targets__group__in=groups, targets__excluded=False)
        found = self.in_use().filter(included, tenant=employee.tenant_id)
        return found.exclude(targets__in=_excluding(groups)).distinct()


def _excluding(groups: Any) -> models.QuerySet[models.Model]:
    from terms.models import TermsTarget

    found: models.QuerySet[models.Model] = TermsTarget.objects.across_tenants().filter(
        group__in=groups, excluded=True
    )
    return found


class AcceptanceQuerySet(models.QuerySet["Acceptance"]):
    def accepted(self) -> Self:
        return self.filter(decision="accepted")


PolicyManager = TenantManager.from_queryset(PolicyQuerySet)
AcceptanceManager = TenantManager.from_queryset(AcceptanceQuerySet)
