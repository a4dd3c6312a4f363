"""The world map in a browser: at a desk and on a phone, in the light and in the dark, with the keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.looks import barriers, looks
from tests.browser.people import contoso_with_consents
from tests.residency.making import elected, seen

RESIDENCY = "/admin/residency/observedlocation/residency/"
LOOKS = looks(
    pytest.param(DESKTOP, False, id="1280-light"),
    pytest.param(PHONE, True, id="360-dark"),
)


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_the_map_and_the_pages_around_it(visit: Any, cast: Any, size: Any, dark: bool) -> None:
    look = f"{size['width']}-{'dark' if dark else 'light'}"
    contoso_with_consents(cast)
    elected(cast.contoso, "EU")
    seen(cast.contoso, cast.admin, "North America 0201")
    with visit(size, dark=dark) as visitor:
        visitor.sign_in(cast.officer)
        for name, path in {
            "map": RESIDENCY,
            "observed": "/admin/residency/observedlocation/",
            "observe": "/admin/residency/observedlocation/add/",
            "drift": "/admin/residency/locationdrift/",
        }.items():
            visitor.open(path)
            visitor.shoot(f"residency-{name}-{look}")
            assert barriers(visitor) == []
            assert not visitor.is_scrolled_sideways(), name
        page = visitor.open(RESIDENCY)
        page.locator('a[href="#pc-place-US"]').first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#pc-place-US")).to_be_visible()
        expect(page.locator("#pc-place-US")).to_contain_text("Apple")
