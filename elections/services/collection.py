"""Electing which optional data is collected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from catalog.models import Edition
from elections.consequences import CollectionConsequences, as_kept, collection_consequences
from elections.models import CollectionElection, ElectedFeature
from elections.rules import check_features, switched_features
from elections.services.life import (
    approve,
    keep_proposal,
    needs_second_person,
    require_no_proposal,
    sign,
)
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import held, require_open, require_reason
from tenants.models import Tenant
from tenants.roles import Permission

LONGEST_NAME = 500


@transaction.atomic
def elect_collection(
    *,
    tenant: Tenant,
    features: Mapping[str, bool],
    by: Principal,
    reason: str,
    effective_from: datetime | None = None,
) -> CollectionElection:
    """Switch features on or off, by their codes, as one decision, from an instant on (now, where none is given).

    It holds at once, or, where the tenant's policy wants a second person, is proposed.
    Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, Permission.PROPOSE_ELECTION, tenant)
    reason = require_reason(reason)
    tenant = held(tenant)
    meaning = what_features_mean(tenant, features, effective_from)
    require_no_proposal(CollectionElection, tenant)
    election = _election_of(tenant, meaning, reason)
    election.effective_from = effective_from
    sign(election, by)
    keep_proposal(election, "collection.elected")
    _keep_parts(election, meaning)
    return election if needs_second_person(tenant) else approve(election, by)


def what_features_mean(
    tenant: Tenant, features: Mapping[str, bool], effective_from: datetime | None
) -> CollectionConsequences:
    """What is told before electing. Raises ValidationError or Refused where the rules do not allow it at all."""
    require_open(tenant)
    now = timezone.now()
    begins = effective_from or now
    switched = switched_features(features)
    check_features(tenant, switched, begins, now)
    return collection_consequences(tenant, switched, begins)


def _election_of(tenant: Tenant, meaning: CollectionConsequences, reason: str) -> CollectionElection:
    name = ", ".join(f"{each.feature.name} {'on' if each.is_on else 'off'}" for each in meaning.switched)
    return CollectionElection(
        tenant=tenant,
        name=name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…",
        edition=_edition_of(meaning),
        consequences=as_kept(meaning.told),
        reason=reason,
    )


def _edition_of(meaning: CollectionConsequences) -> Edition:
    edition = meaning.switched[0].feature.catalog.latest_edition
    if edition is None:
        raise Refused("no_catalog", "No catalog is loaded.")
    return edition


def _keep_parts(election: CollectionElection, meaning: CollectionConsequences) -> None:
    ElectedFeature.objects.for_tenant(election.tenant).bulk_create(
        ElectedFeature(
            tenant=election.tenant,
            election=election,
            feature=each.feature,
            feature_record=each.feature.history.latest("history_id").history_id,
            code=each.feature.code,
            name=each.feature.name,
            is_on=each.is_on,
        )
        for each in meaning.switched
    )
