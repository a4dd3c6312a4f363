"""The pages of tenants, members, tokens and accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from audit.models import AuditEvent
from tenants.models import AccessToken, Membership, Tenant, User
from tenants.roles import Permission, Role
from tenants.services import add_member, create_token, revoke_token
from tests.admin.suite import KEEPSAKE, AdminPageSuite, TenantPageSuite, Writing, at_work
from tests.cast import PASSWORD

ALL_DENIED = frozenset({"auditor", "officer", "admin"})


def _new_guid(_: Any) -> str:
    import uuid

    return str(uuid.uuid4())


def _new_slug(_: Any) -> str:
    return f"tailspin-{Tenant.objects.count()}"


class TenantPageTests(TenantPageSuite):
    model = Tenant
    writings = (
        Writing(
            "add",
            {"slug": _new_slug, "name": "Tailspin", "directory_id": _new_guid, "country": "fr"},
            "tenant.created",
            frozenset({"operator"}),
            ALL_DENIED,
            {"slug": "contoso", "name": "Again", "directory_id": "no guid", "country": "Germany"},
        ),
        Writing(
            "amend",
            {"name": "Contoso AG", "country": "de", "status": "closing", "reason": "The contract ends."},
            "tenant.closing",
            frozenset({"operator"}),
            ALL_DENIED,
            {"name": "", "country": "D", "status": "asleep"},
        ),
    )

    def make(self, tenant: Tenant, name: str) -> Tenant:
        if name == KEEPSAKE:
            return tenant
        return Tenant.objects.create(slug=name, name=name, directory_id=_new_guid(None), country="DE")

    def test_the_list_asks_as_often_for_many_as_for_one(self) -> None:
        self.reader = "operator"  # type: ignore[misc]
        super().test_the_list_asks_as_often_for_many_as_for_one()

    def test_the_switcher_narrows_the_list_and_leaves_addresses_working(self) -> None:
        """The list of tenants is where one chooses: it always has all of one's own."""
        self.enter("operator")
        self.client.post("/admin/tenant/", {"tenant": "fabrikam"})
        self.assertContains(self.client.get(self.url("changelist")), self.url("change", self.contoso.pk))

    def test_members_see_the_details_and_no_buttons(self) -> None:
        self.enter("auditor")
        page = self.client.get(self.url("change", self.contoso.pk))
        self.assertContains(page, str(self.contoso.directory_id))
        self.assertContains(page, "admin@contoso.example")
        self.assertNotContains(page, self.url("amend", self.contoso.pk))


