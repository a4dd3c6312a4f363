"""What the addresses below one policy have in common."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Max
from django.http import Http404
from rest_framework.request import Request

from privacy_console.keys import key_of
from tenants.api.viewsets import TenantViewSet
from tenants.models import Tenant, TenantOwned
from terms.models import TermsPolicy


def rows_as_known(model: Any, tenant: Tenant | None, as_of: datetime | None) -> Any:
    """The tenant's rows of a model: as they are, or as known at a past instant."""
    if as_of is None:
        return model.objects.for_tenant(tenant)
    return model.history.for_tenant(tenant).known_at(as_of)


def last_record_of(
    model: type[TenantOwned], tenant: Tenant | None, as_of: datetime | None, **which: Any
) -> int:
    """The id of the last record about some rows of a model, those that are gone included; 0 where there is none."""
    records = model.history.for_tenant(tenant).filter(**which)  # type: ignore[attr-defined]
    if as_of is not None:
        records = records.filter(history_date__lte=as_of)
    return records.aggregate(last=Max("history_id"))["last"] or 0


class PolicyPartViewSet(TenantViewSet):
    """A viewset under `/terms/{terms}/`: 404 where the policy does not exist for the principal."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.policy  # noqa: B018 - before anything is said about the body

    @cached_property
    def policy(self) -> TermsPolicy:
        """The policy as it is now; none is ever deleted, and at an instant before it its lists are empty."""
        key = key_of(self.kwargs["terms"])
        found: TermsPolicy | None = TermsPolicy.objects.for_tenant(self.tenant).filter(pk=key).first()
        if found is None:
            raise Http404
        return found

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(policy=self.policy.pk)

    def present(self, rows: list[Any]) -> list[Any]:
        instances = super().present(rows)
        for instance in instances:
            instance.policy = self.policy
        return instances
