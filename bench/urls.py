"""The console's addresses, and two of views that do nothing but check the token."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from consents.api.decisions import Answer
from privacy_console.urls import urlpatterns as of_the_console
from tenants.api.authentication import TokenAuthentication
from tenants.api.viewsets import InTenant
from tenants.roles import Permission


@csrf_exempt
def empty(request: HttpRequest, tenant: str) -> HttpResponse:
    """The least that can stand behind the same middleware and the same token check."""
    token: Any = TokenAuthentication().authenticate(request)  # type: ignore[arg-type]
    return HttpResponse(b"{}" if token else b"", content_type="application/json")


class EmptyViewSet(InTenant):
    """The same, with what every address of the API is asked: the role, the address, what it accepts."""

    permissions_needed = {"answer": Permission.ASK_DECISIONS}
    lists = ()

    def answer(self, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        return Answer({})


urlpatterns = [
    path("api/v1/tenants/<slug:tenant>/empty/", empty),
    path("api/v1/tenants/<slug:tenant>/empty-viewset/", EmptyViewSet.as_view({"post": "answer"})),
    *of_the_console,
]
