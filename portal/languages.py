"""The language of the pages (English or German), and those that a reader would like the terms in."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from portal.words import LANGUAGES
from tenants.models import Employee
from terms.languages import best_of

COOKIE = "portal_language"
ANYTHING = "*"


def chosen(request: HttpRequest) -> str:
    """What the reader switched to, now or earlier; empty where they never did."""
    for asked in (request.GET.get("language"), request.COOKIES.get(COOKIE)):
        if asked in LANGUAGES:
            return str(asked)
    return ""


def wished(request: HttpRequest, employee: Employee | None = None) -> list[str]:
    """The reader's languages, the best first: what they switched to, the browser's, the directory's."""
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", "").lower())
    known = [employee.language] if employee and employee.language else []
    return [
        tag for tag in (chosen(request), *(tag for tag, _ in accepted), *known) if tag and tag != ANYTHING
    ]


def language_of_pages(request: HttpRequest, employee: Employee | None = None) -> str:
    return best_of(wished(request, employee), LANGUAGES, LANGUAGES[0])
