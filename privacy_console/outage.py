"""A database that is gone, full, locked or read-only: 503 and words that help, with nothing half-written."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template

logger = logging.getLogger(__name__)

SIGNS = ("readonly", "read-only", "disk is full", "locked", "disk i/o", "unable to open", "no space left")


def is_outage(error: BaseException) -> bool:
    """Whether the database failed us, rather than refused what we asked."""
    if isinstance(error, (OperationalError, InterfaceError)):
        return True
    return isinstance(error, DatabaseError) and any(sign in str(error).lower() for sign in SIGNS)


def outage_response(request: HttpRequest) -> HttpResponse:
    """503, as a problem document for the API and as a page for people; needs no database to be made."""
    if request.path.startswith("/api/"):
        problem = {
            "type": "about:blank",
            "title": "Service Unavailable",
            "status": 503,
            "detail": "The database cannot be used at the moment. Nothing was changed; try again later.",
        }
        response: HttpResponse = JsonResponse(problem, status=503, content_type="application/problem+json")
    else:
        response = HttpResponse(get_template("503.html").render(), status=503)
    response.headers["Retry-After"] = "30"
    return response


class OutageMiddleware:
    """Turns a failing database into an answer that says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not is_outage(exception):
            return None
        logger.error("The database cannot be used: %s", exception)
        return outage_response(request)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: an outage met outside a view (loading a session, say) is still an outage."""
    error = sys.exc_info()[1]
    if error is not None and is_outage(error):
        return outage_response(request)
    return HttpResponse(get_template("500.html").render(), status=500)
