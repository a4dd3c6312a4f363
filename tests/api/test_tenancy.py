"""Tenants, members and tokens through the API."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from tenants.models import AccessToken, IdempotentAnswer, Membership, Tenant
from tenants.roles import Permission, Role
from tenants.services import add_member, create_token, revoke_token
from tests.api import suite

_number = itertools.count(1)


class TestMembers(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/members/"
    permission = Permission.VIEW_MEMBERS
    queries = 2
    writes = (
        suite.Write(
            "POST",
            Permission.MANAGE_MEMBERS,
            "member.added",
            body={"username": "new@contoso.example", "role": "auditor"},
            text_field="username",
        ),
        suite.Write(
            "PATCH",
            Permission.MANAGE_MEMBERS,
            "member.role_changed",
            "{id}/",
            {"role": "privacy_officer"},
            needs_tag=True,
            text_field="reason",
        ),
        suite.Write("DELETE", Permission.MANAGE_MEMBERS, "member.removed", "{id}/", needs_tag=True),
    )

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                self._add(self.contoso)

    def _add(self, tenant: Tenant) -> Membership:
        name = f"person{next(_number)}@{tenant.slug}.example"
        return add_member(tenant=tenant, username=name, role="auditor", by=self.operator)

    def fresh(self, write: suite.Write) -> str:
        with self.door():
            return str(self._add(self.contoso).pk)

    def foreign(self) -> str:
        return str(Membership.objects.for_tenant(self.fabrikam)[0].pk)

    def test_the_last_administrator_stays(self) -> None:
        admin = Membership.objects.for_tenant(self.contoso).get(user=self.admin)
        path = f"{self.path}{admin.pk}/"
        answer = self.send(self.role(Role.TENANT_ADMIN), "DELETE", path, **{"If-Match": "*"})
        self.assert_problem(answer, 409, code="last_admin")

    def test_a_persons_new_name_moves_the_tag(self) -> None:
        path = f"{self.path}{Membership.objects.for_tenant(self.contoso).get(user=self.officer).pk}/"
        before = self.reader.get(path)["ETag"]
        self.officer.display_name = "Officer"
        self.officer.save()
        assert self.reader.get(path)["ETag"] != before

    def test_the_reason_of_a_removal_is_in_the_trail(self) -> None:
        id_ = self.fresh(self.writes[2])
        path = f"{self.path}{id_}/?reason=Left"
        assert self.send(self.role(Role.TENANT_ADMIN), "DELETE", path, **{"If-Match": "*"}).status_code == 204
        event = AuditEvent.objects.for_tenant(self.contoso).filter(activity="member.removed").latest("id")
        assert event.attribution.reason == "Left"


class TestTokens(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/tokens/"
    permission = Permission.VIEW_TOKENS
    queries = 2
    writes = (
        suite.Write(
            "POST",
            Permission.MANAGE_OWN_TOKENS,
            "token.created",
            body={"name": "Export", "role": "tenant_admin"},
            text_field="name",
        ),
        suite.Write(
            "POST",
            Permission.MANAGE_TOKENS,
            "token.revoked",
            "{id}/revoke/",
            {"reason": "Lost"},
            text_field="reason",
        ),
        suite.Write("DELETE", Permission.MANAGE_TOKENS, "token.revoked", "{id}/", needs_tag=True),
    )

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                self._make(self.contoso)

    def _make(self, tenant: Tenant) -> AccessToken:
        return create_token(tenant=tenant, name=f"n{next(_number)}", role="service", by=self.operator)[0]

    def fresh(self, write: suite.Write) -> str:
        with self.door():
            return str(self._make(self.contoso).pk)

    def foreign(self) -> str:
        return str(AccessToken.objects.for_tenant(self.fabrikam)[0].pk)

    def test_each_role_writes_what_the_table_says(self) -> None:
        """An officer makes tokens of their own role only; that rule is the deed's."""
        own = {"name": "Mine", "role": "privacy_officer"}
        assert self.send(self.role(Role.PRIVACY_OFFICER), "POST", self.path, own).status_code == 201
        for role in (Role.PRIVACY_OFFICER, Role.AUDITOR, Role.SERVICE):
            for write in self.writes:
                with self.subTest(f"{role} {write.path}"):
                    self.assert_problem(self.do(write, self.role(role)), 403)

    def check_repetition(self, first: Any, second: Any) -> None:
        """The secret is shown once, and kept nowhere."""
        if first.status_code == 201:
            self.assert_problem(second, 409, code="already_done")
            secret = first.json()["token"]
            assert secret not in "".join(IdempotentAnswer.objects.values_list("body", flat=True))
        else:
            super().check_repetition(first, second)

    def test_past_states_are_shown_as_known_then(self) -> None:
        """But for the last use, which has no history."""
        self.make(1)
        path = f"{self.path}{AccessToken.objects.for_tenant(self.contoso).latest('id').pk}/"
        known_at = suite.moment()
        with self.door():
            revoke_token(token=AccessToken.objects.for_tenant(self.contoso).latest("id"), by=self.operator)
        assert self.reader.get(path).json()["state"] == "revoked"
        assert self.reader.get(path, {"as_of": known_at}).json()["state"] == "active"

    def test_a_made_token_works_at_once_and_its_secret_is_never_shown_again(self) -> None:
        body = {"name": "Export", "role": "service"}
        made = self.send(self.role(Role.TENANT_ADMIN), "POST", self.path, body)
        assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
        secret = made.json()["token"]
        assert self.bearer(secret).get("/api/v1/catalog/elements/").status_code == 200
        shown = self.role(Role.TENANT_ADMIN).get(f"{self.path}{made.json()['id']}/")
        assert secret not in shown.content.decode()
        assert "token" not in shown.json()

    def test_an_expiry_beyond_a_year_is_refused(self) -> None:
        body = {
            "name": "Long",
            "role": "service",
            "expires_at": (timezone.now() + timedelta(days=400)).isoformat(),
        }
        answer = self.send(self.role(Role.TENANT_ADMIN), "POST", self.path, body)
        self.assert_problem(answer, 400, "#/expires_at")


