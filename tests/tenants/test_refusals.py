"""A write that the role does not allow is in the timeline, whichever door it came to; a look is not."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from tenants.models import AccessToken, Membership, Tenant
from tenants.roles import Role
from tests.api import suite
from tests.commands.running import run

MEMBERS = "/api/v1/tenants/contoso/members/"
NEW = {"username": "new@contoso.example", "role": "auditor"}


class TestRefusals(suite.ApiTestCase):
    def refusals(self, tenant: Tenant | None = None) -> list[AuditEvent]:
        events = AuditEvent.objects.for_tenant(tenant or self.contoso).filter(activity="access.refused")
        return list(events.select_related("attribution").order_by("id"))

    def enter(self, user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def the_refusal(self, asked: str, permission: str) -> Any:
        """The one refusal in contoso's timeline; returns who was refused."""
        (event,) = self.refusals()
        assert (event.category, event.result, event.resource_name) == ("access", "failure", asked)
        assert event.details == {"asked": asked, "permission": permission}
        assert self.refusals(self.fabrikam) == []
        return event.attribution

    # --- the API ---

    def test_a_token_at_the_api(self) -> None:
        answer = self.send(self.role(Role.AUDITOR), "POST", MEMBERS, NEW)
        self.assert_problem(answer, 403)
        by = self.the_refusal(f"POST {MEMBERS}", "member.manage")
        assert (by.actor_type, by.actor_role, by.origin) == ("service", "auditor", "api")
        assert str(by.correlation_id) == answer["X-Request-ID"]

    def test_a_person_at_the_api(self) -> None:
        self.assert_problem(self.send(self.enter(self.officer), "POST", MEMBERS, NEW), 403)
        by = self.the_refusal(f"POST {MEMBERS}", "member.manage")
        assert (by.actor_name, by.actor_role) == (self.officer.username, "privacy_officer")

    def test_what_the_deed_itself_refuses_inside_its_transaction(self) -> None:
        path = "/api/v1/tenants/contoso/tokens/"
        foreign = AccessToken.objects.for_tenant(self.contoso).get(role=Role.SERVICE)
        officer = self.role(Role.PRIVACY_OFFICER)
        for key in ({}, {"Idempotency-Key": "k"}, {"Idempotency-Key": "k"}):
            self.assert_problem(self.send(officer, "POST", f"{path}{foreign.pk}/revoke/", {}, **key), 403)
        asked = [event.resource_name for event in self.refusals()]
        assert asked == [f"POST {path}{foreign.pk}/revoke/"] * 2, "a repetition is answered, not asked again"

    def test_a_deed_about_no_tenant_is_in_ones_own(self) -> None:
        self.assert_problem(self.send(self.role(Role.TENANT_ADMIN), "POST", "/api/v1/tenants/", {}), 403)
        self.the_refusal("POST /api/v1/tenants/", "tenant.manage")

    def test_a_tenant_that_only_operators_change(self) -> None:
        path = "/api/v1/tenants/contoso/"
        headers = {"If-Match": "*"}
        self.assert_problem(self.send(self.enter(self.admin), "PATCH", path, {"name": "X"}, **headers), 403)
        self.the_refusal(f"PATCH {path}", "tenant.manage")

    def test_looking_leaves_nothing(self) -> None:
        self.assert_problem(self.role(Role.SERVICE).get(MEMBERS), 403)
        self.assert_problem(
            self.send(self.role(Role.SERVICE), "POST", "/api/v1/tenants/fabrikam/members/", NEW), 404
        )
        self.assert_problem(self.send(Client(), "POST", MEMBERS, NEW), 401)
        assert self.enter(self.auditor).get(reverse("admin:tenants_membership_add")).status_code == 403
        assert self.refusals() == self.refusals(self.fabrikam) == []

    # --- the admin pages ---

    def test_adding_through_a_page(self) -> None:
        path = reverse("admin:tenants_membership_add")
        assert self.enter(self.auditor).post(path, NEW).status_code == 403
        by = self.the_refusal(f"POST {path}", "member.manage")
        assert (by.actor_name, by.actor_role, by.origin) == (self.auditor.username, "auditor", "admin")

    def test_changing_through_a_page(self) -> None:
        member = Membership.objects.for_tenant(self.contoso).get(user=self.admin)
        path = reverse("admin:tenants_membership_remove", args=[member.pk])
        assert self.enter(self.officer).get(path).status_code == 403
        assert self.refusals() == []
        assert self.enter(self.officer).post(path, {"reason": "Left"}).status_code == 403
        by = self.the_refusal(f"POST {path}", "member.manage")
        assert (by.actor_name, by.actor_role) == (self.officer.username, "privacy_officer")

    def test_what_the_deed_refuses_behind_a_page(self) -> None:
        """An officer revokes their own tokens only; that rule is inside the deed and its transaction."""
        token = AccessToken.objects.for_tenant(self.contoso).get(role=Role.SERVICE)
        path = reverse("admin:tenants_accesstoken_revoke", args=[token.pk])
        assert self.enter(self.officer).post(path, {"reason": "Wanted"}).status_code == 403
        self.the_refusal(f"POST {path}", "token.manage")
        token.refresh_from_db()
        assert token.revoked_at is None

    # --- the commands ---

    def test_at_the_command_line(self) -> None:
        ran = run(
            "add_member", "--tenant", "contoso", "--user", NEW["username"], "--role", "auditor",
            "--actor", self.officer.username, "--reason", "New colleague",
        )  # fmt: skip
        assert ran.code == 1
        by = self.the_refusal("add_member", "member.manage")
        assert (by.actor_name, by.actor_role) == (self.officer.username, "privacy_officer")
        assert (by.origin, by.reason) == ("command", "New colleague")
