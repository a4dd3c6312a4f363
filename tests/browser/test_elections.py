"""Elections in a browser: three clicks from the first screen to a decided one, wide and narrow, light and dark."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from elections.models import CollectionElection, StorageElection
from elections.services import begin_storage
from tenants.access import Shell
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.looks import looks
from tests.browser.people import at_work
from tests.browser.test_consents import Hand, check

LOOKS = looks(
    pytest.param(DESKTOP, False, id="1280-light"),
    pytest.param(PHONE, True, id="360-dark"),
)


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_a_geography_and_features_are_elected_in_three_clicks(
    visit: Any, cast: Any, size: Any, dark: bool
) -> None:
    look = f"{size['width']}-{'dark' if dark else 'light'}"
    with at_work(cast.operator, cast.contoso):
        begin_storage(tenant=cast.contoso, by=Shell())
    with visit(size, dark=dark) as visitor:
        page = visitor.sign_in(cast.admin).open("/admin/")
        hand = Hand(visitor)
        hand.follow("Elect another geography")
        check(visitor, f"elections-1-geographies-{look}")
        hand.follow("Switzerland")
        page.get_by_label("Reason").fill("The works council asked for it.")
        page.get_by_label("I have read what this move means").check()
        check(visitor, f"elections-2-move-{look}")
        hand.press("Elect a storage geography")
        expect(page.get_by_text("It is decided: customer data is stored in Switzerland.")).to_be_visible()
        assert hand.clicks == 3
        check(visitor, f"elections-3-elected-{look}")

        visitor.open("/admin/")
        hand = Hand(visitor)
        hand.follow("Switch features")
        page.get_by_label("Device query").check()
        page.get_by_label("Windows diagnostic data in processor configuration").check()
        check(visitor, f"elections-4-features-{look}")
        hand.press("Show what this means")
        expect(page.get_by_text("35 kinds of data start being collected")).to_be_visible()
        page.get_by_label("Reason").fill("Support needs it.")
        check(visitor, f"elections-5-meaning-{look}")
        hand.press("Switch optional data collection")
        expect(page.get_by_text("It is decided:")).to_be_visible()
        assert hand.clicks == 3
        check(visitor, f"elections-6-switched-{look}")
        for name, path in {
            "7-collected": "/admin/elections/collectionelection/collected/",
            "8-list": "/admin/elections/storageelection/",
            "9-today": "/admin/",
        }.items():
            visitor.open(path)
            check(visitor, f"elections-{name}-{look}")
    stored = StorageElection.objects.for_tenant(cast.contoso).in_force().get()
    assert (stored.code, stored.proposed_by) == ("CH", str(cast.admin))
    parts = CollectionElection.objects.for_tenant(cast.contoso).get().parts
    assert dict(parts.values_list("code", "is_on")) == {
        "device_query": True,
        "windows_diagnostic_data": True,
    }