class MemberPageTests(TenantPageSuite):
    model = Membership
    writings = (
        Writing(
            "add",
            {"username": "new.{by}@contoso.example", "role": "auditor", "reason": "The yearly audit."},
            "member.added",
            wrong={"username": "", "role": "king"},
            denied=frozenset({"auditor", "officer"}),
            allowed=frozenset({"admin"}),
        ),
        Writing(
            "role",
            {"role": "privacy_officer", "reason": "Promoted."},
            "member.role_changed",
            wrong={"role": "king"},
            denied=frozenset({"auditor", "officer"}),
        ),
        Writing("remove", {"reason": "Left."}, "member.removed", denied=frozenset({"auditor", "officer"})),
    )

    def make(self, tenant: Tenant, name: str) -> Membership:
        number = Membership.objects.for_tenant(tenant).count()
        return add_member(
            tenant=tenant, username=f"{name}.{number}@contoso.example", role=Role.AUDITOR, by=self.operator
        )

    def test_removal_is_confirmed_first(self) -> None:
        member = self.one()
        self.enter("admin")
        self.assertContains(
            self.client.get(self.url("remove", member.pk)), "no longer sees anything of Contoso"
        )
        assert Membership.objects.for_tenant(self.contoso).filter(pk=member.pk).exists()

    def test_the_last_admin_stays_and_nobody_says_otherwise(self) -> None:
        last = Membership.objects.for_tenant(self.contoso).get(role=Role.TENANT_ADMIN)
        self.enter("admin")
        answer = self.client.post(self.url("remove", last.pk), {"reason": "Leaving."})
        self.assertContains(answer, "last administrator", status_code=409)
        self.assertNotContains(answer, "no longer a member", status_code=409)
        assert Membership.objects.for_tenant(self.contoso).filter(pk=last.pk).exists()

    def test_a_member_of_two_tenants_says_for_which(self) -> None:
        with at_work():
            Membership.objects.for_tenant(self.fabrikam).create(
                tenant=self.fabrikam, user=self.admin, role=Role.TENANT_ADMIN
            )
        self.enter("admin")
        data = {"username": "new@fabrikam.example", "role": "auditor"}
        self.assertContains(self.client.post(self.url("add"), data), "This field is required")
        self.client.post(self.url("add"), data | {"tenant": self.fabrikam.pk})
        assert Membership.objects.for_tenant(self.fabrikam).filter(user__username=data["username"]).exists()

    def test_a_tenant_of_others_is_no_choice(self) -> None:
        self.enter("admin")
        data = {"username": "spy@contoso.example", "role": "tenant_admin"}
        answers = [
            self.client.post(self.url("add"), data | {"tenant": pk}) for pk in (self.fabrikam.pk, 987_654)
        ]
        for answer in answers:
            self.assertContains(answer, "That choice is not one of the available choices")
        assert not User.objects.filter(username=data["username"]).exists()

    def test_a_member_may_what_the_role_gives_and_nothing_tells_who_runs_the_platform(self) -> None:
        with at_work():
            member = add_member(
                tenant=self.contoso, username=self.operator.username, role=Role.AUDITOR, by=self.admin
            )
        self.enter("admin")
        page = self.client.get(self.url("change", member.pk))
        self.assertContains(page, Permission.EXPORT.label)
        self.assertNotContains(page, Permission.MANAGE_TENANT.label)

    def test_the_tokens_that_someone_leaves_behind_are_named(self) -> None:
        member = Membership.objects.for_tenant(self.contoso).get(user=self.officer)
        with at_work():
            make: dict[str, Any] = {"tenant": self.contoso, "role": Role.PRIVACY_OFFICER, "by": self.officer}
            create_token(name="Night <run>", **make)
            revoke_token(token=create_token(name="Long gone", **make)[0], by=self.officer)
        self.enter("admin")
        for deed in ("role", "remove"):
            page = self.client.get(self.url(deed, member.pk))
            self.assertContains(page, "Night &lt;run&gt;")
            self.assertNotContains(page, "Long gone")


class TokenPageTests(TenantPageSuite):
    model = AccessToken
    writings = (
        Writing(
            "add",
            {
                "name": "reporting of {by}",
                "role": "service",
                "expires_at": lambda _: _in_days(30),
                "reason": "Reports.",
            },
            "token.created",
            frozenset({"admin"}),
            wrong={"name": "", "role": "king", "expires_at": "tomorrow"},
        ),
        Writing("revoke", {"reason": "Leaked."}, "token.revoked"),
    )

    def make(self, tenant: Tenant, name: str) -> AccessToken:
        return create_token(tenant=tenant, name=name, role=Role.SERVICE, by=self.operator)[0]

    def test_the_secret_is_shown_once(self) -> None:
        self.enter("admin")
        data = {"name": "reporting", "role": "service", "expires_at": _in_days(30)}
        answer = self.client.post(self.url("add"), data)
        token = AccessToken.objects.for_tenant(self.contoso).get(name="reporting")
        secret = answer.context["secret"]
        assert AccessToken.digest_of(secret) == token.digest
        self.assertContains(answer, secret)
        assert "no-store" in answer.headers["Cache-Control"]
        for page in (self.url("change", token.pk), self.url("changelist"), self.url("history", token.pk)):
            self.assertNotContains(self.client.get(page), secret)
            self.assertNotContains(self.client.get(page), token.digest)

    def test_longer_than_a_year_is_refused_beside_the_field(self) -> None:
        self.enter("admin")
        data = {"name": "for ever", "role": "service", "expires_at": _in_days(800)}
        self.assertContains(self.client.post(self.url("add"), data), "a year at most")

    def test_an_officer_makes_tokens_of_their_own_role_only(self) -> None:
        self.enter("officer")
        data = {"name": "mine", "role": "tenant_admin", "expires_at": _in_days(30)}
        assert self.client.post(self.url("add"), data).status_code == 403
        assert self.client.post(self.url("add"), data | {"role": "privacy_officer"}).status_code == 200
        assert AccessToken.objects.for_tenant(self.contoso).count() == 1

    def test_revoking_another_ones_token_needs_the_admin(self) -> None:
        token = self.one()
        self.enter("officer")
        self.assertNotContains(self.client.get(self.url("change", token.pk)), self.url("revoke", token.pk))
        assert self.client.post(self.url("revoke", token.pk), {"reason": "No."}).status_code == 403
        token.refresh_from_db()
        assert token.revoked_at is None

    def test_states_are_told_apart(self) -> None:
        token = self.one()
        self.enter("admin")
        self.client.post(self.url("revoke", token.pk), {"reason": "Leaked."})
        self.assertContains(
            self.client.get(f"{self.url('changelist')}?state=revoked"), self.url("change", token.pk)
        )
        self.assertNotContains(
            self.client.get(f"{self.url('changelist')}?state=active"), self.url("change", token.pk)
        )
        self.assertNotContains(self.client.get(self.url("change", token.pk)), self.url("revoke", token.pk))

    def test_what_a_token_made_is_answered_for_by_the_person_behind_it(self) -> None:
        with at_work():
            machine, _ = create_token(tenant=self.contoso, name="m", role=Role.TENANT_ADMIN, by=self.operator)
            made, _ = create_token(tenant=self.contoso, name="n", role=Role.SERVICE, by=machine)
        self.enter("auditor")
        self.assertContains(self.client.get(self.url("change", made.pk)), "<dd>operator</dd>")


