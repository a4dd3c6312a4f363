"""The policy on every kind of answer, and pages that explain an error without asking the database."""

from __future__ import annotations

from django.template.loader import get_template
from django.test import Client, SimpleTestCase

from privacy_console.sign_in import NO_ROLE
from tests.cast import PASSWORD, CastTestCase

STRICT = "script-src 'self'"


class ErrorPages(SimpleTestCase):
    """SimpleTestCase refuses every query."""

    def test_each_says_what_happened_and_what_to_do(self) -> None:
        for code in (400, 403, 404, 500, 503):
            page = get_template(f"{code}.html").render()
            assert f'<p class="code">{code}</p>' in page
            assert page.count("<p>") >= 2
            assert "<script" not in page
            assert "style=" not in page

    def test_a_stale_form_is_explained_too(self) -> None:
        self.assertContains(
            Client(enforce_csrf_checks=True).post("/admin/login/"),
            "This form has gone stale",
            status_code=403,
        )

    def test_a_missing_page_is_not_found_under_the_strictest_policy(self) -> None:
        response = self.client.get("/nothing-here")
        self.assertContains(response, "There is nothing here", status_code=404)
        policy = response.headers["Content-Security-Policy"]
        assert STRICT in policy
        assert "unsafe" not in policy


class Policy(CastTestCase):
    def test_scripts_come_from_here_only(self) -> None:
        self.client.force_login(self.operator)
        for path in ("/admin/", "/admin/login/", "/admin/password_change/", "/admin/tenants/tenant/"):
            policy = self.client.get(path).headers["Content-Security-Policy"]
            scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
            assert scripts == STRICT
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe-eval" not in policy

    def test_no_page_brings_a_script_of_its_own(self) -> None:
        self.client.force_login(self.admin)
        page = self.client.get("/admin/").content.decode()
        for script in page.split("<script")[1:]:
            assert script.lstrip().startswith("src="), script[:80]


class SigningIn(CastTestCase):
    def test_an_account_without_a_role_is_told_so_and_stays_outside(self) -> None:
        response = self.client.post(
            "/admin/login/", {"username": self.employee.username, "password": PASSWORD}
        )
        self.assertContains(response, NO_ROLE)
        assert "_auth_user_id" not in self.client.session

    def test_wrong_passwords_do_not_tell_who_exists(self) -> None:
        answers = {
            self.client.post("/admin/login/", {"username": name, "password": "wrong"})
            .content.decode()
            .replace(name, "")
            .split("</form>")[0]
            .split("csrfmiddlewaretoken")[0]
            for name in (self.employee.username, "nobody@contoso.example")
        }
        assert len(answers) == 1

    def test_the_sign_in_page_reads_no_tenant(self) -> None:
        with self.assertNumQueries(0):
            self.client.get("/admin/login/")
