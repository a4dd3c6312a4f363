"""Access tokens: what opens the door, what does not, and what is kept of a secret."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils import timezone

from audit.models import AuditEvent
from tenants.models import AccessToken, Membership, Tenant, User
from tenants.roles import Role
from tenants.services import (
    add_member,
    authenticate_token,
    change_role,
    change_tenant,
    create_token,
    remove_member,
    revoke_token,
)
from tests.audit.trail import recording
from tests.cast import CastTestCase

DAY = datetime.timedelta(days=1)


class Tokens(CastTestCase):
    def setUp(self) -> None:
        self.token, self.secret = create_token(
            tenant=self.contoso, name="sync", role=Role.SERVICE, by=self.admin, reason="nightly import"
        )

    def _expired(self) -> None:
        past = timezone.now() - 2 * DAY
        AccessToken.objects.for_tenant(self.contoso).update(created_at=past, expires_at=past + DAY)

    def test_opens_its_tenant_in_its_role(self) -> None:
        token = authenticate_token(self.secret)
        assert token == self.token
        assert list(token.tenants()) == [self.contoso]
        assert token.role_in(self.contoso) == Role.SERVICE
        assert token.role_in(self.fabrikam) is None

    def test_what_opens_nothing(self) -> None:
        for secret in (
            "",
            "pc_",
            self.token.prefix,
            self.token.digest,
            self.secret[:-1],
            self.secret + "x",
            self.secret.upper(),
            f" {self.secret}",
            f"pc_{self.token.prefix}_",
            "\0",
            "\U0001f512" * 1000,
            "' OR '1'='1",
        ):
            with self.subTest(secret=secret):
                assert authenticate_token(secret) is None

    def test_revoked(self) -> None:
        revoke_token(token=self.token, by=self.admin, reason="leaked")
        assert authenticate_token(self.secret) is None
        with recording() as trail:
            revoke_token(token=self.token, by=self.admin)
        assert trail.events == []

    def test_expired(self) -> None:
        self._expired()
        assert authenticate_token(self.secret) is None

    def test_of_a_closed_tenant(self) -> None:
        change_tenant(tenant=self.contoso, by=self.operator, status=Tenant.Status.CLOSED)
        assert authenticate_token(self.secret) is None

    def test_works_only_while_its_maker_could_make_it(self) -> None:
        another = add_member(
            tenant=self.contoso, username="second@contoso.example", role=Role.TENANT_ADMIN, by=self.admin
        )
        of_admin = Membership.objects.for_tenant(self.contoso).get(user=self.admin)
        change_role(membership=of_admin, role=Role.AUDITOR, by=another.user)
        assert authenticate_token(self.secret) is None
        change_role(membership=of_admin, role=Role.TENANT_ADMIN, by=another.user)
        assert authenticate_token(self.secret) is not None
        remove_member(membership=of_admin, by=another.user)
        assert authenticate_token(self.secret) is None

    def test_of_somebody_who_may_not_sign_in_any_more(self) -> None:
        User.objects.filter(pk=self.admin.pk).update(is_active=False)
        assert authenticate_token(self.secret) is None

    def test_made_by_a_token_is_answered_for_by_the_same_person(self) -> None:
        maker, _ = create_token(tenant=self.contoso, name="m", role=Role.TENANT_ADMIN, by=self.admin)
        made, secret = create_token(tenant=self.contoso, name="s", role=Role.SERVICE, by=maker)
        assert made.created_by == self.admin
        User.objects.filter(pk=self.admin.pk).update(is_active=False)
        assert authenticate_token(secret) is None

    def test_the_secret_is_nowhere_in_the_database(self) -> None:
        random_part = self.secret.removeprefix(f"pc_{self.token.prefix}_")
        for table in connection.introspection.table_names():
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT * FROM "{table}"')
                assert random_part not in str(cursor.fetchall()), table

    def test_history_has_neither_digest_nor_password(self) -> None:
        record = self.token.history.get()
        assert not hasattr(record, "digest")
        assert not hasattr(self.officer.history.latest(), "password")  # type: ignore[attr-defined]
        digest = AccessToken.digest_of(self.secret)
        with connection.cursor() as cursor:
            for table in ("tenants_historicalaccesstoken", "tenants_historicaluser", "audit_auditevent"):
                cursor.execute(f"SELECT * FROM {table}")
                found = str(cursor.fetchall())
                assert digest not in found
                assert self.officer.password not in found

    def test_using_it_is_noted_once_a_minute_and_not_in_the_trail(self) -> None:
        with recording() as trail:
            first = authenticate_token(self.secret)
            second = authenticate_token(self.secret)
        assert first is not None
        assert second is not None
        assert second.last_used_at is not None
        assert trail.events == []

    def test_making_and_revoking_are_told(self) -> None:
        revoke_token(token=self.token, by=self.admin, reason="leaked")
        told = AuditEvent.objects.about(self.token).values_list("activity", "attribution__reason")
        assert list(told) == [("token.revoked", "leaked"), ("token.created", "nightly import")]

    def test_lives_a_year_at_most(self) -> None:
        for days in (-1, 0, 400):
            with self.subTest(days=days), pytest.raises(ValidationError):
                create_token(
                    tenant=self.contoso,
                    name="sync",
                    role=Role.SERVICE,
                    by=self.admin,
                    expires_at=timezone.now() + days * DAY,
                )

    def test_officers_make_tokens_of_their_own_role_only(self) -> None:
        own, _ = create_token(tenant=self.contoso, name="mine", role=Role.PRIVACY_OFFICER, by=self.officer)
        with pytest.raises(PermissionDenied):
            create_token(tenant=self.contoso, name="more", role=Role.TENANT_ADMIN, by=self.officer)
        with pytest.raises(PermissionDenied):
            revoke_token(token=self.token, by=self.officer)
        revoke_token(token=own, by=self.officer)

    def test_not_for_auditors_and_outsiders(self) -> None:
        for person in (self.auditor, *self.outsiders):
            with self.subTest(person=person), pytest.raises(PermissionDenied):
                create_token(tenant=self.contoso, name="x", role=Role.AUDITOR, by=person)
            with self.subTest(person=person), pytest.raises(PermissionDenied):
                revoke_token(token=self.token, by=person)
