"""Coming in and going out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.utils import timezone

from portal import sessions
from portal.models import LIFETIME, SignInLink
from portal.providers import provider_in_use
from portal.services import TooMany, ask_for_link, find_link, note_sign_out, sign_in
from portal.sessions import PortalSession
from portal.views.bases import EmployeePage, PortalPage
from tenants.middleware import client_address
from tenants.models import Employee

LONGEST_ADDRESS = 254
# Which sentence is said for which problem with the provider.
PROBLEMS = {
    "cancelled": "provider_cancelled",
    "left": "provider_left",
    "refused": "provider_refused",
    "stale": "provider_stale",
    "unknown": "provider_unknown",
    "unreachable": "provider_unreachable",
}
MINUTES = int(LIFETIME.total_seconds() // 60)


class EntryPage(PortalPage):
    """A page on the way in."""

    def home(self) -> str:
        """Where addresses of ours begin that others keep: never what a request alone says, where it is known better."""
        known: str = settings.CONSOLE_URL
        return known if known and not settings.DEBUG else self.request.build_absolute_uri("/").rstrip("/")

    def let_in(self, employee: Employee) -> HttpResponse:
        """Begin a session of the employee's, and end the one before."""
        if self.session is not None:
            self.session.flush()
        rotate_token(self.request)
        response = self.to("home")
        sessions.give(response, PortalSession.begin(employee), self.tenant)
        return response


class AskForLink(EntryPage):
    """Give an e-mail address and get a link. What is answered is the same whoever it belongs to."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.employee is not None:
            return self.to("home")
        problem = PROBLEMS.get(request.GET.get("problem", ""))
        return self.form(ended="ended" in request.GET, problem=problem)

    def form(self, *, status: int = 200, **context: Any) -> HttpResponse:
        has_provider = provider_in_use(self.tenant) is not None
        return self.page("sign_in", has_provider=has_provider, minutes=MINUTES, status=status, **context)

    def post(self, request: HttpRequest) -> HttpResponse:
        address = request.POST.get("address", "").strip()
        if not address or len(address) > LONGEST_ADDRESS:
            return self.form(wrong=True, status=400)
        try:
            ask_for_link(
                tenant=self.tenant,
                address=address,
                asked_from=client_address(request),
                language=self.language,
                page=self.home() + self.address("enter"),
            )
        except TooMany:
            return self.page("too_many", status=429)
        return self.to("sent")


class LinkSent(PortalPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page("link_sent", minutes=MINUTES)


class Enter(EntryPage):
    """Where a link leads: opening it does nothing, as mail scanners open links too; its button signs in."""

    def get(self, request: HttpRequest, secret: str | None = None) -> HttpResponse:
        link = self._link(secret)
        if not link.is_usable(timezone.now()):
            return self.page("link_over", status=410)
        return self.page("enter", person=link.employee)

    def post(self, request: HttpRequest, secret: str | None = None) -> HttpResponse:
        employee = sign_in(link=self._link(secret))
        if employee is None:
            return self.page("link_over", status=410)
        return self.let_in(employee)

    def _link(self, secret: str | None) -> SignInLink:
        """Raises Http404 for what this tenant never sent."""
        link = find_link(self.tenant, secret or "")
        if link is None:
            raise Http404
        return link


class SignOut(EmployeePage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        note_sign_out(employee=self.reader)
        if self.session is not None:
            self.session.flush()
        response = self.to("sign-in")
        sessions.take(response, self.tenant)
        return response
