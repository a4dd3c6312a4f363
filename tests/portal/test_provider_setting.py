"""Setting the identity provider: by admin page, API and command; its secret goes in and never comes out."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import override_settings

from audit.models import AuditEvent
from portal.models import IdentityProvider
from portal.providers import return_address, set_identity_provider
from portal.sealing import NotOpened, seal, unseal
from tenants.roles import ALLOWED, Permission, Role
from tests.api import suite
from tests.cast import CastTestCase
from tests.commands.running import run

ADDRESS = "/api/v1/tenants/contoso/identity-provider/"
ISSUER = "https://login.contoso.example/v2.0"
SECRET = "whatever-Nobody-May-See~7"
ON: dict[str, Any] = {"issuer": ISSUER, "client_id": "console", "client_secret": SECRET, "is_on": True}


class Setting(CastTestCase):
    def set(self, **values: Any) -> IdentityProvider:
        return set_identity_provider(tenant=self.contoso, by=self.admin, **values)

    def test_what_is_not_named_stays(self) -> None:
        self.set(**ON, reason="Agreed")
        changed = self.set(claim="upn")
        assert (changed.issuer, changed.claim, changed.is_on, changed.secret) == (ISSUER, "upn", True, SECRET)
        assert IdentityProvider.objects.for_tenant(self.contoso).count() == 1
        assert not IdentityProvider.objects.for_tenant(self.fabrikam).exists()

    def test_another_secret_is_a_change_in_the_trail_and_in_it_only_as_such(self) -> None:
        self.set(**ON)
        self.set(client_secret="another")
        event = AuditEvent.objects.for_tenant(self.contoso).latest("id")
        assert event.activity == "identityprovider.changed"
        first, second = IdentityProvider.history.for_tenant(self.contoso).order_by("history_id")
        assert first.secret_set_at < second.secret_set_at
        assert not hasattr(first, "sealed_secret")

    def test_the_secret_is_nowhere_in_the_database(self) -> None:
        self.set(**ON)
        for model in apps.get_models():
            rows = model._base_manager.all().values_list() if model._meta.managed else []
            assert not any(SECRET in str(row) for row in rows), model
        sealed = IdentityProvider.objects.for_tenant(self.contoso).get().sealed_secret
        with connection.cursor() as cursor:
            cursor.execute("select * from portal_historicalidentityprovider")
            assert not any(sealed in str(row) for row in cursor.fetchall())

    def test_what_is_sealed_opens_for_its_owner_only(self) -> None:
        sealed = seal(SECRET, of="one")
        assert sealed != seal(SECRET, of="one")
        assert unseal(sealed, of="one") == SECRET
        for wrong, owner in ((sealed, "two"), (sealed[:-8] + "AAAAAAA=", "one"), ("", "one")):
            with pytest.raises(NotOpened):
                unseal(wrong, of=owner)
        with override_settings(SECRET_KEY="another"), pytest.raises(NotOpened):
            unseal(sealed, of="one")

    def test_the_secret_of_one_provider_is_not_told_to_another(self) -> None:
        self.set(**ON)
        for change in ({"issuer": "https://evil.example"}, {"client_id": "other"}):
            with pytest.raises(ValidationError, match="give the secret again"):
                self.set(**change)
        off = self.set(issuer="https://elsewhere.example", is_on=False)
        assert (off.sealed_secret, off.secret_set_at) == ("", None)
        assert self.set(client_secret="new", is_on=True).secret == "new"

    def test_on_means_complete(self) -> None:
        for missing in ("issuer", "client_id", "client_secret"):
            with pytest.raises(ValidationError, match="before you switch it on"):
                self.set(**(ON | {missing: ""}))
        assert not IdentityProvider.objects.for_tenant(self.contoso).exists()

    def test_issuers_that_are_none(self) -> None:
        for wrong in (
            "http://login.contoso.example", "http://127.0.0.1:9000", "ftp://login.example", "login.example",
            "https://", "https://user@login.example", "https://user:word@login.example", "javascript:alert(1)",
            "https://login.example/#part", "https://login.example/?a=b", "https://login.example?", "https://a b.c",
            "https://login.example\\@evil.example", "https://login.example/\n", "https://lögin.example",
            "https://login.example:99999", "https://login.example:0", "file:///etc/passwd", "https://[::1", "x" * 301,
        ):  # fmt: skip
            if wrong.strip() == wrong:
                with pytest.raises(ValidationError) as refusal:
                    self.set(issuer=wrong)
                assert "issuer" in refusal.value.message_dict, wrong
        with override_settings(DEBUG=True):
            self.set(issuer="http://127.0.0.1:9000/realm")
            for wrong in ("http://localhost:9000", "http://127.0.0.2", "http://127.0.0.1.evil.example"):
                with pytest.raises(ValidationError):
                    self.set(issuer=wrong)

    def test_other_things_that_cannot_be(self) -> None:
        for wrong in (
            {"scopes": "profile email"}, {"scopes": ""}, {"claim": "name"}, {"client_id": "a\nb"},
            {"directory": "no uuid"}, {"client_secret": "two\nlines"}, {"client_secret": "x" * 501},
            {"client_secret": "ü"}, {"claim": "upn", "joins": True},
        ):  # fmt: skip
            with pytest.raises(ValidationError):
                self.set(**wrong)
        assert not IdentityProvider.objects.for_tenant(self.contoso).exists()

    def test_only_administrators_decide(self) -> None:
        for person in (self.officer, self.auditor, self.fabrikam_admin):
            with pytest.raises(PermissionDenied):
                set_identity_provider(tenant=self.contoso, by=person, claim="upn")

    def test_the_address_to_register(self) -> None:
        with override_settings(CONSOLE_URL="https://privacy.contoso.example"):
            assert return_address(self.contoso) == (
                "https://privacy.contoso.example/portal/contoso/sign-in/provider/back/"
            )


class TestApi(suite.ApiTestCase):
    def test_every_reader_sees_that_none_is_on(self) -> None:
        assert self.role(Role.SERVICE).get(ADDRESS).status_code == 403
        for role in ALLOWED[Permission.VIEW_SIGN_IN]:
            answer = self.role(role).get(ADDRESS)
            assert answer.status_code == 200
            assert (answer.json()["is_on"], answer.json()["secret_set_at"]) == (False, None)
            assert answer["ETag"]
        self.assert_problem(self.neighbour.get(ADDRESS), 404)

    def test_an_administrator_sets_it_and_reads_no_secret(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        tag = admin.get(ADDRESS)["ETag"]
        self.assert_problem(self.send(admin, "PATCH", ADDRESS, ON), 428)
        answer = self.send(admin, "PATCH", ADDRESS, ON | {"reason": "Agreed"}, **{"If-Match": tag})
        assert answer.status_code == 200, answer.content
        assert SECRET not in answer.content.decode()
        assert set(answer.json()) == {
            "issuer", "client_id", "scopes", "claim", "directory", "joins", "is_on", "secret_set_at", "return_address",
        }  # fmt: skip
        self.assert_problem(self.send(admin, "PATCH", ADDRESS, ON, **{"If-Match": tag}), 412)
        event = AuditEvent.objects.for_tenant(self.contoso).latest("id")
        assert (event.activity, event.attribution.reason) == ("identityprovider.changed", "Agreed")
        events = self.role(Role.AUDITOR).get("/api/v1/tenants/contoso/audit-events/").content.decode()
        assert "secret_set_at" in events
        assert SECRET not in events
        assert "sealed_secret" not in events

    def test_nobody_else_does(self) -> None:
        for role in (Role.PRIVACY_OFFICER, Role.AUDITOR, Role.SERVICE):
            answer = self.send(self.role(role), "PATCH", ADDRESS, {"claim": "upn"}, **{"If-Match": "*"})
            self.assert_problem(answer, 403)
        assert not IdentityProvider.objects.for_tenant(self.contoso).exists()

    def test_what_cannot_be(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        for body, pointer in (
            ({"issuer": "http://login.example"}, "#/issuer"),
            ({"claim": "name"}, "#/claim"),
            ({"scopes": "email"}, "#/scopes"),
            ({"directory": "none"}, "#/directory"),
            ({"client_secret": "a\nb"}, "#/client_secret"),
            ({"sealed_secret": "x"}, "#/sealed_secret"),
            ({"secret_set_at": None}, "#/secret_set_at"),
        ):
            answer = self.send(admin, "PATCH", ADDRESS, body, **{"If-Match": "*"})
            self.assert_problem(answer, 400, pointer)
        assert not IdentityProvider.objects.for_tenant(self.contoso).exists()

    def test_a_directory_is_taken_back(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        for directory in ("72f988bf-0000-4000-8000-00000000c047", None):
            answer = self.send(admin, "PATCH", ADDRESS, {"directory": directory}, **{"If-Match": "*"})
            assert answer.json()["directory"] == directory


def test_the_command_takes_the_secret_from_a_file(cast: Any, tmp_path: Any) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    told = run(
        "set_identity_provider", "--tenant", "contoso", "--issuer", ISSUER, "--client-id", "console",
        "--secret-file", str(file), "--switch", "on", "--newcomers", "on", "--actor", "admin@contoso.example",
    )  # fmt: skip
    provider = IdentityProvider.objects.for_tenant(cast.contoso).get()
    assert (provider.secret, provider.is_on, provider.joins) == (SECRET, True, True)
    assert SECRET not in str(told)
    assert "/portal/contoso/sign-in/provider/back/" in str(told)
