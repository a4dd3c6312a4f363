"""Every address of the console."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from consents.api.authzen import views as authzen
from privacy_console import health
from tenants.api.viewsets import SLUG
from work.calendar import calendar

handler500 = "privacy_console.outage.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/", admin.site.urls),
    path("api/", include("privacy_console.api")),
    path("portal/", include("portal.urls")),
    re_path(
        rf"^\.well-known/authzen-configuration/api/v1/tenants/(?P<tenant>{SLUG})\Z",
        authzen.configuration,
        name="authzen-configuration",
    ),
    re_path(r"^calendar/([-\w]{20,100})\.ics\Z", calendar, name="calendar"),
]
