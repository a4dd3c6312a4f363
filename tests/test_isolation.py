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
from tests.cast import CastTestCase
from tests.test_enumeration import addresses
from work.mail import post
from work.models import Message

MISSING = 987_654_321
SEGMENTS: dict[str, type[Any]] = {
    "members": Membership,
    "tokens": AccessToken,
    "consents": Consent,
    "audit-events": AuditEvent,
}


class Isolation(CastTestCase):
    consent: Consent
    token: AccessToken
    secret: str
    message: Message
    foreign_secret: str

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

        message = post(
            tenant=cls.contoso, to=cls.officer.username, subject="Due soon", body="Look.", key="a reminder"
        )
        assert message is not None
        cls.message = message

    def _ids(self) -> dict[type[Any], Any]:
        return {
            Tenant: self.contoso.pk,
            Membership: Membership.objects.for_tenant(self.contoso).get(user=self.officer).pk,
            AccessToken: self.token.pk,
            Consent: self.consent.pk,
            Message: self.message.pk,
            AuditEvent: AuditEvent.objects.about(self.consent).earliest("pk").pk,
        }

    # --- API ---

    def _api(self, tenant: str, key: int | None = None) -> Iterator[tuple[str, str]]:
        """Method and address, for everything below a tenant; the objects in it are contoso's, or have the key given."""
        ids = {segment: key or self._ids()[model] for segment, model in SEGMENTS.items()}
        for path, callback in addresses():
            if "(?P<tenant>" not in path:
                continue
            pattern = path.replace("^", "").replace("\\Z", "").rstrip("$")
            filled = re.sub(r"\(\?P<tenant>[^)]*\)", tenant, pattern)
            segment = filled.split("/")[4] if filled.count("/") > 4 else ""
            address = "/" + re.sub(r"\(\?P<\w+>[^)]*\)", str(ids.get(segment, "")), filled)
            for method in sorted(set(callback.actions) - {"head"}):
                yield method, address

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
        """They are answered like what never was: 404, or 400 where already the body is wrong."""
        client = Client()
        client.force_login(self.fabrikam_admin)
        of_missing = self._api("fabrikam", MISSING)
        for (method, address), (_, missing) in zip(self._api("fabrikam"), of_missing, strict=True):
            if address == missing:
                continue
            with self.subTest(method=method, address=address):
                code = self._answer(client, method, address)
                assert code == self._answer(client, method, missing)
                assert code == 404 or (method != "get" and code == 400)

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
        ids = self._ids()
        for model in admin.site._registry:
            owned = issubclass(model, TenantOwned) or model in (Tenant, AuditEvent)
            if not owned:
                continue
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            yield reverse(f"{name}_change", args=[ids[model]])
            if stance_of(model._meta.label_lower):
                yield reverse(f"{name}_history", args=[ids[model]])
            yield reverse(f"{name}_delete", args=[ids[model]])

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
