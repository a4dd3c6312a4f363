"""Consents in a browser: the life of one in few clicks, at a desk and on a phone, in the light and in the dark."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Catalog
from catalog.services import add_entry
from consents.models import Consent, EndingStep
from tenants.access import Shell
from tests.browser.conftest import DESKTOP, PHONE, Visitor
from tests.browser.looks import looks
from tests.browser.people import at_work, contoso_with_consents
from tests.consents.lives import granted, requested, withdrawn

VPP = "Apple Volume Purchase Program"
GLANCE, FLOWING = "/admin/consents/consent/glance/", "/admin/consents/consent/flowing/"
LOOKS = looks(
    pytest.param(DESKTOP, False, id="1280-light"),
    pytest.param(PHONE, True, id="360-dark"),
)


class Hand:
    """Somebody's mouse: it clicks, waits for the page that follows, and counts."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page, self.clicks = visitor, visitor.page, 0

    def click(self, target: Locator) -> None:
        self.visitor.follow(target)
        self.clicks += 1

    def follow(self, label: str) -> None:
        self.click(self.page.locator("#main, #nav-sidebar-apps").get_by_role("link", name=label))

    def press(self, label: str) -> None:
        self.click(self.page.get_by_role("button", name=label))


def check(visitor: Visitor, name: str) -> None:
    """The page at hand is open to everybody, fits the screen, and is kept as a picture."""
    visitor.shoot(name)
    assert visitor.barriers() == []
    assert not visitor.is_scrolled_sideways(), name


def one_more_datum() -> None:
    """The next edition of the catalog: VPP sends one datum more."""
    values = {
        "code": "apple.out.vpp.shoe_size",
        "name": "Shoe size",
        "service": "vpp",
        "direction": "to_third_party",
        "personal": True,
        "elements": [],
    }
    catalog = Catalog.objects.get(code=REFERENCE_CATALOG)
    add_entry(catalog=catalog, kind="flows", values=values, by=Shell(), reason="A new release")


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_from_the_request_to_the_last_step(visit: Any, cast: Any, size: Any, dark: bool) -> None:
    look = f"{size['width']}-{'dark' if dark else 'light'}"
    with visit(size, dark=dark) as visitor:
        visitor.sign_in(cast.officer).open(GLANCE)
        hand = Hand(visitor)
        check(visitor, f"consents-1-nothing-yet-{look}")
        ask_and_grant(hand, look)
        consent = Consent.objects.for_tenant(cast.contoso).get()

        with at_work(cast.operator, cast.contoso):
            one_more_datum()
        visitor.open(GLANCE)
        expect(visitor.page.get_by_text("Needs renewal: 1 not covered")).to_be_visible()
        check(visitor, f"consents-3-needs-renewal-{look}")
        hand.follow(VPP)
        expect(visitor.page.get_by_text("Needs renewal: 1 more to the third party")).to_be_visible()
        check(visitor, f"consents-4-difference-{look}")

        withdraw_and_end(hand, look)
        visitor.open(FLOWING)
        check(visitor, f"consents-8-flowing-{look}")
    consent.refresh_from_db()
    assert consent.status == "withdrawn"
    steps = EndingStep.objects.for_tenant(cast.contoso).filter(consent=consent)
    assert {step.status for step in steps} == {"done"}


def ask_and_grant(hand: Hand, look: str) -> None:
    page = hand.page
    hand.click(page.get_by_role("link", name=f"Request {VPP}"))
    page.get_by_label("Connection").fill("sales")
    page.get_by_label("Justification").fill("Managed apps for the sales team.")
    page.get_by_label("Legal basis").select_option("legitimate_interests")
    page.get_by_label("Contract signed on").fill("2026-01-31")
    page.get_by_label("Transfer safeguard").select_option("adequacy")
    page.get_by_label("Text of the terms").fill("You agree to the terms.")
    hand.press("Request consent")
    hand.follow("Grant")
    page.get_by_label("Reason").fill("The works council agreed.")
    hand.press("Grant")
    expect(page.get_by_role("heading", name="In force")).to_be_visible()
    expect(page.get_by_text("31 Jan 2026")).to_be_visible()
    check(hand.visitor, f"consents-2-granted-{look}")


