"""Certificates and tokens that people enter: added, changed, retired. Imported ones follow the imports."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from catalog.models import Service
from consents.credential_kinds import credential_kinds
from consents.models import Credential
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import locked, require_foreseeable, require_one_line, require_reason
from tenants.models import Tenant
from tenants.roles import Permission

CHANGEABLE = ("connection", "name", "account", "serial_number", "expires_at", "grace_days")


@transaction.atomic
def add_credential(
    *,
    tenant: Tenant,
    kind: str,
    name: str,
    expires_at: datetime,
    by: Principal,
    connection: str = "",
    external_id: str = "",
    account: str = "",
    serial_number: str = "",
    grace_days: int | None = None,
    reason: str = "",
) -> Credential:
    """Enter a certificate or token with its end, so that it is watched.

    kind: a code of `Credential.Kind`. grace_days: how long after its end it can be renewed; by its kind, where not
    given. Raises ValidationError, PermissionDenied.
    """
    require(by, Permission.KEEP_CREDENTIALS, tenant)
    require_one_line(name=name, connection=connection, account=account)
    credential = Credential(
        tenant=tenant,
        kind=kind,
        service=_service_of(kind),
        connection=connection.strip(),
        external_id=external_id.strip() or f"by-hand-{uuid.uuid4()}",
        name=name.strip(),
        account=account.strip(),
        serial_number=serial_number.strip(),
        expires_at=expires_at,
        grace_days=credential_kinds()[kind].grace_days if grace_days is None else grace_days,
    )
    _check(credential)
    with deed("credential.added", on=Credential, action=Action.CREATE, reason=reason):
        credential.save()
    return credential


def _service_of(kind: str) -> Service:
    if kind not in credential_kinds():
        known = ", ".join(credential_kinds())
        raise ValidationError({"kind": f"There is no such kind. There are: {known}."})
    code = credential_kinds()[kind].service
    service: Service | None = Service.objects.current().filter(code=code).order_by("catalog_id").first()
    if service is None:
        raise ValidationError({"kind": f"The catalog has no service {code} that lives by it."})
    return service


def _check(credential: Credential) -> None:
    if credential.connection and credential.service.connections == Service.Connections.ONE:
        raise ValidationError(
            {"connection": f"{credential.service} has one connection for each tenant: leave it empty."}
        )
    credential.full_clean()
    require_foreseeable(expires_at=credential.expires_at)


@transaction.atomic
def change_credential(
    *, credential: Credential, by: Principal, reason: str = "", **changes: Any
) -> Credential:
    """Correct what was entered, or enter the new end after a renewal; what is None or not given stays.

    changes: any of connection, name, account, serial_number, expires_at, grace_days. Raises ValidationError,
    PermissionDenied, Refused for imported and for retired ones.
    """
    require(by, Permission.KEEP_CREDENTIALS, credential.tenant)
    unknown = changes.keys() - set(CHANGEABLE)
    if unknown:
        raise TypeError(f"Nothing of a credential is called {', '.join(sorted(unknown))}.")
    credential = locked(credential)
    _require_in_use(credential)
    if credential.source == Credential.Source.IMPORT:
        raise Refused(
            "imported", "This one is kept by imports: the next would undo the change. Import again."
        )
    for name, value in changes.items():
        if value is not None:
            setattr(credential, name, value.strip() if isinstance(value, str) else value)
    credential.seen_at = timezone.now()
    _check(credential)
    with deed("credential.changed", on=Credential, action=Action.UPDATE, reason=reason):
        credential.save()
    return credential


@transaction.atomic
def retire_credential(*, credential: Credential, by: Principal, reason: str) -> Credential:
    """Say that it is of no interest any more: nobody is reminded of its end. An import takes it up again only when its
    end has changed. Raises ValidationError, PermissionDenied, Refused."""
    require(by, Permission.KEEP_CREDENTIALS, credential.tenant)
    reason = require_reason(reason)
    credential = locked(credential)
    _require_in_use(credential)
    credential.retired_at = timezone.now()
    with deed("credential.retired", on=Credential, action=Action.MANAGE, reason=reason):
        credential.save()
    return credential


def _require_in_use(credential: Credential) -> None:
    if credential.retired_at is not None:
        raise Refused("retired", "This certificate or token is retired already.")
