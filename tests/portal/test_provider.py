"""Signing in by the company's provider, against one that really runs: who gets in, and who never does."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone
from joserfc import jws, jwt
from joserfc.jwk import OctKey

from audit.models import AuditEvent
from portal.openid import attempt as attempts
from portal.openid import fetching
from portal.openid.provider import LOOKED_FOR_AGAIN
from portal.providers import set_identity_provider
from portal.sessions import COOKIE
from tenants.models import Employee
from tests.portal.provider import CLIENT, SECRET, TENANT, Provider, cut, dripping, key, leading, saying
from tests.portal.stories import PortalTestCase, colleague

LEAVE = "/portal/contoso/sign-in/provider/"
Spoil = Callable[[Provider], None]


@override_settings(DEBUG=True)
class ByProvider(PortalTestCase):
    """Contoso's employees sign in by a provider of its own."""

    provider: Provider

    @classmethod
    def setUpClass(cls) -> None:
        cls.provider = cls.enterClassContext(Provider())
        super().setUpClass()

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.set_up(cls.contoso)

    @classmethod
    def set_up(cls, tenant: Any, **options: Any) -> None:
        given: dict[str, Any] = {
            "issuer": cls.provider.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "is_on": True,
        }
        set_identity_provider(tenant=tenant, by=cls.operator, **(given | options))

    def setUp(self) -> None:
        cache.clear()
        self.provider.behave()

    def go(self, client: Client | None = None) -> str:
        """To the provider and through its sign-in: the path that it leads back to."""
        leaving = (client or self.client).get(LEAVE)
        assert leaving.status_code == 302, leaving.content
        back = urlsplit(self.provider.visit(leaving["Location"]))
        return f"{back.path}?{back.query}"

    def sign_in(self) -> Any:
        return self.client.get(self.go())

    def problem(self, response: Any) -> str:
        """Which problem the sign-in page tells of; nobody is in."""
        assert response.status_code == 302
        assert COOKIE not in response.cookies
        address = urlsplit(response["Location"])
        assert address.path == "/portal/contoso/sign-in/", response["Location"]
        return str(parse_qs(address.query)["problem"][0])

    def events(self) -> list[AuditEvent]:
        found = AuditEvent.objects.for_tenant(self.contoso).filter(category="sign-in")
        return list(found.select_related("attribution").order_by("id"))

    def why(self) -> str:
        """What the trail says of the last attempt, which failed."""
        last = self.events()[-1]
        said = last.details or {}
        assert (last.activity, last.result, said["method"]) == (
            "sign_in.failed", AuditEvent.Result.FAILURE, "provider"
        )  # fmt: skip
        return str(said["why"])


