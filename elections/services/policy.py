"""How a tenant wants its elections handled: decided by its privacy officer."""

from __future__ import annotations

from django.db import transaction

from audit.context import Action, deed
from elections.models import ElectionPolicy
from tenants.access import Principal, require
from tenants.deeds import held, set_given
from tenants.models import Tenant
from tenants.roles import Permission


@transaction.atomic
def set_election_policy(
    *,
    tenant: Tenant,
    by: Principal,
    four_eyes: bool | None = None,
    recipients: str | None = None,
    reason: str = "",
) -> ElectionPolicy:
    """Change the tenant's policy; what is None stays as it is, or at its default.

    Raises ValidationError, PermissionDenied.
    """
    require(by, Permission.SET_ELECTION_POLICY, tenant)
    # The tenant's row is the lock: the first two changes at once must not make two policies.
    held(tenant)
    policy = ElectionPolicy.of(tenant)
    set_given(policy, four_eyes=four_eyes, recipients=recipients)
    policy.full_clean()
    with deed("electionpolicy.changed", on=ElectionPolicy, action=Action.UPDATE, reason=reason):
        policy.save()
    return policy
