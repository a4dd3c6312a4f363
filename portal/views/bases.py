"""What every page has: its tenant, its language, and whoever is signed in. Employees see only their own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from audit.context import ActorType, identify
from portal import languages, sessions
from portal.services import as_actor
from portal.sessions import PortalSession
from portal.words import LANGUAGES
from tenants.models import Employee, Tenant

A_YEAR = 365 * 24 * 60 * 60


def answer(
    request: HttpRequest, template: str, *, language: str, status: int = 200, **context: Any
) -> HttpResponse:
    """A page of the portal, with or without a tenant."""
    context |= {"language": language, "languages": LANGUAGES}
    with translation.override(language):
        response = render(request, f"portal/{template}.html", context, status=status)
    add_never_cache_headers(response)
    return response


@method_decorator((never_cache, sensitive_post_parameters()), name="dispatch")
class PortalPage(View):
    """A page of a tenant, for everybody. `self.employee` is whoever is signed in, if anybody is."""

    http_method_names = ["get", "head", "post"]
    tenant: Tenant
    employee: Employee | None = None
    session: PortalSession | None = None
    language = LANGUAGES[0]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.language = languages.language_of_pages(request)
        try:
            self._open(kwargs.pop("tenant"))
            response = self.turn_away() or super().dispatch(request, *args, **kwargs)
        except Http404:
            response = self.page("not_found", status=404)
        return self._remember(response)

    def _open(self, slug: str) -> None:
        """Find out where and who this is. Raises Http404 for a tenant that is not there, or not any more."""
        # Whoever is signed in to the console is nobody here.
        identify(actor_type=ActorType.UNKNOWN, actor_id="", actor_name="", actor_role="")
        tenant = Tenant.objects.filter(slug=slug).exclude(status=Tenant.Status.CLOSED).first()
        if tenant is None:
            raise Http404
        self.tenant = tenant
        self.session = PortalSession.of(self.request, tenant)
        if self.session is not None:
            self._recognise(self.session)

    def _recognise(self, session: PortalSession) -> None:
        people = Employee.objects.for_tenant(self.tenant).filter(status=Employee.Status.ACTIVE)
        self.employee = people.select_related("tenant").filter(pk=session["employee"]).first()
        if self.employee is not None:
            identify(**as_actor(self.employee))
            session.note_use()
            self.language = languages.language_of_pages(self.request, self.employee)

    def turn_away(self) -> HttpResponseBase | None:
        """The answer to whom the page is not for."""
        return None

    def page(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        context |= {"tenant": getattr(self, "tenant", None), "employee": self.employee}
        return answer(self.request, template, language=self.language, status=status, **context)

    def to(self, name: str, **kwargs: Any) -> HttpResponse:
        """Lead on to another page, so that reloading does not send a form twice."""
        return redirect(self.address(name, **kwargs))

    def address(self, name: str, **kwargs: Any) -> str:
        return reverse(f"portal:{name}", kwargs={"tenant": self.tenant.slug, **kwargs})

    def _remember(self, response: HttpResponseBase) -> HttpResponseBase:
        if self.request.GET.get("language") in LANGUAGES:
            response.set_cookie(
                languages.COOKIE,
                self.request.GET["language"],
                max_age=A_YEAR,
                path="/portal/",
                samesite="Lax",
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response


class EmployeePage(PortalPage):
    """A page for employees of the tenant that are signed in; others are led to the sign-in."""

    def turn_away(self) -> HttpResponseBase | None:
        if self.employee is not None:
            return None
        response = self.to("sign-in")
        if sessions.COOKIE in self.request.COOKIES:
            # The session has ended, or its employee has left.
            response = redirect(self.address("sign-in") + "?ended")
            sessions.take(response, self.tenant)
        return response

    @property
    def reader(self) -> Employee:
        """Raises Http404 where nobody is signed in, which `turn_away` has seen to."""
        if self.employee is None:
            raise Http404
        return self.employee


class Nowhere(View):
    """Whatever no page stands at."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = languages.language_of_pages(request)
        return answer(request, "not_found", language=language, status=404)
