"""What ends when, for a tenant."""

from __future__ import annotations

from collections.abc import Iterable

from consents.expiries import SOURCES, expiries
from privacy_console.rest.viewsets import Parameter
from tenants.models import Tenant
from tenants.roles import Permission
from work.api.items import INSTANT, ItemsViewSet, choice, instant_asked, one_of
from work.worklist import Asked, Item

KINDS = tuple(source.kind for source in SOURCES)


class ExpiriesViewSet(ItemsViewSet):
    """The ends to come of consents, contracts, certificates, tokens and days of grace, the nearest first."""

    permissions_needed = {"list": Permission.VIEW_SHARING}

    def query_parameters(self) -> Iterable[Parameter]:
        return (
            *super().query_parameters(),
            choice("kind", "Only the ends of these.", KINDS),
            Parameter("until", "Only what ends before this instant.", INSTANT),
        )

    def asked(self) -> Asked:
        kind = one_of(self.request, "kind", KINDS)
        return Asked(frozenset({kind}) if kind else None, instant_asked(self.request, "until"))

    def found(self, asked: Asked) -> list[Item]:
        tenants = Tenant.objects.filter(pk=self.tenant.pk)
        return expiries(self.principal, tenants, at=self.at, until=asked.due_before, asked=asked)
