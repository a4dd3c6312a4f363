"""A form without its mark against forgery: the portal explains it in its own words, the console in its own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.csrf import csrf_failure

from portal.languages import language_of_pages
from portal.views.bases import answer


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """settings.CSRF_FAILURE_VIEW."""
    if request.path.startswith("/portal/"):
        return answer(request, "stale_form", language=language_of_pages(request), status=403)
    return csrf_failure(request, reason=reason)
