"""Whether sharing with a third party is a transfer to a third country (GDPR Chapter V)."""

from __future__ import annotations

from catalog.models import Region, ThirdParty
from tenants.models import Tenant

BOUNDARY = "EUDB"


def protected_countries() -> frozenset[str]:
    """The countries of the EU Data Boundary (EU and EFTA), as the catalog lists them; ISO 3166-1 alpha-2."""
    found = Region.objects.current().filter(code=BOUNDARY).values_list("countries", flat=True)
    return frozenset(country for countries in found for country in countries)


def needs_safeguard(tenant: Tenant, third_party: ThirdParty) -> bool:
    """Whether data of the tenant leaves the EU and EFTA by going to the third party (GDPR Art. 44).

    A third party whose country the catalog does not know counts as outside.
    """
    inside = protected_countries()
    return tenant.country in inside and third_party.country not in inside
