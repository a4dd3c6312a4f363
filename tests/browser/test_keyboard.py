"""Without a mouse, in the dark, on a phone: the same console."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, arriving
from tests.cast import PASSWORD

NAME_OF_THE_FOCUSED = """() => {
  const copy = document.activeElement.cloneNode(true);
  copy.querySelectorAll("[aria-hidden=true]").forEach((icon) => icon.remove());
  return (document.activeElement.ariaLabel || copy.textContent).trim();
}"""


def focused(page: Page) -> str:
    """What has the focus, by the name that a screen reader would say."""
    name: str = page.evaluate(NAME_OF_THE_FOCUSED)
    return name


def tab_to(page: Page, name: str, *, limit: int = 60) -> None:
    """Press Tab until the element of that name has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if focused(page).startswith(name):
            return
    pytest.fail(f"Tab never reaches {name!r}")


def test_signing_in_and_moving_on_by_keyboard_alone(visit: Any, cast: Any) -> None:
    with visit() as visitor:
        page = visitor.open("/admin/login/")
        page.get_by_label("User name").focus()
        page.keyboard.type(cast.officer.username)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        with arriving(page):
            page.keyboard.press("Enter")
        assert page.url == f"{visitor.address}/admin/"

        page.keyboard.press("Tab")
        assert focused(page) == "Skip to the content"
        page.keyboard.press("Enter")
        page.wait_for_url("**#main")

        visitor.open("/admin/")
        tab_to(page, "Sharing consents")
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/consents/consent/")


def test_the_account_menu_and_the_theme_by_keyboard(visit: Any, cast: Any) -> None:
    with visit() as visitor:
        page = visitor.sign_in(cast.officer).open("/admin/")
        tab_to(page, "Your account")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Dark").focus()
        page.keyboard.press("Enter")
        expect(page.locator("html.dark")).to_be_attached()
        visitor.open("/admin/")
        expect(page.locator("html.dark")).to_be_attached()
        visitor.shoot("dashboard-dark")


def test_the_sidebar_folds_and_stays_folded(visit: Any, cast: Any) -> None:
    with visit() as visitor:
        page = visitor.sign_in(cast.auditor).open("/admin/")
        toggle = page.get_by_role("button", name="Navigation")
        expect(page.locator("#nav-sidebar")).to_be_visible()
        toggle.click()
        expect(page.locator("#nav-sidebar")).to_be_hidden()
        visitor.open("/admin/")
        expect(page.locator("#nav-sidebar")).to_be_hidden()
        expect(toggle).to_have_attribute("aria-expanded", "false")


def test_on_a_phone_the_navigation_opens_and_closes(visit: Any, cast: Any) -> None:
    with visit(PHONE) as visitor:
        page = visitor.sign_in(cast.officer).open("/admin/")
        expect(page.locator("#nav-sidebar")).to_be_hidden()
        page.get_by_role("button", name="Navigation").click()
        expect(page.locator("#nav-sidebar")).to_be_visible()
        visitor.shoot("phone-navigation")
        page.get_by_role("button", name="Close the navigation").click()
        expect(page.locator("#nav-sidebar")).to_be_hidden()


def test_switching_to_a_tenant(visit: Any, cast: Any) -> None:
    with visit() as visitor:
        page = visitor.sign_in(cast.operator).open("/admin/consents/consent/")
        page.get_by_label("Tenant").select_option("Fabrikam")
        visitor.follow(page.get_by_role("button", name="Show", exact=True))
        expect(page.get_by_label("Tenant")).to_have_value("fabrikam")
        assert page.url.endswith("/admin/consents/consent/")
        visitor.open("/admin/")
        expect(page.get_by_text("Nothing waits at Fabrikam")).to_be_visible()
        visitor.shoot("dashboard-operator")


def test_signing_out(visit: Any, cast: Any) -> None:
    with visit() as visitor:
        page = visitor.sign_in(cast.officer).open("/admin/")
        page.get_by_role("button", name="Your account").click()
        visitor.follow(page.get_by_role("button", name="Log out"))
        visitor.open("/admin/")
        assert "/admin/login/" in page.url


def test_changing_the_password(visit: Any, cast: Any) -> None:
    with visit() as visitor:
        page = visitor.type_in(cast.officer, PASSWORD).open("/admin/password_change/")
        page.get_by_label("Old password").fill(PASSWORD)
        page.locator("#id_new_password1").fill("another fine long phrase")
        page.locator("#id_new_password2").fill("another fine long phrase")
        page.get_by_role("button", name="Change password").click()
        page.wait_for_url("**/admin/password_change/done/")
    cast.officer.refresh_from_db()
    assert cast.officer.check_password("another fine long phrase")


def test_an_employee_is_told_where_to_go(visit: Any, cast: Any) -> None:
    with visit() as visitor:
        page = visitor.open("/admin/login/")
        page.get_by_label("User name").fill(cast.employee.username)
        page.get_by_label("Password").first.fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("Employees use the portal")
        visitor.shoot("sign-in-no-role")
