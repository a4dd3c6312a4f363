"""Another tenant's object does not exist: for each address that names one, each outsider gets 404, never 200 or 403."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from audit.history import stance_of
from audit.models import AuditEvent
from catalog.models import Service
from consents.models import Consent
from consents.services import grant_consent, request_consent
from tenants.models import AccessToken, Membership, Tenant, TenantOwned
from tenants.roles import Role
from tenants.services import create_token
from terms.models import TermsPolicy
from tests.audit import makers
from tests.audit.makers import STANCES
from tests.cast import CastTestCase
from tests.test_enumeration import addresses

MISSING = 987_654_321


def is_owned(model: type[Any]) -> bool:
    """Whether its rows exist for one tenant only."""
    return issubclass(model, TenantOwned) or model in (Tenant, AuditEvent)


class Isolation(CastTestCase):
    consent: Consent
    token: AccessToken
    secret: str
    foreign_secret: str
    rows: dict[type[Any], Any]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        service = Service.objects.get(code="apns")
        requested = request_consent(
            tenant=cls.contoso, service=service, by=cls.admin, terms_url="https://contoso.example/terms"
        )
        cls.consent = grant_consent(consent=requested, by=cls.admin, reason="needed")
        cls.token, cls.secret = create_token(tenant=cls.contoso, name="sync", role=Role.SERVICE, by=cls.admin)
        _, cls.foreign_secret = create_token(
            tenant=cls.fabrikam, name="sync", role=Role.TENANT_ADMIN, by=cls.fabrikam_admin
        )
        cls.rows = cls._made() | {
            Tenant: cls.contoso,
            Membership: Membership.objects.for_tenant(cls.contoso).get(user=cls.officer),
            AccessToken: cls.token,
            Consent: cls.consent,
            AuditEvent: AuditEvent.objects.about(cls.consent).earliest("pk"),
        }

    @classmethod
    def _made(cls) -> dict[type[Any], Any]:
        """A row of contoso, or of the platform, for each model."""
        cast: Any = cls
        return {stance.model: makers.stored(stance, cast) for stance in STANCES}

    # --- API ---

    def _api(self, tenant: str, key: int | None = None, *, shared: bool = True) -> Iterator[tuple[str, str]]:
        """Method and address, for everything below a tenant; the objects in it are contoso's, or have the key given.

        shared: whether objects that every tenant sees are among them.
        """
        for path, callback in addresses():
            is_viewset = "(?P<tenant>" in path and hasattr(callback, "cls")
            if not is_viewset or not (shared or self._is_owned(callback.cls)):
                continue
            pattern = path.replace("^", "").replace("\\Z", "").rstrip("$")
            filled = re.sub(r"\(\?P<tenant>[^)]*\)", tenant, pattern)
            filled = re.sub(r"\(\?P<terms>[^)]*\)", str(key or self._terms(callback.cls)), filled)
            address = "/" + re.sub(r"\(\?P<\w+>[^)]*\)", str(key or self._key(callback.cls)), filled)
            for method in sorted(set(callback.actions) - {"head"}):
                yield method, address

    def _is_owned(self, viewset: Any) -> bool:
        return is_owned(getattr(viewset, "model", Tenant))

    def _key(self, viewset: Any) -> Any:
        """What names the object that the viewset is about."""
        row = self.rows.get(getattr(viewset, "model", AuditEvent))
        return getattr(row, "pk" if viewset.lookup_field == "id" else viewset.lookup_field, "")

    def _terms(self, viewset: Any) -> Any:
        """The policy that the address leads through."""
        row = self.rows.get(getattr(viewset, "model", Tenant))
        return getattr(row, "policy_id", self.rows[TermsPolicy].pk)

    def _answer(self, client: Client, method: str, address: str) -> int:
        options: dict[str, Any] = {} if method == "get" else {"content_type": "application/json", "data": {}}
        headers = {} if method == "get" else {"If-Match": '"1"'}
        return int(getattr(client, method)(address, headers=headers, **options).status_code)

    def test_the_api_hides_the_tenant_from_every_outsider(self) -> None:
        assert len(list(self._api("contoso"))) > 8
        for outsider in self.outsiders:
            client = Client()
            client.force_login(outsider)
            for method, address in self._api("contoso"):
                with self.subTest(outsider=str(outsider), method=method, address=address):
                    assert self._answer(client, method, address) == 404

    def test_ones_own_tenant_does_not_open_anothers_objects(self) -> None:
        """They are answered like what never was: 404, or earlier where already role (403) or body (400) are wrong."""
        client = Client()
        client.force_login(self.fabrikam_admin)
        of_missing = self._api("fabrikam", MISSING, shared=False)
        ours = self._api("fabrikam", shared=False)
        for (method, address), (_, missing) in zip(ours, of_missing, strict=True):
            if address == missing:
                continue
            with self.subTest(method=method, address=address):
                code = self._answer(client, method, address)
                assert code == self._answer(client, method, missing)
                assert code == 404 or (method != "get" and code in (400, 403))

    def test_a_foreign_token_opens_nothing(self) -> None:
        client = Client(headers={"Authorization": f"Bearer {self.foreign_secret}"})
        for method, address in self._api("contoso"):
            with self.subTest(method=method, address=address):
                assert self._answer(client, method, address) == 404

    def test_the_same_addresses_exist_for_a_member(self) -> None:
        client = Client()
        client.force_login(self.admin)
        gets = [address for method, address in self._api("contoso") if method == "get"]
        assert {a: code for a in gets if (code := self._answer(client, "get", a)) != 200} == {}

    # --- Admin pages ---

    def _pages(self) -> Iterator[str]:
        for model in filter(is_owned, admin.site._registry):
            key = self.rows[model].pk
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            yield reverse(f"{name}_change", args=[key])
            if stance_of(model._meta.label_lower):
                yield reverse(f"{name}_history", args=[key])
            yield reverse(f"{name}_delete", args=[key])

    def test_admin_pages_of_an_object_are_missing_for_members_of_another_tenant(self) -> None:
        for outsider in (self.fabrikam_officer, self.fabrikam_admin, self.fabrikam_auditor):
            client = Client()
            client.force_login(outsider)
            for address in self._pages():
                for method in ("get", "post"):
                    with self.subTest(outsider=str(outsider), method=method, address=address):
                        assert getattr(client, method)(address).status_code == 404

    def test_admin_pages_never_open_for_an_employee(self) -> None:
        client = Client()
        client.force_login(self.employee)
        for address in self._pages():
            with self.subTest(address=address):
                assert client.get(address).status_code in (302, 404)

    def test_lists_do_not_name_another_tenants_rows(self) -> None:
        client = Client()
        client.force_login(self.fabrikam_auditor)
        for model in admin.site._registry:
            answer = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
            with self.subTest(model=model):
                assert answer.status_code in (200, 403)
                assert b"contoso" not in answer.content.lower()
