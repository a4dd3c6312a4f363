"""Reading that is closed until it is told for whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.db import models
from simple_history.manager import HistoryManager

from audit.querysets import PastQuerySet
from privacy_console.errors import ScopeRequired

if TYPE_CHECKING:
    from tenants.access import Principal
    from tenants.models import Tenant

_validating: ContextVar[bool] = ContextVar("validating_a_model", default=False)


@contextmanager
def validating() -> Iterator[None]:
    """Let Django's own uniqueness checks of one instance read; they compare inside its tenant."""
    token = _validating.set(True)
    try:
        yield
    finally:
        _validating.reset(token)


def _is_inside_a_tenant(instance: models.Model | None) -> bool:
    """`tenant.consents` and `consent.flows` start from a row at hand and stay in its tenant; `user.memberships` not."""
    return instance is not None and (
        hasattr(instance, "tenant_id") or instance._meta.label == "tenants.Tenant"
    )


class TenantManager(models.Manager[Any]):
    """`Model.objects`: answers `for_tenant`, `for_user` and `across_tenants`, and refuses everything else."""

    def get_queryset(self) -> Any:
        if _is_inside_a_tenant(getattr(self, "instance", None)) or _validating.get():
            return super().get_queryset()
        raise ScopeRequired(self.model)

    def for_tenant(self, tenant: Tenant | int) -> Any:
        """The rows of one tenant."""
        return super().get_queryset().filter(tenant=tenant)

    def for_user(self, principal: Principal) -> Any:
        """The rows of every tenant that the person or token may see."""
        return super().get_queryset().filter(tenant__in=principal.tenants())

    def across_tenants(self) -> Any:
        """Every tenant's rows: for the platform's own work, never for a page or an answer."""
        return super().get_queryset()


class TenantHistoryManager(HistoryManager):
    """`Model.history`: closed in the same way, except for the history of one object at hand."""

    def get_queryset(self) -> Any:
        if self.instance is None:
            raise ScopeRequired(self.model.instance_type)
        return super().get_queryset().filter(tenant=self.instance.tenant_id)

    def for_tenant(self, tenant: Tenant | int) -> PastQuerySet:
        """The history of one tenant's rows."""
        queryset: PastQuerySet = self.get_super_queryset().filter(tenant=tenant)
        return queryset

    def for_user(self, principal: Principal) -> PastQuerySet:
        queryset: PastQuerySet = self.get_super_queryset().filter(tenant__in=principal.tenants())
        return queryset

    def across_tenants(self) -> PastQuerySet:
        queryset: PastQuerySet = self.get_super_queryset()
        return queryset
