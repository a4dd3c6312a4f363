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

STATUS = {
    "name": "status.csv",
    "mimeType": "text/csv",
    "buffer": b"date,location,source\n2026-01-02,Europe 0201,Tenant status\n2026-01-03,Japan,Tenant status\n"
    b"2026-01-04,Atlantis,Tenant status\n",
}


def _look(visitor: Any, name: str) -> None:
    visitor.shoot(name)
    assert barriers(visitor) == []
    assert not visitor.is_scrolled_sideways(), name


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
            "import": "/admin/residency/locationimport/add/",
        }.items():
            visitor.open(path)
            _look(visitor, f"residency-{name}-{look}")
        visitor.page.set_input_files("input[type=file]", files=[STATUS])
        visitor.follow(visitor.page.get_by_role("button", name="Show what it comes to"))
        _look(visitor, f"residency-preview-{look}")
        visitor.follow(visitor.page.get_by_role("button", name="Keep this import"))
        _look(visitor, f"residency-imported-{look}")
        page = visitor.open(RESIDENCY)
        page.locator('a[href="#pc-place-US"]').first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#pc-place-US")).to_be_visible()
        expect(page.locator("#pc-place-US")).to_contain_text("Apple")