class GettingIn(ByProvider):
    def test_there_and_back_by_one_link(self) -> None:
        page = self.client.get("/portal/contoso/sign-in/")
        self.assertContains(page, f'<a class="button" href="{LEAVE}">Sign in with your work account</a>')
        self.assertRedirects(self.sign_in(), "/portal/contoso/")
        self.assertContains(self.client.get("/portal/contoso/"), "Signed in as reader@contoso.example")
        assert self.provider.authenticated_by == "Basic"

    def test_the_trail_names_the_employee_and_the_way(self) -> None:
        self.sign_in()
        event = self.events()[-1]
        assert (event.activity, event.details) == ("sign_in.succeeded", {"method": "provider"})
        said = event.attribution
        assert (said.actor_id, said.actor_role, said.origin) == (
            f"employee:{self.reader.pk}", "employee", "portal"
        )  # fmt: skip

    def test_each_claim_finds_the_employee(self) -> None:
        colleague(self.contoso, "mailed", mail="M.Ailed@contoso.example")
        for claim, value, also in (
            ("sub", "id-reader", {}),
            ("upn", "Reader@Contoso.example", {}),
            ("preferred_username", "reader@contoso.example", {}),
            ("email", "m.ailed@contoso.example", {"email_verified": True}),
        ):
            self.set_up(self.contoso, claim=claim)
            self.client, self.provider.person = Client(), {"sub": "pairwise", claim: value, **also}
            assert self.sign_in()["Location"] == "/portal/contoso/", claim

    def test_an_address_that_is_not_verified_is_nobody(self) -> None:
        self.set_up(self.contoso, claim="email")
        for verified in (None, False, "true", 1):
            self.provider.claims = {"email": "reader@contoso.example", "email_verified": verified}
            assert self.problem(self.sign_in()) == "unknown"
        assert self.why() == "the e-mail address is not verified"

    def test_of_one_name_the_one_who_is_still_there_gets_in(self) -> None:
        self.set_up(self.contoso, claim="upn")
        self.provider.claims = {"upn": "reader@contoso.example"}
        left = colleague(self.contoso, "reader", directory_id="before", status="left", left_at=timezone.now())
        self.sign_in()
        assert self.events()[-1].resource_id == str(self.reader.pk)
        Employee.objects.for_tenant(self.contoso).filter(pk=left.pk).update(status="active", left_at=None)
        self.client = Client()
        assert self.problem(self.sign_in()) == "unknown"

    def test_elliptic_keys_lists_of_audiences_and_clocks_that_differ_a_little(self) -> None:
        now = int(time.time())
        for change in (
            {"aud": [CLIENT]},
            {"aud": [CLIENT, "other"], "azp": CLIENT},
            {"exp": now - 60, "iat": now - 600},
            {"iat": now + 60, "nbf": now + 60},
        ):
            self.client, self.provider.claims = Client(), change
            assert self.sign_in()["Location"] == "/portal/contoso/", change
        self.provider.behave()
        self.provider.signing, self.provider.published = key("curve", "EC"), [key("curve", "EC")]
        cache.clear()
        self.client = Client()
        assert self.sign_in()["Location"] == "/portal/contoso/"

    def test_new_keys_are_fetched_once_they_are_used(self) -> None:
        self.sign_in()
        self.provider.signing, self.provider.published = key("second"), [key("second")]
        self.client = Client()
        assert self.sign_in()["Location"] == "/portal/contoso/"
        assert self.provider.asked.count("keys") == 2
        assert self.provider.asked.count(".well-known/openid-configuration") == 1
        self.provider.signing = key("third")
        for _ in range(3):
            self.client = Client()
            assert self.problem(self.sign_in()) == "refused"
        # Who names keys that are nowhere makes us ask once in a while, not each time.
        assert self.provider.asked.count("keys") == 2
        assert LOOKED_FOR_AGAIN >= 30

    def test_a_provider_that_takes_the_secret_in_the_form_only(self) -> None:
        self.provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        assert self.sign_in()["Location"] == "/portal/contoso/"
        assert self.provider.authenticated_by == ""

    def test_the_one_directory_that_is_let_in(self) -> None:
        self.set_up(self.contoso, directory=TENANT)
        assert self.sign_in()["Location"] == "/portal/contoso/"

    def test_whoever_is_in_already_does_not_leave_again(self) -> None:
        self.sign_in()
        self.assertRedirects(self.client.get(LEAVE), "/portal/contoso/")
        self.assertRedirects(self.client.get("/portal/contoso/sign-in/"), "/portal/contoso/")


class Newcomers(ByProvider):
    def setUp(self) -> None:
        super().setUp()
        self.set_up(self.contoso, joins=True)
        self.provider.person |= {"oid": "id-new", "preferred_username": "new@contoso.example"}

    def newest(self) -> Employee:
        found: Employee = Employee.objects.for_tenant(self.contoso).latest("pk")
        return found

    def test_whoever_is_new_comes_into_the_directory(self) -> None:
        self.provider.claims = {"name": "Nora New", "locale": "de_AT", "email": "n@elsewhere.example"}
        self.assertRedirects(self.sign_in(), "/portal/contoso/")
        came = self.newest()
        assert (came.directory_id, came.user_principal_name, came.display_name, came.language, came.mail) == (
            "id-new", "new@contoso.example", "Nora New", "de-AT", ""
        )  # fmt: skip
        joined = AuditEvent.objects.for_tenant(self.contoso).get(activity="directory.joined")
        assert (joined.action, joined.resource_id) == ("create", str(came.pk))
        self.client = Client()
        self.sign_in()
        assert self.newest() == came

    def test_nobody_comes_in_under_a_name_that_is_somebodys(self) -> None:
        self.provider.person["preferred_username"] = "READER@contoso.example"
        assert self.problem(self.sign_in()) == "unknown"
        assert self.newest() == self.reader

    def test_what_is_no_person_does_not_come_in(self) -> None:
        for oid, name in (
            ("id-new", ""), ("x" * 65, "a@contoso.example"), ("id\nnew", "b@c.example"), ("id-new", 7)
        ):  # fmt: skip
            self.provider.person |= {"oid": oid, "preferred_username": name}
            assert self.problem(self.sign_in()) == "unknown"
        assert self.newest() == self.reader

    def test_whoever_left_does_not_come_back_by_signing_in(self) -> None:
        colleague(self.contoso, "gone", directory_id="id-new", status="left", left_at=timezone.now())
        assert self.problem(self.sign_in()) == "left"
        assert not self.newest().is_active

    def test_where_it_is_not_allowed_nobody_does(self) -> None:
        self.set_up(self.contoso, joins=False)
        assert self.problem(self.sign_in()) == "unknown"
        assert self.newest() == self.reader


