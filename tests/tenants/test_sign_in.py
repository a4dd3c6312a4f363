"""Signing in leaves its mark, and too many failures make it wait."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from tenants import sign_in
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
