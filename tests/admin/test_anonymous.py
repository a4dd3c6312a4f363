"""Whoever is not signed in is sent to sign in, wherever among the admin pages they knock."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, reverse

from privacy_console.navigation import sidebar
from tests.cast import CastTestCase

# Signing in is open to everybody, and there is nothing to sign out of.
OTHERWISE = {"login": 200, "logout": 302}
ARGUMENT = re.compile(r"<(?:\w+:)?\w+>")


def admin_addresses(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, str]]:
    """Each address of the admin site with its name, a key in place of each argument."""
    for each in patterns:
        address = prefix + ARGUMENT.sub("1", str(each.pattern))
        if isinstance(each, URLResolver):
            yield from admin_addresses(each.url_patterns, address)
        elif "(?P" not in address:
            yield address, each.name or ""
    yield f"{prefix}no-such-page/", ""


class AnonymousTests(CastTestCase):
    def test_every_address_leads_to_signing_in(self) -> None:
        addresses = list(admin_addresses(admin.site.get_urls(), reverse("admin:index")))
        assert len(addresses) > 100
        for address, name in addresses:
            for method in (self.client.get, self.client.post):
                with self.subTest(address=address, method=method.__name__):
                    answer = method(address)
                    if name in OTHERWISE:
                        assert answer.status_code == OTHERWISE[name]
                    else:
                        signing_in = f"{reverse('admin:login')}?next={address}"
                        self.assertRedirects(answer, signing_in, fetch_redirect_response=False)

    def test_nobody_may_anything_whoever_asks(self) -> None:
        request = RequestFactory().get("/admin/")
        request.user, request.session = AnonymousUser(), SessionStore()
        for model, page in admin.site._registry.items():
            may = page.get_model_perms(request)
            assert not any(may.values()), model
        assert [group.get("title") for group in sidebar(request)] == [None]
