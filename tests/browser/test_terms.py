"""The officer's pages of terms, wide and light, narrow and dark: nothing broken, no barrier, nothing cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from portal.providers import set_identity_provider
from terms import services
from terms.models import Acceptance, TermsPolicy, TermsRevision, TermsText
from tests.admin.test_terms_pages import decide, draft_of, employee, group_of, publish
from tests.browser.conftest import DESKTOP, PHONE, Visitor, arriving
from tests.browser.looks import looks
from tests.browser.people import at_work
from tests.portal.provider import CLIENT, SECRET, Provider

REPORT = Path(__file__).resolve().parent.parent / "terms" / "samples" / "accepted.csv"
BODY = """# Your device

Keep it **locked**, and report its loss within a day to [the service desk](mailto:desk@contoso.example).

- Passwords stay with you.
- Company data stays in the *work profile*.

| What we see | What we never see |
|---|---|
| Model, system, serial number | Photos, messages, calls |

> What you do in your own time is your own.
"""
GERMAN = {
    "language": "de",
    "title": "Nutzung von Telefonen",
    "summary": "Mit **Zustimmen** nehmen Sie diese Bedingungen an.",
    "body": "# Ihr Gerät\n\nHalten Sie es **gesperrt**.",
    "privacy_statement": "## Was gesehen wird\n\nModell und System, nie Ihre Fotos.",
}


def contoso_with_terms(cast: Any) -> TermsPolicy:
    """Two versions, a correction and a draft; of eight employees some have accepted, one has declined."""
    tenant, officer = cast.contoso, cast.officer
    with at_work(officer, tenant):
        board = group_of(tenant, "Board")
        people = [employee(tenant) for _ in range(8)]
        employee(tenant, board)
        policy = services.create_policy(
            tenant=tenant, name="Company phones", by=officer, description="Agreed with the works council.",
            reaccept_months=12, four_eyes=False, remind_days=7,
        )  # fmt: skip
        services.assign_policy(policy=policy, by=officer, everybody=True, excluded=[board])
        publish(draft_of(policy, officer, BODY), officer)
        for one in people[:3]:
            decide(one, policy)
        first = draft_of(policy, officer, BODY.replace("within a day", "at once"))
        services.write_text(revision=first, by=officer, **GERMAN)
        publish(first, officer, grace_days=10)
        for one in people[2:6]:
            decide(one, policy)
        decide(people[6], policy, "declined")
        comma = services.draft_revision(version=first.version, note="A comma was missing.", by=officer)
        services.publish_revision(revision=comma, by=officer, reason="Typing error.")
        draft_of(policy, officer, BODY + "\n\n1. One more rule.\n")
    return policy


def pages_of(cast: Any, policy: TermsPolicy) -> dict[str, str]:
    """Every page of terms by a name for its picture."""
    about = f"/admin/terms/termspolicy/{policy.pk}"
    revisions = TermsRevision.objects.for_tenant(cast.contoso)
    published = revisions.filter(status="published", number=0).latest("pk").pk
    draft = revisions.get(status="draft").pk
    texts = list(TermsText.objects.for_tenant(cast.contoso).filter(language="en").order_by("pk"))
    wording = "/admin/terms/termsrevision"
    decided = policy.acceptances.latest("pk")
    return {
        "policies": "/admin/terms/termspolicy/",
        "policy-new": "/admin/terms/termspolicy/add/",
        "policy": f"{about}/change/",
        "policy-settings": f"{about}/settings/",
        "policy-assign": f"{about}/assign/",
        "policy-draft": f"{about}/draft/",
        "policy-import": f"{about}/import/",
        "policy-retire": f"{about}/retire/",
        "policy-outstanding": f"{about}/outstanding/",
        "policy-remind": f"{about}/remind/",
        "policy-course": f"{about}/course/",
        "policy-export": f"{about}/export/",
        "policy-difference": f"{about}/difference/?before={texts[0].pk}&after={texts[-1].pk}",
        "wordings": f"{wording}/",
        "wording": f"{wording}/{published}/change/",
        "wording-revise": f"{wording}/{texts[-2].revision_id}/revise/",
        "wording-draft": f"{wording}/{draft}/change/",
        "wording-write": f"{wording}/{draft}/write/?language=en",
        "wording-publish": f"{wording}/{draft}/publish/",
        "wording-preview": f"{wording}/{published}/preview/?language=en",
        "acceptances": "/admin/terms/acceptance/",
        "acceptance": f"/admin/terms/acceptance/{decided.pk}/change/",
        "imports": "/admin/terms/acceptanceimport/",
        "employees": "/admin/tenants/employee/",
        "employee": f"/admin/tenants/employee/{decided.employee_id}/change/",
        "employees-import": "/admin/tenants/employee/add/",
        "groups": "/admin/tenants/group/",
        "group": f"/admin/tenants/group/{policy.targets.get().group_id}/change/",
        "worklist": "/admin/work/calendarfeed/worklist/",
    }


@pytest.mark.parametrize(
    ("size", "dark"),
    looks(pytest.param(DESKTOP, False, id="wide"), pytest.param(PHONE, True, id="narrow-dark")),
)
def test_every_page_is_clean_and_fits(visit: Any, cast: Any, size: Any, dark: bool) -> None:
    policy = contoso_with_terms(cast)
    barriers, too_wide = [], []
    with visit(size, dark=dark) as visitor:
        visitor.sign_in(cast.officer)
        for name, path in pages_of(cast, policy).items():
            visitor.open(path)
            visitor.shoot(f"terms-{name}-{'dark' if dark else 'light'}")
            barriers += visitor.barriers()
            too_wide += [path] if visitor.is_scrolled_sideways() else []
    assert barriers == []
    assert too_wide == []


def test_a_chosen_file_is_written_into_no_other_field(visit: Any, cast: Any) -> None:
    with at_work(cast.officer, cast.contoso):
        policy = services.create_policy(tenant=cast.contoso, name="Company phones", by=cast.officer)
    with visit(DESKTOP) as visitor:
        visitor.sign_in(cast.officer)
        page = visitor.open(f"/admin/terms/termspolicy/{policy.pk}/import/")
        page.get_by_label("Files").set_input_files(REPORT)
        assert page.get_by_label("Time zone").input_value() == ""


def test_from_the_officers_draft_to_the_auditors_proof(
    visit: Any, cast: Any, chromium: Any, live_server: Any, settings: Any
) -> None:
    """An officer publishes, an employee signs in by the company's provider and accepts, everybody sees it at once."""
    settings.DEBUG = True
    with at_work(cast.officer, cast.contoso):
        policy = services.create_policy(tenant=cast.contoso, name="Tablets", by=cast.officer)
        reader = employee(cast.contoso)
    _write_and_publish(visit, cast)
    with Provider() as provider, visit() as officer:
        provider.person["oid"], provider.asks_first = reader.directory_id, True
        given: dict[str, Any] = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET}
        set_identity_provider(tenant=cast.contoso, by=cast.admin, is_on=True, **given)
        page = officer.sign_in(cast.officer).open(f"/admin/terms/termspolicy/{policy.pk}/outstanding/")
        expect(page.get_by_text(reader.user_principal_name)).to_be_visible()
        _sign_in_and_accept(chromium, live_server.url)
        page.reload()
        expect(page.get_by_text(reader.user_principal_name)).to_have_count(0)
    with visit() as auditor:
        accepted = Acceptance.objects.for_tenant(cast.contoso).get(employee=reader)
        page = auditor.sign_in(cast.auditor).open(f"/admin/terms/acceptance/{accepted.pk}/change/")
        expect(page.get_by_text("Receipt verifies").first).to_be_visible()
        expect(page.get_by_text("Yes, byte by byte")).to_be_visible()


