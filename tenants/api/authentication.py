"""Who is calling: a machine by its token, a person by the browser's session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from audit.models import AuditEvent
from audit.services import record
from tenants.models import AccessToken, Tenant
from tenants.services import authenticate_token

REFUSAL_IS_NOTED_EVERY = timedelta(minutes=1)
LONGEST_SECRET = 200


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer pc_…` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[AccessToken, None] | None:
        """The token, None where none was sent. Raises AuthenticationFailed for one that opens nothing."""
        scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        secret = secret.strip()
        if not (secret.isascii() and secret.isprintable() and 0 < len(secret) <= LONGEST_SECRET):
            raise AuthenticationFailed("The token is malformed.")
        token = authenticate_token(secret)
        if token is None:
            note_refused_token(secret)
            raise AuthenticationFailed("The token is unknown, expired or revoked.")
        return token, None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BrowserSessionAuthentication(SessionAuthentication):
    """The session of the admin pages; what changes something needs the CSRF token too."""


def note_refused_token(secret: str) -> None:
    """Record a refused token in its tenant's timeline, where its prefix is known; at most once a minute for each."""
    tokens: Any = AccessToken.objects.across_tenants().select_related("tenant")
    token: AccessToken | None = tokens.filter(prefix=_prefix(secret)).first()
    if token is None:
        return
    since = timezone.now() - REFUSAL_IS_NOTED_EVERY
    refusals = AuditEvent.objects.about(token).filter(activity="token.refused", occurred_at__gt=since)
    if not refusals.exists():
        record(
            "token.refused",
            category="tokens",
            tenant=token.tenant_id,
            resource=token,
            result=AuditEvent.Result.FAILURE,
            details={"why": _why(token, secret)},
        )


def _prefix(secret: str) -> str:
    parts = secret.split("_", 2)
    return parts[1][:16] if len(parts) == 3 and parts[0] == AccessToken.PREFIX else ""


def _why(token: AccessToken, secret: str) -> str:
    if token.digest != AccessToken.digest_of(secret):
        return "wrong secret"
    if token.tenant.status == Tenant.Status.CLOSED:
        return "tenant closed"
    return token.state


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI description speaks of tokens."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An access token of one tenant: pc_…"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How it speaks of the browser's session."""

    target_class = BrowserSessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        description = "The session of the admin pages; changes need the header X-CSRFToken too."
        name = settings.SESSION_COOKIE_NAME
        return {"type": "apiKey", "in": "cookie", "name": name, "description": description}
