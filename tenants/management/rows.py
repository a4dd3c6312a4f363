"""How commands show the rows of this app; the names are those of the API."""

from __future__ import annotations

from typing import Any

from tenants.models import AccessToken, Membership, Tenant


def tenant_row(tenant: Tenant) -> dict[str, Any]:
    return {
        "slug": tenant.slug,
        "name": tenant.name,
        "directory_id": str(tenant.directory_id),
        "country": tenant.country,
        "since": tenant.since,
        "status": tenant.status,
        "created_at": tenant.created_at,
    }


def member_row(membership: Membership) -> dict[str, Any]:
    return {
        "id": str(membership.pk),
        "tenant": membership.tenant.slug,
        "username": membership.user.username,
        "name": str(membership.user),
        "role": membership.role,
    }


def token_row(token: AccessToken) -> dict[str, Any]:
    return {
        "id": str(token.pk),
        "tenant": token.tenant.slug,
        "name": token.name,
        "role": token.role,
        "prefix": token.prefix,
        "state": token.state,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }
