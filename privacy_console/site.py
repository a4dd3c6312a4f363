"""The admin site: unfold's, for whoever is a member of a tenant or runs the platform."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from unfold.sites import UnfoldAdminSite

from privacy_console.navigation import tenant_switch
from privacy_console.sign_in import OwnPasswordForm
from tenants.choice import choose_tenant_view


class ConsoleAdminSite(UnfoldAdminSite):
    site_header = "Privacy Console"
    site_title = "Privacy Console"
    index_title = "Today"

    def extra_urls(self) -> list[URLPattern]:
        """What the theme asks for, beside its own addresses."""
        return [path("tenant/", self.admin_view(choose_tenant_view), name="choose_tenant")]

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        """What the theme asks for, on every page: the tenant at hand and those one can switch to."""
        return context | tenant_switch(request) if self.has_permission(request) else context

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Nothing for whoever is not signed in: the pages ask a person's role."""
        return super().get_app_list(request, app_label) if self.has_permission(request) else []

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The theme's page, with a form that slows down whoever guesses."""
        request.current_app = self.name
        page: Any = PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context=self.each_context(request) | (extra_context or {}),
        )
        answer: HttpResponse = page(request)
        return answer

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Closed: the theme keeps its answers for minutes, whatever happens to the role meanwhile."""
        raise Http404
