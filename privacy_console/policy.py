"""The Content-Security-Policy: scripts and styles from this server only, on every page."""

from __future__ import annotations

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Pages whose theme sets styles from its scripts. Scripts themselves need no exception anywhere.
STYLED_BY_SCRIPT = ("/admin/", "/api/docs/")
# The employees' pages have no script at all.
WITHOUT_SCRIPT = "/portal/"
STRICTEST = {
    "default-src": [NONE],
    "style-src": [SELF],
    "img-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


class PolicyMiddleware(CSPMiddleware):
    """Adds inline styles, and nothing else, where a theme cannot do without; takes away scripts where none are."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith(STYLED_BY_SCRIPT) and not hasattr(response, "_csp_update"):
            response._csp_update = {"style-src": UNSAFE_INLINE}  # type: ignore[attr-defined]
        if request.path.startswith(WITHOUT_SCRIPT):
            response._csp_config = STRICTEST  # type: ignore[attr-defined]
        return super().process_response(request, response)