class TestTenants(suite.ListSuite):
    path = "/api/v1/tenants/"
    permission = Permission.VIEW_TENANT
    queries = 2

    def make(self, count: int) -> None:
        """A token sees its own tenant only; there is never more to page through."""

    def setUp(self) -> None:
        self.browser = Client()
        self.browser.force_login(self.operator)
        self.new = {
            "slug": "adatum",
            "name": "Adatum",
            "directory_id": "72f988bf-0000-4000-8000-0000000ada70",
            "country": "FR",
        }

    def test_one_sees_ones_own(self) -> None:
        assert [t["slug"] for t in self.reader.get(self.path).json()["results"]] == ["contoso"]
        self.assert_problem(self.reader.get(f"{self.path}fabrikam/"), 404)
        assert len(self.browser.get(self.path).json()["results"]) == 2

    def test_only_operators_make_tenants(self) -> None:
        self.assert_problem(self.send(self.role(Role.TENANT_ADMIN), "POST", self.path, self.new), 403)
        made = self.send(self.browser, "POST", self.path, self.new)
        assert made.status_code == 201, made.content
        assert Tenant.objects.filter(slug="adatum").exists()
        event = AuditEvent.objects.for_tenant(made.json()["id"]).get(activity="tenant.created")
        assert event.attribution.actor_name == "operator"
        self.assert_problem(self.send(self.browser, "POST", self.path, self.new), 400, "#/slug")
        self.assert_problem(
            self.send(self.browser, "POST", self.path, self.new | {"country": "de\0"}), 400, "#/country"
        )

    def test_only_operators_change_them_and_foreign_ones_do_not_exist(self) -> None:
        change = {"status": "closing", "reason": "Contract ends"}
        admin, headers = self.role(Role.TENANT_ADMIN), {"If-Match": "*"}
        self.assert_problem(self.send(admin, "PATCH", f"{self.path}contoso/", change, **headers), 403)
        self.assert_problem(self.send(admin, "PATCH", f"{self.path}fabrikam/", change, **headers), 404)
        self.assert_problem(self.send(self.browser, "PATCH", f"{self.path}contoso/", change), 428)
        tag = self.browser.get(f"{self.path}contoso/")["ETag"]
        done = self.send(self.browser, "PATCH", f"{self.path}contoso/", change, **{"If-Match": tag})
        assert (done.status_code, done.json()["status"]) == (200, "closing")
        stale = self.send(self.browser, "PATCH", f"{self.path}contoso/", change, **{"If-Match": tag})
        self.assert_problem(stale, 412, code="stale")

    def test_raw_sql_moves_the_tag(self) -> None:
        before = self.reader.get(f"{self.path}contoso/")["ETag"]
        with connection.cursor() as cursor:
            cursor.execute("UPDATE tenants_tenant SET name = 'Contoso AG' WHERE id = %s", [self.contoso.pk])
        assert self.reader.get(f"{self.path}contoso/")["ETag"] != before

    def test_a_past_name_is_shown_as_of_then(self) -> None:
        known_at = suite.moment()
        Tenant.objects.filter(pk=self.contoso.pk).update(name="Contoso AG")
        path = f"{self.path}contoso/"
        assert self.reader.get(path, {"as_of": known_at}).json()["name"] == "Contoso"
        assert self.reader.get(path).json()["name"] == "Contoso AG"
        past, now = (
            self.reader.get(self.path, query).json()["results"] for query in ({"as_of": known_at}, {})
        )
        assert (past[0]["name"], now[0]["name"]) == ("Contoso", "Contoso AG")

    def test_the_session_needs_the_csrf_token(self) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(self.operator)
        self.assert_problem(self.send(browser, "POST", self.path, self.new), 403)

    def test_members_of_several_tenants_see_these(self) -> None:
        with self.door():
            add_member(
                tenant=self.fabrikam, username="officer@contoso.example", role="auditor", by=self.operator
            )
        browser = Client()
        browser.force_login(self.officer)
        assert [t["slug"] for t in browser.get(self.path).json()["results"]] == ["contoso", "fabrikam"]