def withdraw_and_end(hand: Hand, look: str) -> None:
    page = hand.page
    hand.follow("Withdraw")
    page.get_by_label("Reason").fill("The trial is over.")
    hand.press("Withdraw")
    expect(page.get_by_text("Withdrawn, 2 steps open")).to_be_visible()
    check(hand.visitor, f"consents-5-withdrawn-{look}")
    for left in ("Withdrawn, 1 step open", "Withdrawn: nothing may flow"):
        hand.follow("Complete")
        page.get_by_label("Proof").fill("Confirmed by Apple, reference 4711.")
        check(hand.visitor, f"consents-6-complete-{look}")
        hand.press("Complete")
        expect(page.get_by_text("is done.")).to_be_visible()
        hand.click(page.locator("dd").get_by_role("link", name=VPP))
        expect(page.get_by_text(left, exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Ending the sharing: all done")).to_be_visible()
    check(hand.visitor, f"consents-7-ended-{look}")


@pytest.mark.parametrize(("deed", "state"), [("Grant", "granted"), ("Withdraw", "withdrawn")])
def test_three_clicks_from_the_first_screen(visit: Any, cast: Any, deed: str, state: str) -> None:
    with at_work(cast.officer, cast.contoso):
        consent = (requested if deed == "Grant" else granted)(cast.contoso, cast.officer)
    with visit() as visitor:
        visitor.sign_in(cast.officer).open("/admin/")
        hand = Hand(visitor)
        hand.follow("Consents at a glance")
        hand.follow(deed)
        visitor.page.get_by_label("Reason").fill("Agreed.")
        hand.press(deed)
        expect(visitor.page.get_by_text(f"is {state}.").first).to_be_visible()
    consent.refresh_from_db()
    assert consent.status == state
    assert hand.clicks == 3


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_every_page_of_consents(visit: Any, cast: Any, size: Any, dark: bool) -> None:
    """Each with something in it, and once as it was in the past."""
    look = f"{size['width']}-{'dark' if dark else 'light'}"
    contoso_with_consents(cast)
    with at_work(cast.officer, cast.contoso):
        gone = withdrawn(cast.contoso, cast.officer, connection="Berlin")
        holds = granted(cast.contoso, cast.officer, connection="Munich")
        step = EndingStep.objects.for_tenant(cast.contoso).filter(consent=gone).earliest("position")
    past = f"?as_of={timezone.now() - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    of = "/admin/consents/consent"
    pages = {
        "glance": GLANCE,
        "glance-past": GLANCE + past,
        "flowing": FLOWING,
        "list-past": f"{of}/{past}",
        "consent": f"{of}/{holds.pk}/change/",
        "consent-past": f"{of}/{holds.pk}/change/{past}",
        "renew": f"{of}/{holds.pk}/renew/",
        "withdraw": f"{of}/{holds.pk}/withdraw/",
        "request": f"{of}/add/?service=vpp",
        "steps": "/admin/consents/endingstep/",
        "step": f"/admin/consents/endingstep/{step.pk}/change/",
        "assign": f"/admin/consents/endingstep/{step.pk}/assign/",
        "policy": "/admin/consents/consentpolicy/",
        "set-policy": "/admin/consents/consentpolicy/add/",
    }
    with visit(size, dark=dark) as visitor:
        visitor.sign_in(cast.officer)
        for name, path in pages.items():
            visitor.open(path)
            check(visitor, f"page-{name}-{look}")


def test_several_tenants_at_a_glance(visit: Any, cast: Any) -> None:
    contoso_with_consents(cast)
    with visit() as visitor:
        visitor.sign_in(cast.operator).open(GLANCE)
        check(visitor, "consents-several-tenants")
        columns: Page = visitor.page
        expect(columns.get_by_role("columnheader", name="Contoso")).to_be_visible()
        expect(columns.get_by_role("columnheader", name="Fabrikam")).to_be_visible()


def test_a_past_moment_is_chosen_in_the_page(visit: Any, cast: Any) -> None:
    contoso_with_consents(cast)
    with visit() as visitor:
        page = visitor.sign_in(cast.auditor).open(GLANCE)
        hand = Hand(visitor)
        page.get_by_text("Look at a past date").click()
        page.get_by_label("Date and time").fill("2026-01-01T08:00")
        hand.press("Show")
        expect(page.get_by_text("As it was, and was known, at")).to_be_visible()
        expect(page.get_by_text("At that moment no consent had been asked for")).to_be_visible()
        hand.follow("Show now")
        expect(page.get_by_text("Apple Push Notification service")).to_be_visible()
