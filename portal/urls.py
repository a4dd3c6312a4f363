"""The employees' pages: `/portal/{tenant}/…`."""

from __future__ import annotations

from django.urls import include, path, re_path

from portal.views import about, decisions, entry, provider, terms
from portal.views.bases import Nowhere
from tenants.api.viewsets import SLUG

app_name = "portal"

pages = [
    path("", terms.Outstanding.as_view(), name="home"),
    path("sign-in/", entry.AskForLink.as_view(), name="sign-in"),
    path("sign-in/sent/", entry.LinkSent.as_view(), name="sent"),
    path("sign-in/provider/", provider.Leave.as_view(), name="provider"),
    path("sign-in/provider/back/", provider.ComeBack.as_view(), name="provider-back"),
    path("sign-out/", entry.SignOut.as_view(), name="sign-out"),
    re_path(r"^enter/(?:(?P<secret>[-\w]{20,100})/)?\Z", entry.Enter.as_view(), name="enter"),
    path("terms/<int:policy>/", terms.Read.as_view(), name="read"),
    path("terms/<int:policy>/decline/", terms.Decline.as_view(), name="decline"),
    path("decisions/", decisions.Decisions.as_view(), name="decisions"),
    path("decisions/<uuid:receipt>/", decisions.Decision.as_view(), name="decision"),
    path("decisions/<uuid:receipt>/receipt.json", decisions.Receipt.as_view(), name="receipt"),
    path("receipts/", decisions.Verify.as_view(), name="verify"),
    path("collected/", about.Collected.as_view(), name="collected"),
    path("my-data/", about.MyData.as_view(), name="my-data"),
]

urlpatterns = [
    re_path(rf"^(?P<tenant>{SLUG})/", include(pages)),
    # With a slash at the end: whoever forgets it is led there.
    re_path(r"^(.*/)?\Z", Nowhere.as_view(), name="nowhere"),
]
