"""The admin site of the console."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class ConsoleAdminConfig(AdminConfig):
    default_site = "privacy_console.site.ConsoleAdminSite"
