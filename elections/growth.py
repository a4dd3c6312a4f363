"""Features that are on and collect more than when they were elected: a later edition of the catalog added to them.

Nobody was asked about what was added. It is collected, and counts as elected; it is said wherever one decides, and
waits in the worklist until the feature is elected anew, on or off.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery

from catalog.models import Collection, Element, FeatureElement
from elections.models import ElectedFeature, Election


def _additions() -> Any:
    """When a feature was given which optional element that it still brings, as history rows."""
    still = FeatureElement.objects.filter(feature=OuterRef("feature_id"), element=OuterRef("element_id"))
    return FeatureElement.history.filter(
        Exists(still),
        history_type="+",
        element__removed_in__isnull=True,
        element__collection=Collection.OPTIONAL,
    )


def added_to(parts: Iterable[ElectedFeature]) -> dict[int, list[Element]]:
    """By feature id, what was added since the edition on which it was elected; of those to which something was.

    parts: of one tenant, each feature once, with their elections and those' editions. One query.
    """
    since = {part.feature_id: part.election.edition.last_event for part in parts if part.is_on}
    added: dict[int, list[Element]] = {}
    if since:
        rows = _additions().filter(feature__in=list(since)).select_related("element__category")
        for row in rows.order_by("element__name", "element_id"):
            if row.history_id > since[row.feature_id]:
                added.setdefault(row.feature_id, []).append(row.element)
    return added


def grown_parts(tenants: Any, at: datetime) -> Any:
    """The parts of elections by which a feature is on at the instant and collects more than it did then; `grown_at`
    says since when. As a queryset, however many tenants."""
    begun = ElectedFeature.objects.across_tenants().filter(
        election__status=Election.Status.APPROVED, election__effective_from__lte=at
    )
    since = Q(election__effective_from__gt=OuterRef("election__effective_from")) | Q(
        election__effective_from=OuterRef("election__effective_from"), election__gt=OuterRef("election_id")
    )
    later = begun.filter(since, tenant=OuterRef("tenant_id"), feature=OuterRef("feature_id"))
    added = _additions().filter(
        feature=OuterRef("feature_id"), history_id__gt=OuterRef("election__edition__last_event")
    )
    first = added.order_by("history_id").values("history_date")[:1]
    on = begun.filter(~Exists(later), tenant__in=tenants, is_on=True, feature__removed_in__isnull=True)
    return on.annotate(grown_at=Subquery(first)).filter(grown_at__isnull=False)
