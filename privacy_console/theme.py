"""How the admin pages look: the settings of the theme (https://unfoldadmin.com/docs/configuration/settings/)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static


def stylesheet(request: HttpRequest) -> str:
    return static("console/console.css")


def script(request: HttpRequest) -> str:
    return static("console/console.js")


def icon(request: HttpRequest) -> str:
    return static("console/icon.svg")


# Every shade from 600 on is readable on white, and up to 500 on the dark ground (WCAG 2.2, 4.5:1).
TEAL = {
    "50": "#f0fdfa",
    "100": "#ccfbf1",
    "200": "#99f6e4",
    "300": "#5eead4",
    "400": "#2dd4bf",
    "500": "#14b8a6",
    "600": "#0f766e",
    "700": "#115e59",
    "800": "#134e4a",
    "900": "#153f3c",
    "950": "#042f2e",
}
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Privacy Console",
    "SITE_HEADER": "Privacy Console",
    "SITE_URL": None,
    "SITE_ICON": icon,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {"primary": TEAL},
    "STYLES": [stylesheet],
    "SCRIPTS": [script],
    "DASHBOARD_CALLBACK": "privacy_console.dashboard.dashboard",
    "LOGIN": {"form": "privacy_console.sign_in.SignInForm"},
    # No search over apps and models: the theme keeps its answers across changes of permission and tenant.
    "SIDEBAR": {"navigation": "privacy_console.navigation.sidebar"},
}
