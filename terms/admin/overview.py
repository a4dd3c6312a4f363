"""How far each of some policies has come, in two queries for all of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Value

from terms.models import Acceptance, TermsPolicy, TermsVersion
from terms.models.version import Publication
from terms.progress import asked_of


@dataclass(frozen=True)
class Overview:
    """The version that is asked for, of how many, and how many of them accepted it; None: nothing is asked."""

    version: TermsVersion | None = None
    asked: int = 0
    accepted: int = 0


def overviews(policies: Collection[TermsPolicy], at: datetime) -> dict[int, Overview]:
    """The overview of each policy, by its key; it agrees with `terms.progress.progress`."""
    versions = _in_force(policies, at)
    asking = [policy for policy in policies if policy.pk in versions and not policy.is_retired]
    counts: dict[int, dict[bool, int]] = {policy.pk: {} for policy in asking}
    first, *others = [_counted(policy, versions[policy.pk], at) for policy in asking] or [None]
    if first is not None:
        for key, has_accepted, number in first.union(*others, all=True):
            counts[key][bool(has_accepted)] = number
    return {
        policy.pk: Overview(
            versions.get(policy.pk),
            sum(counts.get(policy.pk, {}).values()),
            counts.get(policy.pk, {}).get(True, 0),
        )
        for policy in policies
    }


def _in_force(policies: Collection[TermsPolicy], at: datetime) -> dict[int, TermsVersion]:
    """By policy, what `terms.standing.version_asked` says of each."""
    begun = TermsVersion.objects.across_tenants().filter(
        policy__in=[policy.pk for policy in policies],
        status=Publication.PUBLISHED,
        effective_from__lte=at,
    )
    newest = {version.policy_id: version for version in begun.order_by("number")}
    return {
        key: version
        for key, version in newest.items()
        if version.expires_at is None or version.expires_at > at
    }


def _counted(policy: TermsPolicy, version: TermsVersion, at: datetime) -> Any:
    holds = Q(valid_until__isnull=True) | Q(valid_until__gt=at)
    accepted = Acceptance.objects.for_tenant(policy.tenant_id).accepted().filter(holds, version=version)
    of_one = Exists(accepted.filter(employee=OuterRef("pk")))
    employees = asked_of(policy).order_by().annotate(about=Value(policy.pk), has_accepted=of_one)
    return (
        employees.values("about", "has_accepted")
        .annotate(n=Count("pk"))
        .values_list("about", "has_accepted", "n")
    )
