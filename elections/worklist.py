"""What of the elections waits for somebody: proposals, and tenants of which nobody knows where their data is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.urls import reverse

from elections.growth import grown_parts
from elections.models import CollectionElection, StorageElection
from elections.services.storage import STANDING
from elections.storing import decided_countries
from tenants.models import Tenant
from tenants.pages.parts import admin_url
from tenants.roles import Permission
from work.worklist import Item, Look, Severity, page_about, source

SEE = Permission.VIEW_ELECTIONS


@source("elections.regions", title="Region to be approved", permission=SEE)
def proposed_regions(look: Look) -> Iterator[Item]:
    return _proposals(look, StorageElection, "Approve that data is stored in {}")


@source("elections.features", title="Features to be approved", permission=SEE)
def proposed_features(look: Look) -> Iterator[Item]:
    return _proposals(look, CollectionElection, "Approve: {}")


def _proposals(look: Look, model: Any, title: str) -> Iterator[Item]:
    rows = model.objects.across_tenants().filter(tenant__in=look.tenants).awaiting_decision()
    for election in look.longest(rows.select_related("tenant"), "proposed_at"):
        yield look.item(
            election,
            title=title.format(election),
            about=f"Proposed by {election.proposed_by}",
            url=page_about(election),
            since=election.proposed_at,
        )


@source("elections.growth", title="Feature that collects more", permission=SEE)
def grown_features(look: Look) -> Iterator[Item]:
    """Features that are on and to which a later edition of the catalog added data that nobody was asked about."""
    rows = grown_parts(look.tenants, look.at).select_related("tenant", "election__edition__catalog")
    for part in look.longest(rows, "grown_at"):
        yield look.item(
            part,
            title=f"{part.name} collects more than was elected",
            about=f"Elected on {part.election.edition}; confirm what was added since, or switch it off",
            url=_collected_page(part.tenant),
            since=part.grown_at,
        )


def _collected_page(tenant: Tenant) -> str:
    """What is collected in the tenant; the first screen, where there are no pages."""
    if not admin.site.is_registered(CollectionElection):
        return reverse("admin:index")
    return f"{admin_url(CollectionElection, 'collected')}?tenant={tenant.slug}"


@source("elections.unelected", title="Region to be elected", permission=SEE)
def unelected_tenants(look: Look) -> Iterator[Item]:
    """Tenants without a storage election that none is recorded for by itself: the country says no single geography."""
    elected = StorageElection.objects.across_tenants().filter(tenant=OuterRef("pk"), status__in=STANDING)
    rows = look.tenants.filter(~Exists(elected), status=Tenant.Status.ACTIVE)
    for tenant in look.longest(rows.exclude(country__in=decided_countries()), "created_at"):
        yield look.item(
            tenant,
            title="Elect the region in which data is stored",
            about=f"The directory's country, {tenant.country}, does not say which one: the tenant status does",
            url=_page(),
            since=tenant.created_at,
            tenant=tenant,
            severity=Severity.HIGH,
        )


def _page() -> str:
    """The list of storage elections, where one elects; the first screen, where there are no pages."""
    has_page = admin.site.is_registered(StorageElection)
    return admin_url(StorageElection, "changelist") if has_page else reverse("admin:index")
