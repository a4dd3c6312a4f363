"""The pages of calendar feeds and of what one is told by e-mail: everybody's own."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from tenants.models import Tenant
from tests.admin.suite import TenantPageSuite, Writing
from work.models import CalendarFeed, MailPreference
from work.notifications import choose_mail, make_feed

MEMBERS = frozenset({"officer", "admin", "auditor"})


class OwnPageSuite(TenantPageSuite):
    """What is one person's is missing for everybody else of the tenant too."""

    readers = ("officer",)
    reader = "officer"
    history = True

    def owner(self, tenant: Tenant) -> Any:
        return self.officer if tenant == self.contoso else self.fabrikam_officer

    def test_it_is_missing_for_everybody_else(self) -> None:
        thing = self.one()
        for name in ("admin", "auditor"):
            self.enter(name)
            self.assertNotContains(self.client.get(self.url("changelist")), self.url("change", thing.pk))
            for url in self.object_pages(thing.pk):
                assert self.client.get(url).status_code == 404, url


class FeedPageTests(OwnPageSuite):
    model = CalendarFeed
    writings = (
        Writing("add", {"name": "Outlook", "tenant": lambda suite: suite.contoso.pk}, "calendar_feed.created",
                MEMBERS | {"operator"}, frozenset(), {"name": ""}),
        Writing("revoke", {}, "calendar_feed.revoked", frozenset({"officer", "operator"}), frozenset()),
    )  # fmt: skip

    def make(self, tenant: Tenant, name: str) -> CalendarFeed:
        feed, _ = make_feed(tenant=tenant, name=name, by=self.owner(tenant))
        return feed

    def make_many(self, tenant: Tenant) -> None:
        for number in range(8):
            self.make(tenant, f"number-{number}")

    def test_the_address_is_shown_once_and_works(self) -> None:
        self.enter("officer")
        answer = self.client.post(self.url("add"), {"name": "Outlook"})
        assert "no-store" in answer["Cache-Control"]
        found = re.search(r"http://testserver(/calendar/[-\w]+\.ics)", answer.content.decode())
        assert found is not None
        assert Client().get(found[1]).status_code == 200
        feed = CalendarFeed.objects.for_tenant(self.contoso).get(name="Outlook")
        secret = found[1].split("/")[2].removesuffix(".ics")
        for url in (self.url("changelist"), self.url("change", feed.pk), self.url("history", feed.pk)):
            self.assertNotContains(self.client.get(url), secret)


class NotificationPageTests(OwnPageSuite):
    model = MailPreference
    writings = (
        Writing("add", {"digest": "weekly", "tenant": lambda suite: suite.contoso.pk}, "notifications.chosen",
                MEMBERS | {"operator"}, frozenset(), {"digest": "hourly"}),
        Writing("choose", {"digest": "off", "reminders": "on"}, "notifications.chosen", frozenset({"officer"}),
                frozenset(), {"digest": ""}),
    )  # fmt: skip

    def make(self, tenant: Tenant, name: str) -> MailPreference:
        return choose_mail(tenant=tenant, digest="daily", reminders=True, by=self.owner(tenant))

    def test_choosing_again_changes_the_choice(self) -> None:
        self.enter("officer")
        for digest in ("weekly", "off"):
            self.client.post(self.url("add"), {"digest": digest})
        wish = MailPreference.of(self.officer, self.contoso)
        assert (wish.digest, wish.reminders) == ("off", False)

    def test_an_operator_sees_and_does_not_choose_for_others(self) -> None:
        wish = self.one()
        self.enter("operator")
        self.assertNotContains(self.client.get(self.url("change", wish.pk)), self.url("choose", wish.pk))
        answer = self.client.post(self.url("choose", wish.pk), {"digest": "off"})
        self.assertContains(answer, "Everybody chooses for themselves.", status_code=409)
        assert MailPreference.of(self.officer, self.contoso).digest == "daily"

    def test_the_form_shows_what_was_chosen(self) -> None:
        wish = self.one()
        self.enter("officer")
        self.client.post(self.url("choose", wish.pk), {"digest": "weekly"})
        form = self.client.get(self.url("choose", wish.pk)).context["form"]
        assert form.initial == {"digest": "weekly", "reminders": False}
        self.assertContains(self.client.get(self.url("change", wish.pk)), "Once a week")
