"""The main story: a consent is asked for, granted and withdrawn; the auditor is shown who did it; nobody else sees."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from consents.models import Consent
from tests.browser.conftest import Visitor
from tests.cast import PASSWORD

VPP = "Apple Volume Purchase Program"
WHY = "Managed apps for the sales team’s iPads."
GRANTED_BECAUSE = "The works council agreed on 3 November."
WITHDRAWN_BECAUSE = "The trial of the sales apps is over."


def press(visitor: Visitor, label: str) -> None:
    visitor.follow(visitor.page.get_by_role("button", name=label))


def follow(visitor: Visitor, label: str) -> None:
    visitor.follow(visitor.page.get_by_role("link", name=label))


def request_vpp(visitor: Visitor) -> None:
    page = visitor.page
    follow(visitor, "Request a consent")
    follow(visitor, VPP)
    expect(page.get_by_role("heading", name="Would flow to Apple")).to_be_visible()
    expect(page.get_by_text("of which").first).to_be_visible()
    visitor.shoot("story-1-what-would-flow")
    page.get_by_label("Connection").fill("sales")
    page.get_by_label("Justification").fill(WHY)
    press(visitor, "Request consent")
    expect(page.get_by_text("Nothing flows until it is granted")).to_be_visible()


def grant(visitor: Visitor) -> None:
    page = visitor.page
    follow(visitor, "Grant")
    page.get_by_label("Reason").fill(GRANTED_BECAUSE)
    visitor.shoot("story-2-grant")
    press(visitor, "Grant")
    expect(page.get_by_role("heading", name="May flow to Apple")).to_be_visible()
    visitor.shoot("story-3-granted")


def withdraw(visitor: Visitor) -> None:
    page = visitor.page
    follow(visitor, "Withdraw")
    press(visitor, "Withdraw")
    expect(page.get_by_text("This field is required")).to_be_visible()
    page.get_by_label("Reason").fill(WITHDRAWN_BECAUSE)
    press(visitor, "Withdraw")
    expect(page.get_by_text("From now on nothing may flow")).to_be_visible()
    visitor.shoot("story-4-withdrawn")


def check_the_trail(visitor: Visitor, consent: Consent, admin: Any) -> None:
    page = visitor.open("/admin/")
    for reason in (GRANTED_BECAUSE, WITHDRAWN_BECAUSE):
        expect(page.get_by_text(reason)).to_be_visible()
    visitor.shoot("story-5-auditor")
    visitor.open(f"/admin/consents/consent/{consent.pk}/history/")
    content = page.locator("#main")
    for words in (admin.username, GRANTED_BECAUSE, WITHDRAWN_BECAUSE, "Granted", "Withdrawn"):
        expect(content.get_by_text(words).first).to_be_visible()
    visitor.shoot("story-6-history")
    visitor.open("/admin/consents/consent/")
    assert page.get_by_role("link", name="Request consent").count() == 0


def test_from_the_request_to_the_auditor(visit: Any, cast: Any) -> None:
    with visit() as visitor:
        visitor.type_in(cast.admin, PASSWORD)
        request_vpp(visitor)
        grant(visitor)
        withdraw(visitor)

    consent = Consent.objects.for_tenant(cast.contoso).get()
    assert (consent.status, consent.withdraw_reason) == ("withdrawn", WITHDRAWN_BECAUSE)
    with visit() as visitor:
        check_the_trail(visitor.sign_in(cast.auditor), consent, cast.admin)

    with visit() as visitor:
        see_nothing_of(visitor.sign_in(cast.fabrikam_admin), consent)


def see_nothing_of(visitor: Visitor, consent: Consent) -> None:
    for path in ("/admin/", "/admin/consents/consent/", "/admin/audit/auditevent/"):
        page = visitor.open(path)
        assert "contoso" not in page.content().lower()
        assert WITHDRAWN_BECAUSE not in page.content()
    visitor.expected = ("status of 404",)
    response = visitor.page.goto(f"{visitor.address}/admin/consents/consent/{consent.pk}/change/")
    assert response is not None
    assert response.status == 404
    expect(visitor.page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    visitor.shoot("not-found")
