"""Pages of the identity providers: what is set there, and that the secret is never shown."""

from __future__ import annotations

import itertools

from django.urls import reverse
from django.utils import timezone

from portal.models import IdentityProvider
from portal.providers import set_identity_provider
from tenants.models import Tenant
from tests.admin.suite import TenantPageSuite, Writing
from tests.portal.test_provider_setting import ISSUER, ON, SECRET

_clients = itertools.count(1)


class ProviderPageTests(TenantPageSuite):
    model = IdentityProvider
    reader = "officer"
    WHOLE = {
        "issuer": ISSUER,
        "client_secret": SECRET,
        "scopes": "openid",
        "claim": "oid",
        "is_on": "on",
        "reason": "Agreed.",
    }
    # Where nothing changes nothing is recorded: each time another client.
    CLIENT = {"client_id": lambda _: f"console-{next(_clients)}"}
    DENIED = frozenset({"auditor", "officer"})
    WRONG = {
        "issuer": "http://login.contoso.example",
        "claim": "name",
        "scopes": "email",
        "directory": "none",
    }
    writings = (
        Writing(
            "add",
            WHOLE | CLIENT | {"tenant": lambda suite: suite.contoso.pk},
            "identityprovider.changed",
            denied=DENIED,
            wrong=WRONG,
        ),
        Writing("set", WHOLE | CLIENT, "identityprovider.changed", denied=DENIED, wrong=WRONG),
    )

    def make(self, tenant: Tenant, name: str) -> IdentityProvider:
        return set_identity_provider(tenant=tenant, by=self.operator, **ON)

    def make_many(self, tenant: Tenant) -> None:
        """One for each tenant is all there can be."""
        self.make(self.fabrikam, "another")

    def test_no_page_shows_the_secret(self) -> None:
        provider = self.one()
        self.enter("admin")
        for name in ("change", "set", "history"):
            page = self.client.get(self.url(name, provider.pk)).content.decode()
            assert SECRET not in page
            assert provider.sealed_secret not in page
        refused = self.client.post(self.url("set", provider.pk), {"client_secret": SECRET, "claim": "name"})
        self.assertNotContains(refused, SECRET)

    def test_an_empty_secret_keeps_the_one_there_is(self) -> None:
        provider = self.one()
        self.enter("admin")
        same = self.WHOLE | {"client_id": "console", "client_secret": "", "claim": "sub"}
        self.client.post(self.url("set", provider.pk), same)
        provider.refresh_from_db()
        assert (provider.secret, provider.claim) == (SECRET, "sub")

    def test_the_past(self) -> None:
        before = timezone.now().isoformat()
        provider = self.one()
        then = timezone.now().isoformat()
        self.make(self.contoso, "")
        set_identity_provider(tenant=self.contoso, by=self.operator, claim="sub")
        self.enter("officer")
        page = self.url("change", provider.pk)
        self.assertContains(self.client.get(page), "sub: the user")
        self.assertContains(self.client.get(page, {"as_of": then}), "oid: the user")
        self.assertContains(self.client.get(page, {"as_of": before}), "had no identity provider yet")

    def test_the_page_says_what_to_register(self) -> None:
        provider = self.one()
        self.enter("admin")
        for name in ("change", "set"):
            page = self.client.get(self.url(name, provider.pk))
            self.assertContains(page, "/portal/contoso/sign-in/provider/back/")
        assert (
            reverse("admin:portal_identityprovider_changelist") in self.client.get("/admin/").content.decode()
        )
