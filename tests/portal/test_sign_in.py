"""Signing in by link: once, in time, one's own; and a session that is nothing elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from portal import services
from portal.jobs import clear
from portal.models import SignInLink
from portal.sessions import COOKIE
from tenants.models import Employee, Tenant
from tests.portal.stories import PortalTestCase, ask, clock, colleague, mailed_link, sign_in
from work.models import Message
from work.registry import declaration_of


def events(tenant: Tenant, activity: str) -> Any:
    found = AuditEvent.objects.for_tenant(tenant).filter(activity=activity)
    return found.select_related("attribution").order_by("id")


class Asking(PortalTestCase):
    def test_known_and_unknown_addresses_get_the_same_answer(self) -> None:
        left = colleague(self.contoso, status=Employee.Status.LEFT, left_at=timezone.now())
        addresses = (
            self.reader.user_principal_name,
            left.user_principal_name,
            self.foreigner.user_principal_name,
            "nobody@contoso.example",
            "no address \x00",
        )
        answers = {
            (r.status_code, r["Location"]) for r in (ask(Client(), self.contoso, a) for a in addresses)
        }
        assert answers == {(302, "/portal/contoso/sign-in/sent/")}
        assert [m.to for m in Message.objects.for_tenant(self.contoso)] == [self.reader.user_principal_name]
        assert not Message.objects.for_tenant(self.fabrikam).exists()

    def test_it_goes_to_the_address_of_the_directory_whatever_was_typed(self) -> None:
        colleague(self.contoso, "phone", mail="phone.user@contoso.example")
        ask(self.client, self.contoso, "PHONE@contoso.example")
        assert Message.objects.for_tenant(self.contoso).latest("id").to == "phone.user@contoso.example"

    def test_people_who_share_a_mailbox_each_get_a_link_with_their_name(self) -> None:
        for name in ("early", "late"):
            colleague(self.contoso, name, mail="shift@contoso.example")
        ask(self.client, self.contoso, "shift@contoso.example")
        bodies = [m.body for m in Message.objects.for_tenant(self.contoso)]
        assert sorted("early@contoso" in body for body in bodies) == [False, True]

    def test_what_is_no_address_is_asked_for_again(self) -> None:
        for wrong in ("", "  ", "a" * 300):
            self.assertContains(
                ask(self.client, self.contoso, wrong), "Write your e-mail address", status_code=400
            )

    def test_a_few_links_an_hour_for_each_employee(self) -> None:
        for _ in range(services.LINKS_EACH_EMPLOYEE + 3):
            assert ask(self.client, self.contoso, self.reader.user_principal_name).status_code == 302
        assert Message.objects.for_tenant(self.contoso).count() == services.LINKS_EACH_EMPLOYEE
        with clock(timedelta(hours=1, seconds=1)):
            ask(self.client, self.contoso, self.reader.user_principal_name)
        assert Message.objects.for_tenant(self.contoso).count() == services.LINKS_EACH_EMPLOYEE + 1

    def test_unknown_addresses_count_for_the_network_too(self) -> None:
        with patch.object(services, "LINKS_EACH_NETWORK", 3):
            for place in range(3):
                ask(
                    self.client, self.contoso, f"guess{place}@contoso.example", REMOTE_ADDR=f"192.0.2.{place}"
                )
            refused = ask(self.client, self.contoso, self.reader.user_principal_name, REMOTE_ADDR="192.0.2.9")
            elsewhere = ask(
                self.client, self.contoso, self.reader.user_principal_name, REMOTE_ADDR="198.51.100.1"
            )
        self.assertContains(refused, "Too many links", status_code=429)
        assert elsewhere.status_code == 302

    def test_only_the_digest_is_kept_and_the_outbox_hides_the_link(self) -> None:
        ask(self.client, self.contoso, self.reader.user_principal_name)
        secret = mailed_link(self.contoso).rstrip("/").rsplit("/", 1)[1]
        link = SignInLink.objects.for_tenant(self.contoso).get()
        assert secret not in str(vars(link))
        assert link.digest == SignInLink.digest_of(secret)
        message = Message.objects.for_tenant(self.contoso).get()
        self.client.force_login(self.operator)
        page = self.client.get(reverse("admin:work_message_change", args=[message.pk]))
        self.assertContains(page, "nobody else may see it")
        self.assertNotContains(page, secret)

    def test_the_trail_says_that_a_link_was_asked_for_and_not_what_was_typed(self) -> None:
        ask(self.client, self.contoso, self.reader.user_principal_name)
        ask(self.client, self.contoso, "somebody.private@elsewhere.example")
        known, unknown = events(self.contoso, "portal.link_requested")
        assert (known.resource_id, known.resource_name) == (str(self.reader.pk), "id-reader")
        assert (known.attribution.origin, known.attribution.actor_type) == ("portal", "unknown")
        assert unknown.result == AuditEvent.Result.FAILURE
        assert "private" not in str(vars(unknown))

    def test_an_admin_who_asks_is_not_the_actor(self) -> None:
        self.client.force_login(self.admin)
        ask(self.client, self.contoso, self.reader.user_principal_name)
        assert events(self.contoso, "portal.link_requested").get().actor_id == ""

    def test_mail_in_the_language_of_the_page(self) -> None:
        ask(self.client, self.contoso, self.reader.user_principal_name, headers={"Accept-Language": "de-CH"})
        message = Message.objects.for_tenant(self.contoso).get()
        assert message.subject == "Ihr Link zur Anmeldung bei Contoso"


class Using(PortalTestCase):
    def setUp(self) -> None:
        ask(self.client, self.contoso, self.reader.user_principal_name)
        self.link = mailed_link(self.contoso)

    def test_opening_it_uses_nothing_up(self) -> None:
        for method in ("get", "head", "get"):
            assert getattr(Client(), method)(self.link).status_code == 200
        assert SignInLink.objects.for_tenant(self.contoso).get().used_at is None
        assert COOKIE not in Client().get(self.link).cookies

    def test_its_button_signs_in_once(self) -> None:
        self.assertRedirects(self.client.post(self.link), "/portal/contoso/")
        self.assertContains(self.client.get("/portal/contoso/"), "Signed in as reader@contoso.example")
        for method in ("get", "post"):
            again = getattr(Client(), method)(self.link)
            self.assertContains(again, "This link is used up", status_code=410)
            assert COOKIE not in again.cookies

    def test_it_expires(self) -> None:
        with clock(timedelta(minutes=20, seconds=1)):
            assert self.client.get(self.link).status_code == 410
            assert self.client.post(self.link).status_code == 410
        assert events(self.contoso, "sign_in.failed").get().resource_name == "id-reader"

    def test_it_is_nothing_in_another_tenant_and_neither_is_what_never_was(self) -> None:
        for wrong in (self.link.replace("contoso", "fabrikam"), "/portal/contoso/enter/" + "x" * 43 + "/",
                      "/portal/contoso/enter/", "/portal/contoso/enter/short/"):  # fmt: skip
            for method in ("get", "post"):
                self.assertContains(getattr(self.client, method)(wrong), "nothing here", status_code=404)

    def test_a_link_for_nobody_opens_nothing(self) -> None:
        SignInLink.objects.for_tenant(self.contoso).update(employee=None)
        assert self.client.post(self.link).status_code == 404

    def test_whoever_left_meanwhile_stays_outside(self) -> None:
        self.reader.status, self.reader.left_at = Employee.Status.LEFT, timezone.now()
        self.reader.save()
        assert self.client.post(self.link).status_code == 410

    def test_it_needs_the_mark_against_forgery(self) -> None:
        response = Client(enforce_csrf_checks=True).post(self.link)
        self.assertContains(response, "open for too long", status_code=403)

    def test_the_trail_names_the_employee(self) -> None:
        self.client.post(self.link)
        event = events(self.contoso, "sign_in.succeeded").get()
        said = event.attribution
        assert (said.actor_type, said.actor_id, said.origin) == (
            "user",
            f"employee:{self.reader.pk}",
            "portal",
        )
        assert (said.actor_role, said.actor_name) == ("employee", "id-reader")
        assert not events(self.fabrikam, "sign_in.succeeded").exists()


class Sessions(PortalTestCase):
    def setUp(self) -> None:
        sign_in(self.client, self.reader)

    def is_in(self, path: str = "/portal/contoso/") -> bool:
        return bool(self.client.get(path).status_code == 200)

    def test_an_employee_is_nobody_at_the_console(self) -> None:
        assert self.client.get("/admin/").status_code == 302
        assert self.client.get("/api/v1/tenants/").status_code == 401
        self.client.cookies[settings.SESSION_COOKIE_NAME] = self.client.cookies[COOKIE].value
        assert self.client.get("/admin/").status_code == 302

    def test_an_admins_session_is_nothing_here(self) -> None:
        client = Client()
        client.force_login(self.admin)
        client.cookies[COOKIE] = client.cookies[settings.SESSION_COOKIE_NAME].value
        response = client.get("/portal/contoso/")
        assert response["Location"].startswith("/portal/contoso/sign-in/")

    def test_rubbish_for_a_cookie_or_a_language_is_nobody(self) -> None:
        for rubbish in ("", "x", "\\000", "ä" * 40, "a" * 5000, "' OR 1=1"):
            client = Client(headers={"Accept-Language": rubbish * 300 + ",de"})
            client.cookies[COOKIE] = rubbish
            assert client.get("/portal/contoso/").status_code == 302
            assert client.get("/portal/contoso/sign-in/").status_code == 200

    def test_one_tenants_session_is_nothing_in_another(self) -> None:
        assert self.client.get("/portal/fabrikam/").status_code == 302
        assert self.client.cookies[COOKIE]["path"] in ("/portal/contoso/", "/portal/fabrikam/")

    def test_the_cookie_goes_nowhere_else(self) -> None:
        cookie = self.client.cookies[COOKIE]
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/portal/contoso/", True, "Lax")

    def test_each_sign_in_has_a_new_key_and_ends_the_one_before(self) -> None:
        before = self.client.cookies[COOKIE].value
        sign_in(self.client, self.reader)
        assert self.client.cookies[COOKIE].value != before
        self.client.cookies[COOKIE] = before
        assert not self.is_in()

    def test_it_ends_when_nobody_is_there(self) -> None:
        with clock(timedelta(minutes=29)):
            assert self.is_in()
        with clock(timedelta(minutes=58)):
            assert self.is_in()
        with clock(timedelta(minutes=89)):
            assert not self.is_in()

    def test_it_ends_after_a_working_day_whatever_is_done(self) -> None:
        for minutes in range(20, 480, 20):
            with clock(timedelta(minutes=minutes)):
                assert self.is_in()
        with clock(timedelta(minutes=481)):
            response = self.client.get("/portal/contoso/", follow=True)
        self.assertContains(response, "You have been signed out")

    def test_it_does_not_last_where_the_clock_was_set_back(self) -> None:
        with clock(-timedelta(hours=1)):
            assert not self.is_in()

    def test_whoever_leaves_is_out_at_once(self) -> None:
        self.reader.status, self.reader.left_at = Employee.Status.LEFT, timezone.now()
        self.reader.save()
        assert not self.is_in()

    def test_signing_out_ends_it_for_good(self) -> None:
        before = self.client.cookies[COOKIE].value
        self.assertRedirects(self.client.post("/portal/contoso/sign-out/"), "/portal/contoso/sign-in/")
        self.client.cookies[COOKIE] = before
        assert not self.is_in()
        assert events(self.contoso, "sign_in.ended").get().actor_id == f"employee:{self.reader.pk}"


class Clearing(PortalTestCase):
    def test_old_links_go(self) -> None:
        assert declaration_of("portal.clear") is not None
        ask(self.client, self.contoso, self.reader.user_principal_name)
        run: Any = None
        assert "Removed 0" in clear(run)
        with clock(timedelta(days=1, seconds=1)):
            assert "Removed 1 " in clear(run)
