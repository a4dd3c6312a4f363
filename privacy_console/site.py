"""The admin site: unfold's, for whoever is a member of a tenant or runs the platform."""

from __future__ import annotations

from unfold.sites import UnfoldAdminSite


class ConsoleAdminSite(UnfoldAdminSite):
    site_header = "Privacy Console"
    site_title = "Privacy Console"
    index_title = "Today"
