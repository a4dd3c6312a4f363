"""Every address of the console."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

handler500 = "privacy_console.outage.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
]