def claim(**claims: Any) -> Spoil:
    return lambda provider: provider.claims.update(claims)


def header(**names: Any) -> Spoil:
    return lambda provider: provider.header.update(names)


def signed(sign: Callable[[dict[str, Any], dict[str, Any]], str]) -> Spoil:
    return lambda provider: setattr(provider, "sign", sign)


def instead(place: str, answer: Any) -> Spoil:
    return lambda provider: provider.instead.update({place: answer})


def describing(**names: Any) -> Spoil:
    return lambda provider: provider.metadata.update(names)


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def parts_of(names: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(base64url(json.dumps(part).encode()) for part in (names, claims))


def unsigned(names: dict[str, Any], claims: dict[str, Any]) -> str:
    return parts_of(names | {"alg": "none"}, claims) + "."


def by_what_is_public(secret: bytes) -> Spoil:
    """An HMAC whose key is the public one."""

    def sign(names: dict[str, Any], claims: dict[str, Any]) -> str:
        content = parts_of(names | {"alg": "HS256"}, claims)
        return f"{content}.{base64url(hmac.digest(secret, content.encode(), 'sha256'))}"

    return signed(sign)


def brought_along(names: dict[str, Any], claims: dict[str, Any]) -> str:
    """The key that checks the signature stands in the token itself."""
    own = key("brought along")
    registry = jws.JWSRegistry(strict_check_header=False)
    return jwt.encode(names | {"jwk": own.as_dict(private=False)}, claims, own, registry=registry)


NOW = int(time.time())
PUBLIC = key("first")
FORGED: dict[str, tuple[Spoil, str]] = {
    "nonce of another sign-in": (claim(nonce="another"), "nonce"),
    "no nonce": (claim(nonce=None), "nonce"),
    "nonce among several": (claim(nonce=["another"]), "nonce"),
    "expired": (claim(exp=NOW - 3600, iat=NOW - 7200), "exp"),
    "never expires": (claim(exp=None), "exp"),
    "expires in words": (claim(exp="tomorrow"), "exp"),
    "not valid yet": (claim(nbf=NOW + 3600), "nbf"),
    "issued in the future": (claim(iat=NOW + 3600), "iat"),
    "other audience": (claim(aud="other"), "aud"),
    "other audiences": (claim(aud=["other", "console2"]), "aud"),
    "no audience": (claim(aud=None), "aud"),
    "made for somebody else": (claim(azp="other"), "azp"),
    "for several, made for nobody": (claim(aud=[CLIENT, "other"]), "azp"),
    "other issuer": (claim(iss="https://login.evil.example"), "iss"),
    "no issuer": (claim(iss=None), "iss"),
    "no subject": (claim(sub=None), "sub"),
    "alg none": (signed(unsigned), "signature"),
    "HS256 by the public key": (by_what_is_public(PUBLIC.as_pem(private=False)), "signature"),
    "HS256 by the public key's bytes": (by_what_is_public(PUBLIC.as_der(private=False)), "signature"),
    "unknown kid": (header(kid="nowhere"), "unknown key"),
    "known kid, other key": (signed(lambda h, c: jwt.encode(h, c, key("thief"))), "signature"),
    "key brought along": (signed(brought_along), "signature"),
    "other algorithm": (signed(lambda h, c: jwt.encode(h | {"alg": "PS256"}, c, PUBLIC, ["PS256"])), "signature"),
    "rubbish": (signed(lambda h, c: "a.b.c"), "signature"),
    "no token at all": (signed(lambda h, c: ""), "signature"),
    "very long": (claim(padding="x" * 40_000), "too long"),
    "a list": (signed(lambda h, c: jws.serialize_compact(h, b"[1]", PUBLIC)), "signature"),
}  # fmt: skip
ABSENT: dict[str, tuple[Spoil, str]] = {
    "token endpoint drips": (instead("token", dripping), "took too long"),
    "token endpoint hangs up": (instead("token", cut), "could not be asked"),
    "token endpoint is huge": (instead("token", saying(b'"' + b"x" * 2**20 + b'"')), "more than anybody would read"),
    "token endpoint leads away": (instead("token", leading("http://169.254.169.254/")), "does not answer in JSON"),
    "token endpoint talks in HTML": (instead("token", saying(b"<html>", 502)), "does not answer in JSON"),
    "token endpoint gives nothing": (instead("token", saying({"access_token": "x"})), "gives no ID token"),
    "keys cannot be had": (instead("keys", saying({}, 500)), "answers 500"),
    "keys lead away": (instead("keys", leading("http://169.254.169.254/")), "answers 302"),
    "keys are no JSON": (instead("keys", saying(b'{"keys": [], "keys": NaN}')), "does not answer in JSON"),
    "keys are deep": (instead("keys", saying(b"[" * 200_000)), "does not answer in JSON"),
}  # fmt: skip
UNDESCRIBED: dict[str, tuple[Spoil, str]] = {
    "another's description": (describing(issuer="https://login.evil.example"), "another name"),
    "endpoint inside": (describing(token_endpoint="http://169.254.169.254/"), "no token_endpoint"),
    "endpoint in a file": (describing(jwks_uri="file:///etc/passwd"), "no jwks_uri"),
    "endpoint missing": (describing(authorization_endpoint=None), "no authorization_endpoint"),
    "leads away": (instead(".well-known/openid-configuration", leading("http://127.0.0.1/")), "answers 302"),
    "drips": (instead(".well-known/openid-configuration", dripping), "took too long"),
}


class StayingOut(ByProvider):
    def test_tokens_that_prove_nothing(self) -> None:
        for name, (spoil, why) in FORGED.items():
            with self.subTest(name):
                self.setUp()
                spoil(self.provider)
                assert self.problem(self.sign_in()) == "refused"
                assert self.why() == f"token: {why}"

    def test_keys_that_sign_nothing(self) -> None:
        symmetric = OctKey.import_key(b"0123456789abcdef0123456789abcdef", {"kid": "first"})
        sealed = {**PUBLIC.as_dict(private=False), "use": "enc"}
        broken: list[Any] = [["text", None], [{"kty": "RSA", "kid": "first"}], {}]
        for keys in (*broken, [symmetric.as_dict()], [sealed]):
            self.setUp()
            self.provider.instead["keys"] = saying({"keys": keys})
            assert self.problem(self.sign_in()) == "refused"

    def test_a_token_that_names_no_key_needs_a_single_one(self) -> None:
        self.provider.header = {"kid": None}
        assert self.sign_in()["Location"] == "/portal/contoso/"
        self.provider.published, self.client = [key("first"), key("second")], Client()
        cache.clear()
        assert self.problem(self.sign_in()) == "refused"

    def test_providers_that_do_not_answer_as_they_must(self) -> None:
        for name, (spoil, why) in ABSENT.items():
            with self.subTest(name), patch.object(fetching, "SECONDS", 0.3):
                self.setUp()
                spoil(self.provider)
                assert self.problem(self.sign_in()) == "unreachable"
                assert why in self.why()

    def test_providers_that_say_the_wrong_things_of_themselves(self) -> None:
        for name, (spoil, why) in UNDESCRIBED.items():
            with self.subTest(name), patch.object(fetching, "SECONDS", 0.3):
                self.setUp()
                spoil(self.provider)
                assert self.problem(self.client.get(LEAVE)) == "unreachable"
                assert why in self.why()

    def test_a_provider_that_is_down_is_not_asked_by_everybody(self) -> None:
        self.provider.instead[".well-known/openid-configuration"] = saying({}, 503)
        for _ in range(3):
            response = self.client.get(LEAVE)
            assert self.problem(response) == "unreachable"
        assert len(self.provider.asked) == 1
        self.assertContains(self.client.get(response["Location"]), "cannot be reached now")
        self.set_up(self.contoso, issuer="http://127.0.0.1:1/nobody")
        assert self.problem(self.client.get(LEAVE)) == "unreachable"

    def test_a_code_or_an_answer_is_used_once(self) -> None:
        back = self.go()
        kept = self.client.cookies[attempts.COOKIE].value
        self.client.get(back)
        for cookie, told in (("", "stale"), (kept, "refused")):
            again = Client()
            again.cookies[attempts.COOKIE] = cookie
            assert self.problem(again.get(back)) == told
        assert self.why() == "code: invalid_grant"

    def test_an_answer_belongs_to_the_browser_that_asked(self) -> None:
        back, victim = self.go(), Client()
        assert self.problem(victim.get(back)) == "stale"
        victim.get(LEAVE)
        assert self.problem(victim.get(back)) == "stale"
        assert self.why() == "state"
        assert COOKIE not in victim.cookies

    def test_a_state_that_was_changed(self) -> None:
        for state in ("", "x", "ä\x00", "a" * 5000):
            code = parse_qs(urlsplit(self.go()).query)["code"][0]
            answer = self.client.get(LEAVE + "back/", {"code": code, "state": state})
            assert self.problem(answer) == "stale"
        assert "token" not in self.provider.asked

    def test_an_attempt_ends(self) -> None:
        back = self.go()
        with patch("django.core.signing.time.time", return_value=time.time() + attempts.LIFETIME + 1):
            assert self.problem(self.client.get(back)) == "stale"

    def test_an_answer_by_somebody_else(self) -> None:
        back = self.go()
        assert self.problem(self.client.get(back.replace("iss=http", "iss=https"))) == "refused"
        self.provider.metadata = {"authorization_response_iss_parameter_supported": True}
        cache.clear()
        assert self.problem(self.client.get(self.go().partition("&iss=")[0])) == "refused"
        assert self.why() == "answered by another issuer"

    def test_breaking_off_and_other_errors(self) -> None:
        for error, told in (
            ("access_denied", "cancelled"),
            ("server_error", "refused"),
            ("<script>", "refused"),
        ):
            state = parse_qs(urlsplit(self.client.get(LEAVE)["Location"]).query)["state"][0]
            answer = self.client.get(LEAVE + "back/", {"error": error, "state": state})
            assert self.problem(answer) == told
        assert self.why() == "the provider let nobody in"

    def test_another_directorys_people(self) -> None:
        self.set_up(self.contoso, directory="00000000-0000-4000-8000-000000000000")
        for tid in (TENANT, None, "", 7):
            self.provider.claims = {"tid": tid}
            assert self.problem(self.sign_in()) == "refused"
            assert self.why() == "token: tid"

    def test_employees_of_others_and_those_who_left_are_told_so(self) -> None:
        left = colleague(self.contoso, "gone", status="left", left_at=timezone.now())
        for oid, told, words in (
            (self.foreigner.directory_id, "unknown", "does not have you in the list of its employees"),
            ("nobody", "unknown", "Your IT department can add you"),
            (left.directory_id, "left", "somebody who has left"),
            (None, "unknown", "Contoso"), (7, "unknown", "Contoso"), ("id-reader\x00", "unknown", "Contoso"),
        ):  # fmt: skip
            self.provider.person["oid"] = oid
            response = self.sign_in()
            assert self.problem(response) == told
            self.assertContains(self.client.get(response["Location"]), words)
        assert not Employee.objects.for_tenant(self.contoso).filter(directory_id="nobody").exists()

    def test_one_tenants_provider_is_nothing_in_another(self) -> None:
        back = self.go()
        cookie = self.client.cookies[attempts.COOKIE].value
        other = Client()
        assert other.get(back.replace("contoso", "fabrikam")).status_code == 404
        self.set_up(self.fabrikam)
        other.cookies[attempts.COOKIE] = cookie
        away = other.get(back.replace("contoso", "fabrikam"))
        assert away["Location"] == "/portal/fabrikam/sign-in/?problem=stale"
        assert self.client.cookies[attempts.COOKIE]["path"] == "/portal/contoso/sign-in/"

    def test_a_provider_that_was_changed_meanwhile(self) -> None:
        back = self.go()
        self.set_up(self.contoso, issuer=self.provider.issuer + "/other")
        assert self.problem(self.client.get(back)) == "stale"

    def test_where_it_is_off_there_is_nothing(self) -> None:
        back = self.go()
        self.set_up(self.contoso, is_on=False)
        for path in (LEAVE, back):
            self.assertContains(self.client.get(path), "There is nothing here", status_code=404)
        self.assertNotContains(self.client.get("/portal/contoso/sign-in/"), "work account")

    def test_nothing_leads_elsewhere(self) -> None:
        for name in ("next", "redirect_uri", "back", "problem"):
            leaving = self.client.get(LEAVE, {name: "https://evil.example/"})
            assert leaving["Location"].startswith(f"{self.provider.issuer}/authorize?policy=work&")
            page = self.client.get("/portal/contoso/sign-in/", {name: "https://evil.example/"})
            self.assertNotContains(page, 'href="https://evil')
        self.assertRedirects(self.client.get(self.go() + "&next=https://evil.example/"), "/portal/contoso/")

    def test_another_secret_key_opens_no_secret(self) -> None:
        leaving = self.client.get(LEAVE)
        back = urlsplit(self.provider.visit(leaving["Location"]))
        with patch("portal.sealing.PURPOSE", b"another"):
            assert self.problem(self.client.get(f"{back.path}?{back.query}")) == "unreachable"
        assert "give it again" in self.why()

    def test_only_get(self) -> None:
        for method in ("post", "head", "put"):
            assert getattr(self.client, method)(LEAVE).status_code == 405
