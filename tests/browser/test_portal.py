"""Employees in a real browser: on a narrow screen, in the dark, by keyboard alone, without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from portal.sessions import COOKIE, PortalSession
from tenants.models import Employee
from terms.models import Acceptance
from tests.browser.conftest import Visitor, arriving
from tests.browser.looks import looks
from tests.browser.people import contoso_with_consents
from tests.browser.test_keyboard import tab_to
from tests.portal.stories import ask, colleague, in_force, mailed_link, publish

NARROW: ViewportSize = {"width": 320, "height": 640}
WIDE: ViewportSize = {"width": 1280, "height": 800}
HOME = "/portal/contoso/"
EVERY_IMPACT = ("critical", "serious", "moderate", "minor")


@pytest.fixture
def reader(cast: Any) -> Employee:
    contoso_with_consents(cast)
    in_force(cast.contoso, cast.officer, german=True)
    return colleague(cast.contoso, "reader", display_name="A Reader")


def bring_session(visitor: Visitor, reader: Employee) -> None:
    session = PortalSession.begin(reader)
    cookie = {"name": COOKIE, "value": session.secret, "domain": "localhost", "path": HOME}
    visitor.context.add_cookies([cookie])  # type: ignore[list-item]


def pages(visitor: Visitor, reader: Employee, officer: Any) -> Iterator[str]:
    """Open every page there is, in each of its states."""
    for path in ("sign-in/", "sign-in/sent/"):
        visitor.open(HOME + path)
        yield path
    bring_session(visitor, reader)
    for path in ("", "decisions/", "my-data/", "receipts/", "collected/?management=apps&device=personal"):
        visitor.open(HOME + path)
        yield path
    yield from deciding(visitor, officer)
    visitor.page.goto(visitor.address + HOME + "collected/")
    for closed in visitor.page.locator("summary").all():
        closed.click()
    yield "collected, unfolded"
    visitor.open(HOME + "?language=de")
    yield "in German"


def deciding(visitor: Visitor, officer: Any) -> Iterator[str]:
    page = visitor.open(HOME)
    visitor.follow(page.locator("main h2 a"))
    yield "reading"
    visitor.follow(page.get_by_role("button", name="I decline"))
    yield "declining"
    visitor.follow(page.get_by_role("link", name="Back to the terms"))
    visitor.follow(page.get_by_role("button", name="I accept"))
    yield "decided"
    visitor.follow(page.get_by_role("link", name="My decisions"))
    yield "my decisions"
    visitor.open(HOME)
    yield "nothing waits"


@pytest.mark.parametrize(
    ("size", "dark"),
    looks(pytest.param(WIDE, False, id="1280-light"), pytest.param(NARROW, True, id="320-dark")),
)
def test_every_page_is_clean_and_fits(visit: Any, cast: Any, reader: Employee, size: Any, dark: bool) -> None:
    barriers, too_wide = [], []
    with visit(size, dark=dark) as visitor:
        for number, name in enumerate(pages(visitor, reader, cast.officer)):
            visitor.shoot(f"portal-{size['width']}-{'dark' if dark else 'light'}-{number:02}")
            barriers += visitor.barriers(*EVERY_IMPACT)
            too_wide += [name] if visitor.is_scrolled_sideways() else []
    assert barriers == []
    assert too_wide == []


def test_from_the_link_to_the_receipt_by_keyboard_alone_without_javascript(
    chromium: Any, live_server: Any, cast: Any, reader: Employee, client: Any
) -> None:
    ask(client, cast.contoso, reader.user_principal_name)
    context = chromium.new_context(viewport=NARROW, java_script_enabled=False, accept_downloads=True)
    page = context.new_page()
    try:
        page.goto(live_server.url + mailed_link(cast.contoso))
        press(page, "button", "Sign in")
        press(page, "link", "Use of company phones")
        press(page, "button", "I accept")
        expect(page.get_by_text("Accepted,")).to_be_visible()
        reach(page, "link", "Download the receipt")
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        assert download.value.suggested_filename.endswith(".json")
        press(page, "button", "Sign out")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    finally:
        context.close()
    assert Acceptance.objects.for_tenant(cast.contoso).get().employee == reader


def press(page: Page, role: Any, name: str) -> None:
    """Reach it, press Enter, and wait for the page that follows."""
    reach(page, role, name)
    with arriving(page):
        page.keyboard.press("Enter")


def reach(page: Page, role: Any, name: str) -> None:
    """Press Tab until it has the focus."""
    wanted = page.get_by_role(role, name=name).first
    expect(wanted).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.locator(":focus").filter(has_text=name).count():
            return
    pytest.fail(f"Tab never reaches {name!r}")


def test_the_skip_link_is_first_and_shows_itself(visit: Any, reader: Employee) -> None:
    with visit(NARROW) as visitor:
        bring_session(visitor, reader)
        page = visitor.open(HOME)
        tab_to(page, "Skip to the content", limit=1)
        expect(page.locator(".skip")).to_be_in_viewport()


def test_an_officer_publishes_while_the_employee_reads(visit: Any, cast: Any, reader: Employee) -> None:
    policy = in_force(cast.contoso, cast.officer)
    with visit(NARROW) as visitor:
        visitor.expected = ("409",)
        bring_session(visitor, reader)
        page = visitor.open(f"{HOME}terms/{policy.pk}/")
        publish(policy, cast.officer, title="New rules")
        visitor.follow(page.get_by_role("button", name="I accept"))
        expect(page.get_by_role("alert")).to_contain_text("the terms have changed")
        expect(page.get_by_role("heading", name="New rules")).to_be_visible()
        assert visitor.barriers(*EVERY_IMPACT) == []
        visitor.follow(page.get_by_role("button", name="I accept"))
        expect(page.get_by_text("Accepted,")).to_be_visible()
