"""The employees' own sessions: another cookie for each tenant, signed under another name than the console's.

So an admin's session is nothing here, and an employee's is nothing there, also where a cookie is copied by hand.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from tenants.models import Employee, Tenant

COOKIE = "portal"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
SEEN_IS_NOTED_EVERY = 60
# A clock may be set back a little while somebody reads.
CLOCKS_DIFFER = -90


class PortalSession(SessionStore):
    """A row among Django's sessions, whose content only this class can read: the class's name is in its signature."""

    @classmethod
    def of(cls, request: HttpRequest, tenant: Tenant) -> PortalSession | None:
        """The session that the request brings along for this tenant, while it lasts."""
        key = request.COOKIES.get(COOKIE, "")
        if not (key.isascii() and key.isalnum()):
            return None
        session = cls(key)
        if session.get("tenant") != tenant.pk or not session._lasts():
            return None
        return session

    @classmethod
    def begin(cls, employee: Employee) -> PortalSession:
        """A new session under a new key."""
        session, now = cls(), _now()
        session.update({"tenant": employee.tenant_id, "employee": employee.pk, "begun": now, "seen": now})
        session.set_expiry(LONGEST)
        session.create()
        return session

    def _lasts(self) -> bool:
        now = _now()
        idle: float = now - self["seen"]
        age: float = now - self["begun"]
        return (
            CLOCKS_DIFFER <= idle <= IDLE.total_seconds() and CLOCKS_DIFFER <= age <= LONGEST.total_seconds()
        )

    def note_use(self) -> None:
        """Remember that somebody is there; seldom enough that reading a page seldom writes."""
        now = _now()
        if now - self["seen"] >= SEEN_IS_NOTED_EVERY:
            self["seen"] = now
            self.save()

    @property
    def secret(self) -> str:
        return self.session_key or ""


def _now() -> float:
    return timezone.now().timestamp()


def give(response: HttpResponseBase, session: PortalSession, tenant: Tenant) -> None:
    """Let the browser keep the session; it goes to this tenant's pages only, and ends with the browser."""
    response.set_cookie(
        COOKIE, session.secret, **_options(tenant), secure=settings.SESSION_COOKIE_SECURE, httponly=True
    )


def take(response: HttpResponseBase, tenant: Tenant) -> None:
    response.delete_cookie(COOKIE, **_options(tenant))


def _options(tenant: Tenant) -> dict[str, Any]:
    return {"path": f"/portal/{tenant.slug}/", "samesite": "Lax"}
