"""How commands show differences, certificates and tokens: in a line, and whole."""

from __future__ import annotations

from typing import Any

from consents.graph.telling import here, there
from consents.models import Credential, Drift


def drift_row(drift: Drift) -> dict[str, Any]:
    """What a line of a list says of a difference."""
    return {
        "id": str(drift.pk),
        "tenant": drift.tenant.slug,
        "difference": drift.get_kind_display(),
        "service": drift.service.code if drift.service else "",
        "connection": drift.connection,
        "there": there(drift.observed),
        "here": here(drift.recorded),
        "opened_at": drift.opened_at,
    }


def whole_drift_row(drift: Drift) -> dict[str, Any]:
    """One difference, whole; the names are those of the API."""
    return {
        "id": str(drift.pk),
        "tenant": drift.tenant.slug,
        "kind": drift.kind,
        "key": drift.key,
        "service": drift.service.code if drift.service else None,
        "connection": drift.connection,
        "consent": str(drift.consent_id) if drift.consent_id else None,
        "observed": drift.observed,
        "recorded": drift.recorded,
        "status": drift.status,
        "resolution": drift.resolution,
        "reason": drift.reason,
        "opened_at": drift.opened_at,
        "closed_at": drift.closed_at,
        "closed_by": drift.closed_by,
    }


def credential_row(credential: Credential) -> dict[str, Any]:
    """What a line of a list says of a certificate or token."""
    return {
        "id": str(credential.pk),
        "tenant": credential.tenant.slug,
        "kind": credential.get_kind_display(),
        "name": credential.name,
        "connection": credential.connection,
        "account": credential.account,
        "expires_at": credential.expires_at,
        "source": credential.get_source_display(),
    }


def whole_credential_row(credential: Credential) -> dict[str, Any]:
    """One certificate or token, whole; the names are those of the API."""
    return {
        "id": str(credential.pk),
        "tenant": credential.tenant.slug,
        "kind": credential.kind,
        "service": credential.service.code,
        "connection": credential.connection,
        "external_id": credential.external_id,
        "name": credential.name,
        "account": credential.account,
        "serial_number": credential.serial_number,
        "expires_at": credential.expires_at,
        "grace_days": credential.grace_days,
        "source": credential.source,
        "retired_at": credential.retired_at,
    }
