"""The browser's and the API's door: who is acting, from where, for the length of one request."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from audit.context import ActorType, Origin, acting
from privacy_console.outage import is_outage, outage_response
from tenants.refusals import note_refused_write


def client_address(request: HttpRequest) -> str:
    """The client's IP address, past as many proxies as TRUSTED_PROXIES says; never a header nobody vouches for."""
    proxies: int = settings.TRUSTED_PROXIES
    forwarded = [
        part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()
    ]
    address = request.META.get("REMOTE_ADDR", "")
    if proxies and forwarded:
        address = forwarded[-min(proxies, len(forwarded))]
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""


def origin_of(path: str) -> Origin:
    """Which door the path belongs to."""
    if path.startswith("/api/"):
        return Origin.API
    return Origin.PORTAL if path.startswith("/portal/") else Origin.ADMIN


def _actor_of_session(request: HttpRequest) -> dict[str, Any]:
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return request.user.as_actor()
    return {"actor_type": ActorType.UNKNOWN}


class DoorMiddleware:
    """Opens the door. The session's person is known at once; a token's role is learnt when the API checks it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            actor = _actor_of_session(request)
        except DatabaseError as error:
            if is_outage(error):
                return outage_response(request)
            raise
        with acting(origin=origin_of(request.path), ip_address=client_address(request), **actor) as door:
            request.correlation_id = door.correlation_id  # type: ignore[attr-defined]
            response = self.get_response(request)
            response.headers.setdefault("X-Request-ID", str(door.correlation_id))
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """A page that refuses a write for the role of who sent it leaves a record; Django answers 403 then."""
        note_refused_write(exception, request)
