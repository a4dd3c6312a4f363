"""How long before an end a tenant wants to be told of it: the lead times of its consent policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from consents.models import ConsentPolicy
from consents.models.policy import default_reminder_days
from tenants.models import Tenant
from work.places import day_of, is_day


def longest(days: list[int]) -> timedelta:
    """The longest of the lead times; none at all, where there are none."""
    return timedelta(days=max(days, default=0))


def within_lead(rows: QuerySet[Any], field: str, tenants: QuerySet[Tenant], at: datetime) -> QuerySet[Any]:
    """Those of the tenants' rows whose end, a time or a day in `field`, is as near as their tenant's longest lead.

    Costs one query, however many the tenants: few different lead times are in use.
    """
    is_near = Q()
    for lead, theirs in _leads(tenants):
        end = at + lead
        is_near |= theirs & Q(**{f"{field}__lte": day_of(end) if is_day(rows, field) else end})
    return rows.filter(is_near)


def _leads(tenants: QuerySet[Tenant]) -> Iterator[tuple[timedelta, Q]]:
    """Each longest lead time in use, with the condition that finds the rows of the tenants that have it."""
    policies = ConsentPolicy.objects.across_tenants().filter(tenant__in=tenants)
    yield longest(default_reminder_days()), ~Q(tenant__in=policies.values("tenant"))
    for days in policies.order_by().values_list("reminder_days", flat=True).distinct():
        yield longest(days), Q(tenant__in=policies.filter(reminder_days=days).values("tenant"))
