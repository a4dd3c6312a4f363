"""Every page that a sidebar leads to: nothing foreign, nothing broken, nothing against the policy, no barrier."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import DESKTOP, PHONE, Visitor
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


def test_every_page_of_an_admin_is_clean_open_to_everybody_and_fits_a_phone(visit: Any, cast: Any) -> None:
    contoso_with_consents(cast)
    seen, barriers, too_wide = [], [], []
    with visit() as visitor:
        for path in pages_of(visitor, cast.admin):
            seen.append(path)
            barriers += visitor.barriers()
            visitor.page.set_viewport_size(PHONE)
            too_wide += [path] if visitor.is_scrolled_sideways() else []
            visitor.page.set_viewport_size(DESKTOP)
    assert len(seen) > 20
    assert barriers == []
    assert too_wide == []


def test_every_page_of_an_operator_is_clean_and_readable_in_the_dark(visit: Any, cast: Any) -> None:
    contoso_with_consents(cast)
    with visit(dark=True) as visitor:
        barriers = [found for _ in pages_of(visitor, cast.operator) for found in visitor.barriers()]
    assert barriers == []


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
