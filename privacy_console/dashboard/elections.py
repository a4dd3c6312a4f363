"""Where the data of the tenants at hand is stored, which optional features are on, and what of it waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from elections.collecting import features_on_in
from elections.models import CollectionElection, StorageElection
from privacy_console.dashboard.reader import SHOWN, Reader
from privacy_console.dashboard.tasks import Waiting
from tenants.models import Tenant
from tenants.pages.parts import admin_url
from tenants.roles import Permission
from work.worklist import Item

PROPOSALS = ("elections.regions", "elections.features")


@dataclass(frozen=True)
class Elected:
    """What a tenant elected. stored: None where nobody knows. waiting: its proposals, from the worklist."""

    tenant: Tenant
    stored: StorageElection | None
    on: int
    waiting: Sequence[Item]
    may_elect: bool

    @property
    def collected_url(self) -> str:
        return f"{admin_url(CollectionElection, 'collected')}?tenant={self.tenant.slug}"


def elected_of(reader: Reader, tasks: Waiting) -> list[Elected]:
    """The first of the tenants at hand whose elections the reader may see; the same few queries for all of them."""
    person = reader.person
    tenants = list(reader.tenants.order_by("name", "id")[:SHOWN])
    seen = [tenant for tenant in tenants if person.may(Permission.VIEW_ELECTIONS, tenant)]
    stored = {row.tenant_id: row for row in reader.own(StorageElection).in_force().filter(tenant__in=seen)}
    proposals = [item for item in tasks.items if item.kind in PROPOSALS]
    on = features_on_in(seen)
    return [
        Elected(
            tenant,
            stored.get(tenant.pk),
            len(on.get(tenant.pk, ())),
            [item for item in proposals if item.tenant.pk == tenant.pk],
            person.may(Permission.PROPOSE_ELECTION, tenant),
        )
        for tenant in seen
    ]