def _sign_in_and_accept(chromium: Any, address: str) -> None:
    """On a narrow screen, without JavaScript, and under the pages' own policy, past which no form leads elsewhere."""
    context = chromium.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    try:
        page, said = context.new_page(), list[str]()
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{address}/portal/contoso/")
        for role, name in (
            ("link", "Sign in with your work account"),
            ("button", "Continue"),
            ("link", "Use of tablets"),
            ("button", "I accept"),
        ):
            with arriving(page):
                page.get_by_role(role, name=name).click()  # type: ignore[arg-type]
        expect(page.get_by_text("Accepted,")).to_be_visible()
        assert not [words for words in said if "Content Security Policy" in words]
    finally:
        context.close()


def _write_and_publish(visit: Any, cast: Any) -> None:
    with visit() as visitor:
        visitor.sign_in(cast.officer)
        page = visitor.open("/admin/terms/termspolicy/")
        visitor.follow(page.get_by_role("link", name="Tablets"))
        visitor.follow(page.get_by_role("link", name="Draft a version"))
        visitor.follow(page.get_by_role("button", name="Draft a version"))
        visitor.follow(page.get_by_role("link", name="Write a text"))
        _fill(visitor)
        visitor.follow(page.get_by_role("button", name="Write a text"))
        visitor.follow(page.get_by_role("link", name="Publish the version"))
        expect(page.get_by_text("1 employee will be asked")).to_be_visible()
        page.get_by_label("Reason").fill("Agreed with the works council.")
        visitor.follow(page.get_by_role("button", name="Publish the version"))
        expect(page.get_by_text("is published.")).to_be_visible()
        expect(page.get_by_role("heading", name="Your tablet")).to_be_visible()


def _fill(visitor: Visitor) -> None:
    for label, words in (
        ("Title", "Use of tablets"),
        ("Summary", "You agree."),
        ("The terms", "# Your tablet\n\nLock it."),
    ):
        visitor.page.get_by_label(label, exact=True).fill(words)
