"""Certificates and tokens through the API."""

from __future__ import annotations

import itertools
from typing import Any

from consents.models import Credential
from consents.services.credentials import add_credential
from consents.services.imports import record_import
from tenants.models import Tenant
from tenants.roles import Permission, Role
from tests.api import suite
from tests.consents.graph.samples import reading, token

_number = itertools.count(1)
NEW = {"kind": "vpp_token", "name": "Berlin", "expires_at": "2096-01-01T00:00:00Z", "connection": "Berlin"}
REASON = {"reason": "The location is closed"}


class TestCredentials(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/credentials/"
    permission = Permission.VIEW_SHARING
    queries = 2
    writes = (
        suite.Write("POST", Permission.KEEP_CREDENTIALS, "credential.added", body=NEW, text_field="name"),
        suite.Write(
            "PATCH",
            Permission.KEEP_CREDENTIALS,
            "credential.changed",
            "{id}/",
            {"expires_at": "2097-01-01T00:00:00Z"},
            needs_tag=True,
            text_field="account",
        ),
        suite.Write(
            "POST",
            Permission.KEEP_CREDENTIALS,
            "credential.retired",
            "{id}/retire/",
            REASON,
            text_field="reason",
        ),
    )

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                self._made(self.contoso)

    def _made(self, tenant: Tenant) -> Credential:
        given: Any = {**NEW, "name": f"Token {next(_number)}"}
        return add_credential(tenant=tenant, by=self.operator, **given)

    def fresh(self, write: suite.Write) -> str:
        with self.door():
            return str(self._made(self.contoso).pk)

    def foreign(self) -> str:
        with self.door():
            return str(self._made(self.fabrikam).pk)

    def test_entered_renewed_and_retired(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        made = self.send(admin, "POST", self.path, {"kind": "apns_certificate", **_end("2096")}).json()
        assert (made["service"], made["grace_days"], made["source"]) == ("apns", 30, "hand")
        path = f"{self.path}{made['id']}/"
        renewed = self.send(admin, "PATCH", path, _end("2097"), **{"If-Match": "*"}).json()
        assert renewed["expires_at"] == "2097-01-01T00:00:00Z"
        assert self.send(admin, "POST", f"{path}retire/", REASON).json()["retired_at"]
        again = self.send(admin, "POST", f"{path}retire/", REASON)
        self.assert_problem(again, 409, code="retired")
        assert self.reader.get(self.path, {"retired": "false"}).json()["results"] == []

    def test_what_is_wrong_is_said_at_its_place(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        for body, pointer in (
            ({**NEW, "kind": "fax"}, "#/kind"),
            ({**NEW, "expires_at": "soon"}, "#/expires_at"),
            ({**NEW, "expires_at": "2096-01-01T00:00:00"}, "#/expires_at"),
            ({**NEW, "grace_days": -1}, "#/grace_days"),
            ({**NEW, "kind": "apns_certificate"}, "#/connection"),
            ({**NEW, "name": " "}, "#/name"),
        ):
            with self.subTest(pointer):
                self.assert_problem(self.send(admin, "POST", self.path, body), 400, pointer)

    def test_the_same_one_is_entered_once(self) -> None:
        admin, body = self.role(Role.TENANT_ADMIN), {**NEW, "external_id": "token-7"}
        assert self.send(admin, "POST", self.path, body).status_code == 201
        self.assert_problem(self.send(admin, "POST", self.path, body), 400)

    def test_imported_ones_follow_the_imports(self) -> None:
        with self.door():
            record_import(tenant=self.contoso, by=self.operator, reading=reading(token("Berlin")))
        row = self.reader.get(self.path, {"source": "import", "service": "vpp"}).json()["results"][0]
        answer = self.send(
            self.role(Role.TENANT_ADMIN),
            "PATCH",
            f"{self.path}{row['id']}/",
            _end("2097"),
            **{"If-Match": "*"},
        )
        self.assert_problem(answer, 409, code="imported")


def _end(year: str) -> dict[str, str]:
    return {"expires_at": f"{year}-01-01T00:00:00Z", "name": "Certificate"}
