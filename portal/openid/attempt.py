"""What a browser remembers between leaving for the provider and coming back from it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare

from tenants.models import Tenant

COOKIE = "portal_provider"
LIFETIME = 600


@dataclass(frozen=True)
class Attempt:
    """One way to the provider and back. state: the browser's own; nonce: the token's; verifier: the code's (PKCE)."""

    issuer: str
    state: str
    nonce: str
    verifier: str

    @classmethod
    def begin(cls, issuer: str) -> Self:
        return cls(issuer, *(secrets.token_urlsafe(32) for _ in range(3)))

    @classmethod
    def of(cls, request: HttpRequest, tenant: Tenant) -> Self | None:
        """The attempt that this browser began at this tenant, if that is not too long ago."""
        try:
            return cls(**signing.loads(request.COOKIES.get(COOKIE, ""), salt=_salt(tenant), max_age=LIFETIME))
        except (signing.BadSignature, TypeError):
            return None

    @property
    def challenge(self) -> str:
        """RFC 7636, S256."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def is_answered_by(self, state: str) -> bool:
        return constant_time_compare(self.state, state)

    def keep(self, response: HttpResponseBase, tenant: Tenant) -> None:
        response.set_cookie(
            COOKIE,
            signing.dumps(asdict(self), salt=_salt(tenant)),
            max_age=LIFETIME,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            **_place(tenant),
        )


def forget(response: HttpResponseBase, tenant: Tenant) -> None:
    """Each attempt is answered once."""
    response.delete_cookie(COOKIE, **_place(tenant))


def _salt(tenant: Tenant) -> str:
    return f"portal.provider:{tenant.pk}"


def _place(tenant: Tenant) -> dict[str, Any]:
    # Lax: the provider leads back here from another site.
    return {"path": f"/portal/{tenant.slug}/sign-in/", "samesite": "Lax"}
