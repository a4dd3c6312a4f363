"""What an employee sees and does: deciding, the record of it, what is collected, whom to ask."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Element, Feature, Service
from consents.services import grant_consent, request_consent, withdraw_consent
from elections.services import set_election_policy
from portal.outstanding import outstanding_of
from tenants.models import User
from terms.imports.reading import How, Reading, document_of
from terms.models import Acceptance
from terms.receipts import is_genuine
from terms.services import (
    assign_policy,
    draft_version,
    import_acceptances,
    publish_version,
    retire_policy,
    write_text,
)
from terms.standing import places_of
from tests.elections.stories import switched
from tests.portal.stories import (
    WORDS,
    PortalTestCase,
    clock,
    colleague,
    correct,
    in_force,
    publish,
    ticket_in,
)

POLICY = {
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


def at(moment: datetime) -> Any:
    """The clock stands at this instant."""
    return patch("django.utils.timezone.now", return_value=moment)


class Pages(PortalTestCase):
    def setUp(self) -> None:
        self.client = self.signed_in()
        self.address = f"/portal/contoso/terms/{self.policy.pk}/"

    def decisions(self) -> list[Acceptance]:
        return list(Acceptance.objects.for_tenant(self.contoso).order_by("id"))

    def read(self) -> str:
        return ticket_in(self.client.get(self.address))

    def press(self, ticket: str, path: str = "", **more: str) -> Any:
        return self.client.post(self.address + path, {"ticket": ticket} | more)


class Deciding(Pages):
    def test_two_clicks_from_the_first_page_to_the_receipt(self) -> None:
        first = self.client.get("/portal/contoso/")
        self.assertContains(first, f'<a href="{self.address}">Use of company phones</a>')
        response = self.press(self.read())
        (acceptance,) = self.decisions()
        self.assertRedirects(response, f"/portal/contoso/decisions/{acceptance.receipt_id}/")
        self.assertContains(self.client.get("/portal/contoso/"), "There is nothing for you to decide.")
        assert (acceptance.decision, acceptance.button, acceptance.surface) == (
            "accepted",
            "I accept",
            "portal",
        )
        assert (acceptance.network, acceptance.language) == ("127.0.0.0/24", "en")
        assert len(acceptance.session) == 64

    def test_the_words_come_without_anything_that_runs(self) -> None:
        page = self.client.get(self.address)
        self.assertContains(page, "<strong>locked</strong>")
        self.assertContains(page, "We see the model")
        self.assertContains(page, "&lt;script&gt;")
        self.assertNotContains(page, "<script")

    def test_the_receipt_verifies_and_one_that_was_changed_does_not(self) -> None:
        self.press(self.read())
        address = f"/portal/contoso/decisions/{self.decisions()[0].receipt_id}/"
        response = self.client.get(address + "receipt.json")
        assert "attachment" in response["Content-Disposition"]
        receipt = json.loads(response.content)
        assert is_genuine(receipt)
        assert not is_genuine(receipt | {"decision": "declined"})
        self.assertContains(self.client.get(address), receipt["text_sha256"])

    def test_the_trail_has_the_employee_as_the_actor(self) -> None:
        self.press(self.read())
        event = AuditEvent.objects.for_tenant(self.contoso).get(activity="terms.accepted")
        said = event.attribution
        assert (said.actor_type, said.actor_id, said.origin) == (
            "user",
            f"employee:{self.reader.pk}",
            "portal",
        )

    def test_a_double_click_is_one_acceptance(self) -> None:
        ticket = self.read()
        answers = {self.press(ticket)["Location"] for _ in range(3)}
        assert len(answers) == len(self.decisions()) == 1

    def test_a_second_device_gets_the_same_acceptance(self) -> None:
        other = self.signed_in()
        ticket = ticket_in(other.get(self.address))
        first = self.press(self.read())
        assert other.post(self.address, {"ticket": ticket})["Location"] == first["Location"]
        assert len(self.decisions()) == 1

    def test_declining_asks_once_more_and_can_be_taken_back(self) -> None:
        ticket = self.read()
        sure = self.press(ticket, "decline/")
        self.assertContains(sure, "Yes, I decline")
        assert self.decisions() == []
        self.press(ticket_in(sure), "decline/", sure="1")
        (declined,) = self.decisions()
        assert (declined.decision, declined.button) == ("declined", "Yes, I decline")
        self.assertContains(self.client.get("/portal/contoso/"), "You have declined these terms.")
        self.press(self.read())
        assert [each.decision for each in self.decisions()] == ["declined", "accepted"]

    def test_words_that_changed_meanwhile_are_shown_again(self) -> None:
        for change in (correct, publish):
            ticket = self.read()
            change(self.policy, self.officer)
            for path, more in (("", {}), ("decline/", {"sure": "1"})):
                again = self.press(ticket, path, **more)
                self.assertContains(again, "the terms have changed since you opened them", status_code=409)
                assert self.decisions() == []
        self.assertRedirects(self.press(ticket_in(again)), self._newest())

    def _newest(self) -> str:
        return f"/portal/contoso/decisions/{self.decisions()[-1].receipt_id}/"

    def test_forged_forms_decide_nothing(self) -> None:
        other = self.signed_in(colleague(self.contoso))
        for ticket in ("", "rubbish", ticket_in(other.get(self.address))):
            for path in ("", "decline/"):
                again = self.press(ticket, path, sure="1")
                self.assertContains(again, "did not come from this page", status_code=409)
        assert self.decisions() == []

    def test_what_was_accepted_before_is_said_when_a_new_version_asks(self) -> None:
        self.press(self.read())
        publish(self.policy, self.officer)
        self.assertContains(self.client.get("/portal/contoso/"), "You accepted an earlier version.")
        assert "Version 2" in self.client.get(self.address).content.decode()

    def test_terms_that_are_not_for_me_are_not_there(self) -> None:
        retired = in_force(self.contoso, self.officer)
        retire_policy(policy=retired, by=self.officer, reason="Over")
        foreign = in_force(self.fabrikam, self.fabrikam_officer)
        nobodys = in_force(self.contoso, self.officer)
        assign_policy(policy=nobodys, everybody=False, by=self.officer)
        for key in (retired.pk, foreign.pk, nobodys.pk, 987654321, 2**80):
            for path in ("", "decline/"):
                address = f"/portal/contoso/terms/{key}/{path}"
                for answer in (self.client.get(address), self.client.post(address, {"ticket": "x"})):
                    self.assertContains(answer, "There is nothing here", status_code=404)

    def test_the_first_page_says_what_the_rule_says(self) -> None:
        in_force(self.contoso, self.officer)
        self.press(self.read())
        waiting = [one.place for one in outstanding_of(self.reader, [])]
        assert {p.policy: p.standing for p in waiting} == {
            p.policy: p.standing for p in places_of(self.reader) if p.is_outstanding
        }
        assert len(waiting) == 1


class Again(Pages):
    def test_what_was_accepted_is_asked_for_again_when_it_ends(self) -> None:
        policy = in_force(self.contoso, self.officer, reaccept_months=6)
        self.address = f"/portal/contoso/terms/{policy.pk}/"
        self.press(self.read())
        (first,) = self.decisions()
        page = self.client.get(f"/portal/contoso/decisions/{first.receipt_id}/")
        self.assertContains(page, "Holds until")
        with clock(timedelta(days=200)):
            self.client = self.signed_in()
            self.assertContains(self.client.get("/portal/contoso/"), self.address)
            ticket = self.read()
            for _ in range(2):
                self.press(ticket)
        again = self.decisions()[-1]
        assert [each.round for each in self.decisions()] == [1, 2]
        assert (again.trigger, again.supersedes_id) == ("expiry", first.pk)

    def test_days_of_grace_are_said_and_the_old_yes_still_counts(self) -> None:
        self.press(self.read())
        revision = draft_version(policy=self.policy, by=self.officer)
        write_text(revision=revision, language="en", by=self.officer, **WORDS)
        publish_version(version=revision.version, by=self.officer, reason="Agreed", grace_days=14)
        page = self.client.get("/portal/contoso/")
        self.assertContains(page, "Please decide until")
        self.assertContains(page, "You accepted an earlier version.")
        (place,) = [one.place for one in outstanding_of(self.reader, [])]
        assert place.due is not None
        assert place.due > timezone.now() + timedelta(days=13)


class Languages(Pages):
    def test_the_browsers_language_and_the_switch(self) -> None:
        page = self.client.get("/portal/contoso/", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
        self.assertContains(page, '<html lang="de">')
        self.assertContains(page, "Zu entscheiden")
        switched = self.client.get("/portal/contoso/?language=en", headers={"Accept-Language": "de"})
        self.assertContains(switched, '<html lang="en">')
        self.assertContains(
            self.client.get("/portal/contoso/", headers={"Accept-Language": "de"}), "To decide"
        )

    def test_the_directorys_language_where_the_browser_says_none(self) -> None:
        self.reader.language = "de-DE"
        self.reader.save()
        self.assertContains(self.client.get("/portal/contoso/"), '<html lang="de">')

    def test_terms_in_the_language_of_the_reader_or_the_one_asked_for(self) -> None:
        publish(self.policy, self.officer, german=True)
        page = self.client.get(self.address, headers={"Accept-Language": "de"})
        self.assertContains(page, '<div class="words" lang="de" dir="auto">')
        self.assertContains(page, "Ich nehme an")
        english = self.client.get(self.address + "?text=en", headers={"Accept-Language": "de"})
        self.assertContains(english, '<div class="words" lang="en" dir="auto">')
        self.client.post(self.address, {"ticket": ticket_in(page)}, headers={"Accept-Language": "de"})
        assert (self.decisions()[0].language, self.decisions()[0].button) == ("de", "Ich nehme an")

    def test_a_language_without_a_text_falls_back_and_the_record_says_so(self) -> None:
        page = self.client.get(self.address, headers={"Accept-Language": "fr, de;q=0.5"})
        self.assertContains(page, '<div class="words" lang="en"')
        self.assertContains(page, '<html lang="de">')
        self.assertContains(page, "Diese Bedingungen gibt es nicht in Ihrer Sprache")
        self.press(ticket_in(page))
        (accepted,) = self.decisions()
        assert accepted.text is not None
        assert (accepted.language, accepted.text_sha256) == ("en", accepted.text.sha256)

    def test_whoever_reads_their_own_language_is_told_nothing_of_it(self) -> None:
        for accepted in ("en-GB", "en;q=0.5, de;q=0.3", "", "*"):
            page = self.client.get(self.address, headers={"Accept-Language": accepted})
            self.assertNotContains(page, "not there in your language")


class Looking(Pages):
    def test_what_i_decided_with_the_words_of_then(self) -> None:
        self.assertContains(
            self.client.get("/portal/contoso/decisions/"), "not accepted or declined anything yet"
        )
        self.press(self.read())
        publish(self.policy, self.officer, title="Otherwise", body="Everything is different.")
        page = self.client.get("/portal/contoso/decisions/")
        self.assertContains(page, "Use of company phones")
        self.assertContains(page, "UTC")
        one = self.client.get(f"/portal/contoso/decisions/{self.decisions()[0].receipt_id}/")
        self.assertContains(one, "<strong>locked</strong>")
        self.assertNotContains(one, "different")

    def test_an_imported_decision_has_no_words_and_no_receipt(self) -> None:
        report = f"UPN,Accepted version,Accepted time\n{self.reader.user_principal_name},1,2023-07-04 07:57\n"
        reading = Reading([document_of("report.csv", report.encode())], How())
        import_acceptances(policy=self.policy, by=self.admin, reading=reading)
        imported = Acceptance.objects.for_tenant(self.contoso).get()
        address = f"/portal/contoso/decisions/{imported.receipt_id}/"
        self.assertContains(self.client.get(address), "the words that you saw are not kept here")
        assert self.client.get(address + "receipt.json").status_code == 404
        self.assertContains(self.client.get("/portal/contoso/decisions/"), "Terms, version 1")

    def test_nobody_elses_decisions_are_there(self) -> None:
        self.press(self.read())
        receipt = self.decisions()[0].receipt_id
        others = (
            (self.signed_in(colleague(self.contoso)), "contoso"),
            (self.signed_in(self.foreigner), "fabrikam"),
        )
        for other, slug in others:
            for path in (f"{receipt}/", f"{receipt}/receipt.json", f"{uuid4()}/"):
                assert other.get(f"/portal/{slug}/decisions/{path}").status_code == 404
            self.assertNotContains(other.get(f"/portal/{slug}/decisions/"), str(receipt))

    def test_what_is_collected_depends_on_the_situation(self) -> None:
        everything = self._names("")
        apps_only = self._names("?management=apps")
        own_device = self._names("?device=personal")
        assert {e.name for e in Element.objects.current()} == everything
        corporate = Element.objects.get(code="device.location")
        assert corporate.name not in own_device
        assert everything - own_device <= {
            e.name for e in Element.objects.filter(collection_condition__icontains="corporate")
        }
        assert everything - apps_only <= {e.name for e in Element.objects.filter(mam="no")}
        assert len(apps_only) < len(everything)
        assert {e.name for e in Element.objects.never_collected()} <= apps_only & own_device

    def _names(self, query: str) -> set[str]:
        page = self.client.get(f"/portal/contoso/collected/{query}")
        return {datum.name for part in page.context["parts"] for group in part.groups for datum in group.data}

    def test_what_is_optional_is_collected_once_it_is_switched_on(self) -> None:
        query = Feature.objects.get(code="device_query")
        brought = {element.name for element in query.elements.all()}
        assert brought <= self._standing()["not_elected"]
        assert not self._standing()["elected"]
        begins = timezone.now() + timedelta(minutes=5)
        switched(self.contoso, self.officer, begins, device_query=True)
        assert not self._standing(begins - timedelta(seconds=1))["elected"]
        assert self._standing(begins)["elected"] == brought
        assert not brought & self._standing(begins)["not_elected"]
        with at(begins):
            page = self.client.get("/portal/contoso/collected/")
            german = self.client.get("/portal/contoso/collected/?language=de")
            of_fabrikam = self.signed_in(self.foreigner).get("/portal/fabrikam/collected/")
        self.assertContains(page, '<span lang="en">Device query</span>, switched on since')
        self.assertContains(german, '<span lang="en">Device query</span>, eingeschaltet seit')
        self.assertNotContains(of_fabrikam, "Device query</span>, switched on")

    def test_what_is_decided_and_has_not_begun_is_announced(self) -> None:
        address = "/portal/contoso/collected/"
        self.assertNotContains(self.client.get(address), "What will change")
        begins = timezone.now() + timedelta(minutes=5)
        switched(self.contoso, self.officer, begins, device_query=True)
        page, german = self.client.get(address), self.client.get(f"{address}?language=de")
        (change,) = page.context["changes"]
        brought = set(Feature.objects.get(code="device_query").elements.all())
        assert (change.at, set(change.starts), change.stops) == (begins, brought, ())
        self.assertContains(page, '<span lang="en">Device query</span>: will be switched on')
        self.assertContains(german, '<span lang="en">Device query</span>: wird eingeschaltet')
        (on_my_own,) = self.client.get(f"{address}?device=personal").context["changes"]
        assert set(on_my_own.starts) < brought
        of_fabrikam = self.signed_in(self.foreigner).get("/portal/fabrikam/collected/")
        self.assertNotContains(of_fabrikam, "What will change")
        with at(begins):
            self.assertNotContains(self.client.get(address), "What will change")

    def _standing(self, moment: datetime | None = None) -> dict[str, set[str]]:
        """By standing, the names of the data."""
        with at(moment or timezone.now()):
            page = self.client.get("/portal/contoso/collected/")
        parts = page.context["parts"]
        return {part.standing: {d.name for group in part.groups for d in group.data} for part in parts}

    def test_who_it_is_shared_with_follows_the_consents_in_force(self) -> None:
        address = "/portal/contoso/collected/"
        self.assertContains(self.client.get(address), "no consent in force")
        service = Service.objects.get(code="apns")
        asked = request_consent(tenant=self.contoso, service=service, by=self.admin)
        self.assertContains(self.client.get(address), "no consent in force")
        consent = grant_consent(consent=asked, by=self.admin, reason="needed")
        page = self.client.get(address)
        self.assertContains(page, str(consent.record_id))
        self.assertContains(page, "Goes there")
        set_election_policy(tenant=self.contoso, recipients="boundary", by=self.officer)
        page = self.client.get(address)
        self.assertContains(page, "Comes from there")
        self.assertNotContains(page, "Goes there")
        of_fabrikam = self.signed_in(self.foreigner).get("/portal/fabrikam/collected/")
        self.assertContains(of_fabrikam, "no consent in force")
        withdraw_consent(consent=consent, by=self.admin, reason="over")
        self.assertContains(self.client.get(address), "no consent in force")

    def test_whom_to_ask_for_my_data(self) -> None:
        self.assertContains(
            self.client.get("/portal/contoso/my-data/"), 'href="mailto:officer@contoso.example"'
        )
        User.objects.filter(pk=self.officer.pk).update(is_active=False)
        self.assertContains(self.client.get("/portal/contoso/my-data/"), "No address is given here.")


PAGES = ("", "decisions/", "collected/", "my-data/", "receipts/")


class EveryPage(Pages):
    def all_pages(self) -> list[Any]:
        self.press(self.read())
        publish(self.policy, self.officer)
        receipt = self.decisions()[0].receipt_id
        inside = [*PAGES, f"terms/{self.policy.pk}/", f"decisions/{receipt}/", "terms/1234567/"]
        found = [self.client.get(f"/portal/contoso/{path}") for path in inside]
        found.append(self.press(self.read(), "decline/"))
        outside = ("sign-in/", "sign-in/sent/", "enter/unknown-unknown-unknown/", "nowhere/at/all/")
        found += [Client().get(f"/portal/contoso/{path}") for path in outside]
        return [
            *found,
            Client().get("/portal/"),
            Client(enforce_csrf_checks=True).post("/portal/contoso/sign-in/"),
        ]

    def test_no_script_no_style_in_the_page_and_the_strictest_policy(self) -> None:
        for page in self.all_pages():
            content = page.content.decode()
            assert set(page["Content-Security-Policy"].split("; ")) == POLICY
            assert "<script" not in content
            assert not re.search(r"<[^>]+\s(style|on\w+)=", content)
            assert "no-store" in page["Cache-Control"]
            assert content.count("<h1") == 1
            assert '<html lang="en">' in content

    def test_everything_is_said_in_german_too(self) -> None:
        self.client.get("/portal/contoso/?language=de")
        for path in (*PAGES, f"terms/{self.policy.pk}/"):
            self.assertContains(self.client.get(f"/portal/contoso/{path}"), '<html lang="de">')

    def test_without_a_session_every_page_leads_to_the_sign_in(self) -> None:
        strangers = (Client(), self.signed_in(self.foreigner))
        for path in (
            *PAGES,
            f"terms/{self.policy.pk}/",
            f"decisions/{uuid4()}/",
            f"decisions/{uuid4()}/receipt.json",
        ):
            for client in strangers:
                for answer in (client.get(f"/portal/contoso/{path}"), client.post(f"/portal/contoso/{path}")):
                    assert answer.status_code == 302
                    assert answer["Location"].startswith("/portal/contoso/sign-in/")

    def test_a_tenant_that_is_closed_or_unknown_has_no_portal(self) -> None:
        self.contoso.status = "closed"
        self.contoso.save()
        for slug in ("contoso", "unknown", "CONTOSO"):
            self.assertContains(self.client.get(f"/portal/{slug}/"), "There is nothing here", status_code=404)
            assert Client().post(f"/portal/{slug}/sign-in/", {"address": "a@b.example"}).status_code == 404

    def test_a_missing_slash_is_put_there(self) -> None:
        self.assertRedirects(self.client.get("/portal/contoso"), "/portal/contoso/", status_code=301)

    def test_queries_do_not_grow(self) -> None:
        def count(path: str) -> int:
            with CaptureQueriesContext(connection) as asked:
                self.client.get(f"/portal/contoso/{path}")
            return len(asked)

        self.press(self.read())
        paths = ("", "decisions/", "collected/")
        in_force(self.contoso, self.officer)
        before = [count(path) for path in paths]
        for _ in range(4):
            self.address = f"/portal/contoso/terms/{in_force(self.contoso, self.officer).pk}/"
            self.press(self.read())
            in_force(self.contoso, self.officer)
        assert [count(path) for path in paths] == before
