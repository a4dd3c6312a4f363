"""Every page that a sidebar leads to: nothing foreign, nothing broken, nothing against the policy, no barrier."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Visitor
from tests.browser.looks import barriers
from tests.browser.people import contoso_with_consents


def first_object(visitor: Visitor) -> str | None:
    """The address of the first object of a list at hand."""
    link = visitor.page.locator("#result_list tbody :is(th, td) a").first
    return str(link.get_attribute("href")) if link.count() else None


def pages_of(visitor: Visitor, person: Any) -> Iterator[str]:
    """Open the first screen, every list of the sidebar, and the first object of each. Gives where one is."""
    visitor.sign_in(person).open("/admin/")
    yield "/admin/"
    for path in visitor.sidebar():
        visitor.open(path)
        yield path
        if of_object := first_object(visitor):
            visitor.open(of_object)
            yield of_object


def pages_behind_buttons(visitor: Visitor) -> list[str]:
    """The addresses of the buttons at hand: history, deeds, adding."""
    links = visitor.page.locator("a.pc-button")
    return [str(link.get_attribute("href")) for link in links.all() if link.is_visible()]


def too_wide_for_a_phone(visitor: Visitor) -> bool:
    visitor.page.set_viewport_size(PHONE)
    sideways = visitor.is_scrolled_sideways()
    visitor.page.set_viewport_size(DESKTOP)
    return sideways


def test_every_page_of_an_admin_is_clean_open_to_everybody_and_fits_a_phone(visit: Any, cast: Any) -> None:
    contoso_with_consents(cast)
    behind, found, too_wide = dict[str, None](), list[str](), list[str]()
    with visit() as visitor:
        seen = []
        for path in pages_of(visitor, cast.admin):
            seen.append(path)
            behind |= dict.fromkeys(pages_behind_buttons(visitor))
            found += barriers(visitor)
            too_wide += [path] if too_wide_for_a_phone(visitor) else []
        for path in sorted(behind.keys() - set(seen)):
            visitor.open(path)
            found += barriers(visitor)
            too_wide += [path] if too_wide_for_a_phone(visitor) else []
    assert len(seen) > 20
    assert len(behind) > 10
    assert found == []
    assert too_wide == []


def test_every_page_of_an_operator_is_clean_and_readable_in_the_dark(visit: Any, cast: Any) -> None:
    contoso_with_consents(cast)
    with visit(dark=True) as visitor:
        found = [barrier for _ in pages_of(visitor, cast.operator) for barrier in barriers(visitor)]
    assert found == []


def test_filters_open_by_keyboard_and_filter(visit: Any, cast: Any) -> None:
    contoso_with_consents(cast)
    with visit() as visitor:
        page = visitor.sign_in(cast.officer).open("/admin/consents/consent/")
        page.get_by_role("button", name="Filters").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#changelist-filter")).to_be_visible()
        visitor.shoot("filters")
        assert visitor.barriers() == []
        page.keyboard.press("Escape")
        expect(page.locator("#changelist-filter")).to_be_hidden()
        page.keyboard.press("Enter")
        page.locator("#changelist-filter").get_by_role("link", name="Requested").click()
        page.wait_for_url("**state=requested**")
        expect(page.locator("#result_list tbody tr")).to_have_count(1)


def test_the_documentation_of_the_api(visit: Any, cast: Any) -> None:
    with visit() as visitor:
        visitor.sign_in(cast.admin).page.goto(f"{visitor.address}/api/docs/")
        expect(visitor.page.locator(".opblock").first).to_be_visible()
        visitor.shoot("api-docs")


@pytest.mark.parametrize("role", ["officer", "auditor"])
def test_the_first_screen_of(visit: Any, cast: Any, role: str) -> None:
    contoso_with_consents(cast)
    with visit() as visitor:
        visitor.sign_in(getattr(cast, role)).open("/admin/")
        visitor.shoot(f"dashboard-{role}")
        assert visitor.barriers() == []


def test_the_first_screen_on_a_phone(visit: Any, cast: Any) -> None:
    contoso_with_consents(cast)
    with visit(PHONE) as visitor:
        visitor.sign_in(cast.officer).open("/admin/")
        visitor.shoot("dashboard-phone")
        assert not visitor.is_scrolled_sideways()
        assert visitor.barriers() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_sign_in_page(visit: Any, dark: bool) -> None:
    with visit(dark=dark) as visitor:
        visitor.open("/admin/login/")
        visitor.shoot(f"sign-in-{'dark' if dark else 'light'}")
        assert visitor.barriers() == []
