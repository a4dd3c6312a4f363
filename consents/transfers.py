"""Whether sharing with a third party is a transfer to a third country (GDPR Chapter V)."""

from __future__ import annotations

from catalog.geographies import protected_countries
from catalog.models import ThirdParty
from tenants.models import Tenant

__all__ = ["needs_safeguard", "protected_countries"]


def needs_safeguard(tenant: Tenant, third_party: ThirdParty) -> bool:
    """Whether data of the tenant leaves the EU and EFTA by going to the third party (GDPR Art. 44).

    A third party whose country the catalog does not know counts as outside.
    """
    inside = protected_countries()
    return tenant.country in inside and third_party.country not in inside
