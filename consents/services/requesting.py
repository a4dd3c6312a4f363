"""Requesting a consent: for a service that is to be switched on, or as the renewal of an earlier one."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.context import Action, deed
from catalog.models import Service
from consents.models import Consent
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import (
    name_of,
    person_behind,
    require_foreseeable,
    require_one_line,
    require_open,
)
from tenants.models import Tenant
from tenants.roles import Permission

WAITS_ALREADY = "A consent for this service and connection waits for a decision already."


class Grounds(TypedDict, total=False):
    """On what grounds a service is to be switched on. Each is the consent's column of that name; none is needed."""

    contract_reference: str
    contract_parties: str
    contract_signed_on: date | None
    contract_ends_on: date | None
    terms_url: str
    terms_text: str
    legal_basis: str
    safeguard: str
    safeguard_reference: str
    justification: str


@transaction.atomic
def request_consent(
    *,
    tenant: Tenant,
    service: Service,
    by: Principal,
    connection: str = "",
    renews: Consent | None = None,
    **grounds: Unpack[Grounds],
) -> Consent:
    """Ask for a service to be switched on, or for the consent `renews` to be followed by a new one.

    Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, Permission.REQUEST_CONSENT, tenant)
    require_open(tenant)
    connection = connection.strip()
    consent = Consent(
        tenant=tenant,
        service=service,
        connection=connection,
        name=f"{service.name} ({connection})" if connection else service.name,
        supersedes=renews,
        requested_by=name_of(by, tenant),
        requested_by_id=person_behind(by),
        **_known(grounds),
    )
    if consent.terms_text:
        consent.terms_sha256 = hashlib.sha256(consent.terms_text.encode()).hexdigest()
    require_one_line(connection=connection, contract_reference=consent.contract_reference)
    require_foreseeable(contract_ends_on=consent.contract_ends_on)
    consent.full_clean(validate_constraints=False)
    _check_service(consent)
    _check_renewal(consent)
    _check_that_none_waits(consent)
    consent.validate_constraints(exclude={"connection"})
    try:
        with (
            transaction.atomic(),
            deed("consent.requested", on=Consent, action=Action.CREATE, reason=consent.justification),
        ):
            consent.save()
    except IntegrityError as error:
        # Somebody else asked between the check and the write.
        raise Refused("requested_already", WAITS_ALREADY) from error
    return consent


def _known(grounds: Grounds) -> Grounds:
    """The grounds, and no other column of a consent. Raises TypeError."""
    unknown = grounds.keys() - Grounds.__annotations__.keys()
    if unknown:
        raise TypeError(f"A request has no grounds called {', '.join(sorted(unknown))}.")
    return grounds


def _check_service(consent: Consent) -> None:
    service = consent.service
    if not service.is_current or not service.needs_consent:
        raise ValidationError({"service": f"{service} needs no consent, or is no longer in the catalog."})
    if consent.connection and service.connections == Service.Connections.ONE:
        raise ValidationError(
            {"connection": f"{service} has one connection for each tenant: leave it empty."}
        )


def _check_renewal(consent: Consent) -> None:
    old = consent.supersedes
    if old is None:
        return
    if (old.tenant_id, old.service_id, old.connection) != (
        consent.tenant_id,
        consent.service_id,
        consent.connection,
    ):
        raise ValidationError({"renews": "A renewal is for the same service and connection."})
    if old.state not in (Consent.State.GRANTED, Consent.State.EXPIRED):
        raise Refused("not_renewable", "Only a granted or expired consent can be renewed; request a new one.")


def _check_that_none_waits(consent: Consent) -> None:
    """A conflict, and no mistake of who asks: so it is told apart from what the model finds wrong."""
    same = Consent.objects.for_tenant(consent.tenant).for_service(consent.service, consent.connection)
    if same.awaiting_decision().exists():
        raise Refused("requested_already", WAITS_ALREADY)