class TestTokensThatOpenNothing(suite.ApiTestCase):
    def refused(self, secret: str) -> None:
        response = self.bearer(secret).get("/api/v1/tenants/")
        self.assert_problem(response, 401)
        assert response["WWW-Authenticate"] == "Bearer"

    def refusals(self) -> list[AuditEvent]:
        return list(AuditEvent.objects.for_tenant(self.contoso).filter(activity="token.refused"))

    def test_malformed_and_unknown(self) -> None:
        for secret in ("", "x", "pc_", "pc_x_y", "pc_aaaaaaaaaaaa_bbb", "ä", "pc_" + "x" * 5000):
            with self.subTest(secret[:20]):
                self.refused(secret)
        assert self.refusals() == []

    def test_other_schemes_are_no_token(self) -> None:
        client = Client(headers={"Authorization": "Basic b3BlcmF0b3I6eA=="})
        self.assert_problem(client.get("/api/v1/tenants/"), 401)

    def test_revoked_is_noted_once_a_minute(self) -> None:
        with self.door():
            token, secret = create_token(tenant=self.contoso, name="t", role="service", by=self.operator)
            revoke_token(token=token, by=self.operator)
        for _ in range(3):
            self.refused(secret)
        (event,) = self.refusals()
        assert (event.result, event.details) == ("failure", {"why": "revoked"})
        assert event.resource_id == str(token.pk)

    def test_expired_and_of_a_closed_tenant(self) -> None:
        now = timezone.now()
        AccessToken.objects.for_tenant(self.contoso).filter(role="auditor").update(
            created_at=now - timedelta(days=2), expires_at=now - timedelta(days=1)
        )
        self.refused(self.secrets[Role.AUDITOR])
        Tenant.objects.filter(pk=self.contoso.pk).update(status="closed")
        self.refused(self.secrets[Role.SERVICE])
        assert {(event.details or {})["why"] for event in self.refusals()} == {"expired", "tenant closed"}

    def test_a_wrong_secret_behind_a_known_prefix(self) -> None:
        self.refused(self.secrets[Role.SERVICE][:-3] + "xxx")
        assert self.refusals()[0].details == {"why": "wrong secret"}

    def test_a_person_who_may_no_longer_sign_in(self) -> None:
        browser = Client()
        browser.force_login(self.officer)
        self.officer.is_active = False
        self.officer.save()
        self.assert_problem(browser.get("/api/v1/tenants/"), 401)

    def test_an_employee_sees_no_tenant(self) -> None:
        browser = Client()
        browser.force_login(self.employee)
        self.assert_problem(browser.get("/api/v1/tenants/contoso/"), 404)
        self.assert_problem(browser.get("/api/v1/tenants/contoso/consents/"), 404)