class AccountPageTests(AdminPageSuite):
    model = User
    readers = ("operator",)
    strangers = ("officer", "admin", "auditor", "fabrikam_admin")
    reader = "operator"
    writings = (
        Writing(
            "add",
            {"username": "newcomer", "display_name": "New", "reason": "Joins."},
            "user.created",
            frozenset({"operator"}),
            ALL_DENIED,
            {"username": "", "email": "no address"},
        ),
        Writing(
            "amend",
            {"display_name": "Renamed", "may_sign_in": "on", "reason": "Married."},
            "user.updated",
            frozenset({"operator"}),
            ALL_DENIED,
            {"email": "no address"},
        ),
        Writing(
            "password",
            {"password": PASSWORD, "again": PASSWORD, "reason": "Forgotten."},
            "user.password_set",
            frozenset({"operator"}),
            ALL_DENIED,
            {"password": "123", "again": "123"},
        ),
    )

    def make(self, tenant: Tenant, name: str) -> User:
        return User.objects.create_user(f"{name}.{User.objects.count()}@contoso.example")

    def test_a_password_is_never_in_the_trail(self) -> None:
        user = self.one()
        self.enter("operator")
        self.client.post(self.url("password", user.pk), {"password": PASSWORD, "again": PASSWORD})
        user.refresh_from_db()
        assert user.check_password(PASSWORD)
        page = self.client.get(self.url("history", user.pk))
        self.assertNotContains(page, PASSWORD)
        self.assertNotContains(page, user.password)

    def test_strangers_cannot_count_accounts(self) -> None:
        """An address with a number that nobody has is refused like every other."""
        for name in self.strangers:
            self.enter(name)
            for key in (self.one().pk, 999_999):
                for url in self.object_pages(key):
                    assert self.client.get(url).status_code == 403, f"{name}: {url}"

    def test_the_last_operator_stays(self) -> None:
        self.enter("operator")
        answer = self.client.post(self.url("amend", self.operator.pk), {"may_sign_in": "on"})
        self.assertContains(answer, "last operator", status_code=409)
        self.operator.refresh_from_db()
        assert self.operator.is_superuser

    def test_two_passwords_that_differ_change_nothing(self) -> None:
        user = self.one()
        self.enter("operator")
        before = AuditEvent.objects.across_tenants().count()
        answer = self.client.post(self.url("password", user.pk), {"password": PASSWORD, "again": "another"})
        self.assertContains(answer, "differ")
        assert AuditEvent.objects.across_tenants().count() == before


def _in_days(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")
