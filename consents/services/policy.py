"""How a tenant wants its consents handled: decided by its privacy officer."""

from __future__ import annotations

from django.db import transaction

from audit.context import Action, deed
from consents.models import ConsentPolicy
from tenants.access import Principal, require
from tenants.deeds import held, set_given
from tenants.models import Tenant
from tenants.roles import Permission


@transaction.atomic
def set_consent_policy(
    *,
    tenant: Tenant,
    by: Principal,
    four_eyes: bool | None = None,
    safeguard_required: bool | None = None,
    log_decisions: str | None = None,
    reminder_days: list[int] | None = None,
    reason: str = "",
) -> ConsentPolicy:
    """Change the tenant's policy; what is None stays as it is, or at its default.

    Raises ValidationError, PermissionDenied.
    """
    require(by, Permission.SET_CONSENT_POLICY, tenant)
    # The tenant's row is the lock: the first two changes at once must not make two policies.
    held(tenant)
    policy = ConsentPolicy.of(tenant)
    set_given(
        policy,
        four_eyes=four_eyes,
        safeguard_required=safeguard_required,
        log_decisions=log_decisions,
        reminder_days=reminder_days,
    )
    policy.full_clean()
    policy.reminder_days = sorted(set(policy.reminder_days), reverse=True)
    with deed("consentpolicy.changed", on=ConsentPolicy, action=Action.UPDATE, reason=reason):
        policy.save()
    return policy
