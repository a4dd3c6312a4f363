"""Signing in leaves its mark, too many failures make it wait, and a new password is in the trail."""

from __future__ import annotations

import io
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from tenants import sign_in
from tenants.models import User
from tests.cast import PASSWORD, CastTestCase


class SigningIn(CastTestCase):
    def sign_in(self, name: str, password: str) -> str:
        response = self.client.post(reverse("admin:login"), {"username": name, "password": password})
        return "" if response.status_code == 302 else response.content.decode()

    def test_is_an_event_of_each_tenant_the_person_belongs_to(self) -> None:
        assert self.sign_in(self.auditor.username, PASSWORD) == ""
        event = AuditEvent.objects.for_tenant(self.contoso).filter(activity="sign_in.succeeded").get()
        assert event.attribution.actor_name == self.auditor.username
        assert event.attribution.ip_address == "127.0.0.1"
        assert not AuditEvent.objects.for_tenant(self.fabrikam).filter(category="sign-in").exists()

    def test_in_vain_is_an_event_too_and_keeps_no_password(self) -> None:
        assert "do not fit" in self.sign_in(self.auditor.username, "guess-the-word")
        event = AuditEvent.objects.for_tenant(self.contoso).filter(activity="sign_in.failed").get()
        assert event.result == AuditEvent.Result.FAILURE
        assert event.attribution.actor_type == "unknown"
        assert "guess-the-word" not in f"{event.__dict__} {event.attribution.__dict__}"

    def test_pauses_after_too_many_failures_even_for_the_right_password(self) -> None:
        for _ in range(sign_in.FAILURES_ALLOWED):
            self.sign_in(self.auditor.username, "wrong")
        assert "Too many failed attempts" in self.sign_in(self.auditor.username.upper(), PASSWORD)
        assert self.sign_in(self.officer.username, PASSWORD) == ""

    def test_goes_on_after_the_pause(self) -> None:
        for _ in range(sign_in.FAILURES_ALLOWED):
            self.sign_in(self.auditor.username, "wrong")
        assert sign_in.is_paused(self.auditor.username)
        assert not sign_in.is_paused(self.auditor.username, at=timezone.now() + sign_in.PAUSE)

    def test_pauses_for_names_that_nobody_has_as_well(self) -> None:
        for _ in range(sign_in.FAILURES_ALLOWED):
            self.sign_in("nobody@contoso.example", "wrong")
        assert "Too many failed attempts" in self.sign_in("nobody@contoso.example", "wrong")


class Passwords(CastTestCase):
    NEW = "quite-another-word-7"

    def changes(self) -> Any:
        return AuditEvent.objects.of_platform().about(self.auditor).filter(activity="user.password_set")

    def test_ones_own_change_is_an_event_without_the_password(self) -> None:
        self.client.force_login(self.auditor)
        form = {"old_password": PASSWORD, "new_password1": self.NEW, "new_password2": self.NEW}
        assert self.client.post(reverse("admin:password_change"), form).status_code == 302
        event = self.changes().get()
        assert event.attribution.actor_name == self.auditor.username
        assert self.NEW not in f"{event.__dict__} {event.attribution.__dict__}"

    def test_a_change_at_the_command_line_is_an_event(self) -> None:
        with mock.patch("getpass.getpass", return_value=self.NEW):
            call_command("changepassword", self.auditor.username, verbosity=0, stdout=io.StringIO())
        assert self.changes().count() == 1

    def test_neither_a_new_account_nor_a_renewed_hash_changes_a_password(self) -> None:
        before = AuditEvent.objects.of_platform().filter(activity="user.password_set").count()
        newcomer = User.objects.create_user("newcomer@contoso.example", self.NEW)
        newer = "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher"
        with self.settings(PASSWORD_HASHERS=[newer, *settings.PASSWORD_HASHERS]):
            assert newcomer.check_password(self.NEW)
            assert newcomer.password.startswith("pbkdf2_sha1$")
        assert AuditEvent.objects.of_platform().filter(activity="user.password_set").count() == before

    def test_guessing_the_old_one_ends_in_a_pause_for_every_door(self) -> None:
        self.client.force_login(self.auditor)
        form = {"old_password": "wrong", "new_password1": self.NEW, "new_password2": self.NEW}
        for _ in range(sign_in.FAILURES_ALLOWED):
            self.client.post(reverse("admin:password_change"), form)
        right = form | {"old_password": PASSWORD}
        response = self.client.post(reverse("admin:password_change"), right)
        self.assertContains(response, "Too many failed attempts")
        assert sign_in.is_paused(self.auditor.username)
        failed = AuditEvent.objects.for_tenant(self.contoso).filter(activity="sign_in.failed").first()
        assert failed is not None
        assert failed.attribution.actor_name == self.auditor.username
