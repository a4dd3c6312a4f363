"""The deeds of sharing consents: request, grant, decline, withdraw."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from audit.context import Action, deed
from catalog.models import Flow, Service
from consents.models import Consent, CoveredFlow
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.models import Tenant
from tenants.roles import Permission


def _locked(consent: Consent) -> Consent:
    """The consent as it stands now, kept from everybody else until the transaction ends."""
    locked: Consent = Consent.objects.for_tenant(consent.tenant_id).select_for_update().get(pk=consent.pk)
    return locked


def _name_of(by: Principal, tenant: Tenant) -> str:
    return by.as_actor(tenant)["actor_name"]


def _require_reason(reason: str) -> str:
    if not reason.strip():
        raise ValidationError({"reason": "Say why: the reason is part of the record."})
    return reason.strip()


def _require_open(tenant: Tenant) -> None:
    if not tenant.is_open:
        raise Refused(
            "tenant_closed",
            f"{tenant} is {tenant.get_status_display().lower()}: nothing new can be agreed to.",
        )


def _require_state(consent: Consent, state: str, deed_name: str) -> None:
    if consent.state != state:
        now = (
            consent.get_status_display()
            if consent.state == consent.status
            else consent.State(consent.state).label
        )
        raise Refused(
            f"not_{state}", f"Only a {state} consent can be {deed_name}; this one is {now.lower()}."
        )


@transaction.atomic
def request_consent(
    *,
    tenant: Tenant,
    service: Service,
    by: Principal,
    connection: str = "",
    contract_reference: str = "",
    terms_url: str = "",
    terms_text: str = "",
    justification: str = "",
) -> Consent:
    """Ask for a service to be switched on. Raises ValidationError, PermissionDenied, Refused."""
    require(by, Permission.REQUEST_CONSENT, tenant)
    _require_open(tenant)
    connection = connection.strip()
    consent = Consent(
        tenant=tenant,
        service=service,
        connection=connection,
        name=f"{service.name} ({connection})" if connection else service.name,
        contract_reference=contract_reference,
        terms_url=terms_url,
        terms_text=terms_text,
        terms_sha256=hashlib.sha256(terms_text.encode()).hexdigest() if terms_text else "",
        justification=justification,
        requested_by=_name_of(by, tenant),
    )
    consent.full_clean()
    _check_service(consent)
    with deed("consent.requested", on=Consent, action=Action.CREATE, reason=justification):
        consent.save()
    return consent


def _check_service(consent: Consent) -> None:
    service = consent.service
    if not service.is_current or not service.needs_consent:
        raise ValidationError({"service": f"{service} needs no consent, or is no longer in the catalog."})
    if consent.connection and service.connections == Service.Connections.ONE:
        raise ValidationError(
            {"connection": f"{service} has one connection for each tenant: leave it empty."}
        )


@transaction.atomic
def grant_consent(
    *,
    consent: Consent,
    by: Principal,
    reason: str,
    effective_from: datetime | None = None,
    effective_until: datetime | None = None,
) -> Consent:
    """Authorise what was requested, frozen as the catalog describes it now.

    effective_from: when it begins to hold, now where not given. Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, Permission.GRANT_CONSENT, consent.tenant)
    reason = _require_reason(reason)
    _require_open(consent.tenant)
    consent = _locked(consent)
    _require_state(consent, Consent.State.REQUESTED, "granted")
    _let_go_of_expired(consent)
    now = timezone.now()
    consent.status = Consent.State.GRANTED
    consent.granted_at, consent.granted_by, consent.grant_reason = now, _name_of(by, consent.tenant), reason
    consent.effective_from, consent.effective_until = effective_from or now, effective_until
    consent.edition = consent.service.catalog.latest_edition
    consent.full_clean()
    with deed("consent.granted", on=Consent, action=Action.ASSIGN, reason=reason):
        consent.save()
        CoveredFlow.objects.for_tenant(consent.tenant).bulk_create(_coverage(consent))
    return consent


def _let_go_of_expired(consent: Consent) -> None:
    """An ended grant keeps its place in force until it is called expired; a new one may not wait for that."""
    same = Consent.objects.for_tenant(consent.tenant).for_service(consent.service, consent.connection)
    ended = same.filter(status=Consent.State.GRANTED, effective_until__lte=timezone.now())
    with deed("consent.expired", on=Consent, action=Action.UPDATE):
        ended.update(status=Consent.State.EXPIRED)


def _coverage(consent: Consent) -> list[CoveredFlow]:
    """What the service's flows are at this moment, each with the history row that says so."""
    flows = Flow.objects.current().filter(service=consent.service)
    records = Flow.history.filter(id__in=flows.values("id")).values_list("id").annotate(Max("history_id"))
    record_of = dict(records)
    return [
        CoveredFlow(
            tenant=consent.tenant,
            consent=consent,
            flow=flow,
            flow_record=record_of[flow.pk],
            code=flow.code,
            name=flow.name,
            direction=flow.direction,
            personal=flow.personal,
        )
        for flow in flows
    ]


@transaction.atomic
def decline_consent(*, consent: Consent, by: Principal, reason: str) -> Consent:
    """Refuse what was requested. Raises ValidationError, PermissionDenied, Refused."""
    require(by, Permission.GRANT_CONSENT, consent.tenant)
    reason = _require_reason(reason)
    consent = _locked(consent)
    _require_state(consent, Consent.State.REQUESTED, "declined")
    consent.status = Consent.State.DECLINED
    consent.declined_at, consent.decline_reason = timezone.now(), reason
    consent.declined_by = _name_of(by, consent.tenant)
    with deed("consent.declined", on=Consent, action=Action.MANAGE, reason=reason):
        consent.save()
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent, by: Principal, reason: str) -> Consent:
    """End a consent at once: from this moment nothing may flow (GDPR Art. 7(3)). Works in a closing tenant too.

    Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, Permission.WITHDRAW_CONSENT, consent.tenant)
    reason = _require_reason(reason)
    consent = _locked(consent)
    _require_state(consent, Consent.State.GRANTED, "withdrawn")
    consent.status = Consent.State.WITHDRAWN
    consent.withdrawn_at, consent.withdraw_reason = timezone.now(), reason
    consent.withdrawn_by = _name_of(by, consent.tenant)
    with deed("consent.withdrawn", on=Consent, action=Action.MANAGE, reason=reason):
        consent.save()
    return consent
