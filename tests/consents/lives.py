"""Makers: consents in every state, with everything that a record can tell."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from audit.context import Origin, acting
from catalog.models import Service
from consents.models import Consent, EndingStep
from consents.services import (
    assign_step,
    complete_step,
    decline_consent,
    grant_consent,
    request_consent,
    withdraw_consent,
)
from tenants.access import Principal
from tenants.models import Tenant, User

GROUNDS: dict[str, Any] = {
    "contract_reference": "Apple Business Agreement 7",
    "contract_parties": "Contoso GmbH and Apple Distribution International",
    "terms_url": "https://www.apple.com/legal/terms",
    "terms_text": "You agree. „Anführung“ — 日本語",
    "legal_basis": "legitimate_interests",
    "safeguard": "standard_clauses",
    "safeguard_reference": "Clauses of 2021, assessed on 2026-03-01",
    "justification": "The iPads of the field service",
}


def door(**more: Any) -> Any:
    return acting(origin=Origin.ADMIN, actor_name="officer@contoso.example", ip_address="192.0.2.7", **more)


def requested(tenant: Tenant, by: Principal, service: str = "vpp", **values: Any) -> Consent:
    with door():
        return request_consent(
            tenant=tenant, service=Service.objects.get(code=service), by=by, **GROUNDS | values
        )


def granted(tenant: Tenant, by: Principal, service: str = "vpp", **values: Any) -> Consent:
    period: dict[str, Any] = {
        name: values.pop(name) for name in ("effective_from", "effective_until") if name in values
    }
    consent = requested(tenant, by, service, **values)
    with door():
        return grant_consent(consent=consent, by=by, reason="The works council agreed", **period)


def declined(tenant: Tenant, by: Principal, service: str = "vpp", **values: Any) -> Consent:
    consent = requested(tenant, by, service, **values)
    with door():
        return decline_consent(consent=consent, by=by, reason="Not now")


def withdrawn(tenant: Tenant, by: Principal, service: str = "vpp", **values: Any) -> Consent:
    consent = granted(tenant, by, service, **values)
    with door():
        return withdraw_consent(consent=consent, by=by, reason="No longer needed")


def step_done(consent: Consent, by: Principal, owner: User | None = None) -> EndingStep:
    """The first step of the checklist, given to somebody and done with a proof."""
    step: EndingStep = (
        EndingStep.objects.for_tenant(consent.tenant).filter(consent=consent).earliest("position")
    )
    with door():
        if owner is not None:
            assign_step(step=step, by=by, owner=owner)
        return complete_step(step=step, by=by, proof="Ticket 4711")


def in_every_state(tenant: Tenant, by: Principal) -> dict[str, Consent]:
    """One consent in each state, by the state."""
    past = timezone.now() - timedelta(days=20)
    period: dict[str, Any] = {"effective_from": past, "effective_until": past + timedelta(days=10)}
    made = {
        "granted": granted(tenant, by, connection="Berlin"),
        "withdrawn": withdrawn(tenant, by, connection="Munich"),
        "declined": declined(tenant, by, connection="Bonn"),
        "expired": granted(tenant, by, connection="Ulm", **period),
        "requested": requested(tenant, by, connection="Kiel"),
    }
    step_done(made["withdrawn"], by)
    return made


def exists_for_years(tenant: Tenant) -> Tenant:
    """The tenant, in its directory since long ago."""
    tenant.since = (timezone.now() - timedelta(days=3000)).date()
    with door():
        tenant.save()
    return tenant
