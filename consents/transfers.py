"""Whether sharing with a third party needs a transfer safeguard to be named (GDPR Chapter V).

Asked of the EU Data Boundary (EU and EFTA), not of the EEA: only Switzerland tells them apart. What goes there from the
EEA is a transfer, but the adequacy decision on Switzerland allows it, so that nothing has to be named; and what leaves
Switzerland is under a law of its own that asks for the same. `residency` says exactly what is a transfer.
"""

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
