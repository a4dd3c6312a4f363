"""Electing where a tenant's customer data is stored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from catalog.geographies import geographies
from catalog.models import Region
from elections.consequences import StorageConsequences, as_kept, region_consequences
from elections.models import Election, StorageElection
from elections.rules import check_assessed, check_region, offered_region, refuse_value
from elections.services.life import (
    approve,
    keep_proposal,
    needs_second_person,
    require_no_proposal,
    sign,
)
from elections.storing import region_by_country
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import held, require_open, require_reason
from tenants.models import Tenant
from tenants.roles import Permission

EARLIEST_ASSESSMENT = date(1995, 10, 24)  # Directive 95/46/EC, the first to ask for one
STANDING = (Election.Status.PROPOSED, Election.Status.APPROVED)


@transaction.atomic
def elect_region(
    *,
    tenant: Tenant,
    region: str,
    by: Principal,
    reason: str,
    effective_from: datetime | None = None,
    confirmed: bool = False,
    transfer_assessment: str = "",
    assessed_on: date | None = None,
) -> StorageElection:
    """Elect the geography of this code, from an instant on (now, where none is given).

    It holds at once, or, where the tenant's policy wants a second person, is proposed. confirmed: whoever elects read
    what a move means (`elections.consequences`). transfer_assessment, assessed_on: what was assessed of a transfer out
    of the EU Data Boundary, and when. Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, Permission.PROPOSE_ELECTION, tenant)
    reason = require_reason(reason)
    tenant = held(tenant)
    found = offered_region(region)
    meaning = what_region_means(tenant, found, effective_from)
    require_no_proposal(StorageElection, tenant)
    _require_confirmation(meaning, confirmed)
    _require_assessment(meaning, transfer_assessment, assessed_on)
    election = _election_of(tenant, meaning, reason)
    election.effective_from = effective_from
    election.transfer_assessment, election.assessed_on = transfer_assessment.strip(), assessed_on
    sign(election, by)
    keep_proposal(election, "storage.elected")
    return election if needs_second_person(tenant) else approve(election, by)


def what_region_means(tenant: Tenant, region: Region, effective_from: datetime | None) -> StorageConsequences:
    """What is told before electing. Raises ValidationError or Refused where the rules do not allow it at all."""
    require_open(tenant)
    now = timezone.now()
    begins = effective_from or now
    check_region(tenant, region, begins, now)
    return region_consequences(tenant, region, begins)


def _require_confirmation(meaning: StorageConsequences, confirmed: bool) -> None:
    if meaning.needs_confirmation and not confirmed:
        told = " ".join(each.sentence for each in meaning.told)
        refuse_value("confirmed", "not_confirmed", f"Confirm that you know what a move means: {told}")


def _require_assessment(meaning: StorageConsequences, text: str, assessed_on: date | None) -> None:
    if not meaning.leaves_boundary:
        return
    check_assessed(meaning.region, text)
    if assessed_on is None or not EARLIEST_ASSESSMENT <= assessed_on <= timezone.localdate():
        refuse_value(
            "assessed_on",
            "assessment_undated",
            "Say on which day the transfer was assessed: today or before.",
        )


def _election_of(tenant: Tenant, meaning: StorageConsequences, reason: str) -> StorageElection:
    region = meaning.region
    edition = region.catalog.latest_edition
    if edition is None:
        raise Refused("no_catalog", "No catalog is loaded.")
    return StorageElection(
        tenant=tenant,
        region=region,
        region_record=region.history.latest("history_id").history_id,
        code=region.code,
        name=region.name,
        origin=meaning.origin,
        leaves_boundary=meaning.leaves_boundary,
        edition=edition,
        consequences=as_kept(meaning.told),
        reason=reason,
    )


@transaction.atomic
def begin_storage(*, tenant: Tenant, by: Principal) -> StorageElection | None:
    """Write down where the data of a tenant without any election is: in the geography of its directory's country.

    It holds since the tenant exists. None where there is an election or a proposal already, where several geographies
    list the country, or none does: then somebody has to elect. Raises PermissionDenied.
    """
    require(by, Permission.PROPOSE_ELECTION, tenant)
    tenant = held(tenant)
    region = region_by_country(tenant)
    if region is None or not tenant.is_open or _elected(tenant).exists():
        return None
    meaning = region_consequences(tenant, region, tenant.exists_since)
    election = _election_of(
        tenant, meaning, f"The geography follows the directory's country, {tenant.country}."
    )
    election.effective_from = tenant.exists_since
    sign(election, by)
    election.status, election.decided_at = Election.Status.APPROVED, election.proposed_at
    election.decided_by, election.decided_by_id = election.proposed_by, election.proposed_by_id
    keep_proposal(election, "storage.elected")
    return election


def _elected(tenant: Tenant) -> Any:
    return StorageElection.objects.for_tenant(tenant).filter(status__in=STANDING)


def begin_everywhere(*, by: Principal) -> int:
    """`begin_storage` for every tenant without an election; how many got one. For the schedule."""
    elected = StorageElection.objects.across_tenants().filter(tenant=OuterRef("pk"), status__in=STANDING)
    waiting = Tenant.objects.filter(~Exists(elected), status=Tenant.Status.ACTIVE).order_by("pk")
    among = list(geographies())
    decided = (tenant for tenant in waiting if region_by_country(tenant, among) is not None)
    return sum(begin_storage(tenant=tenant, by=by) is not None for tenant in decided)
