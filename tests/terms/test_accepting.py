"""Showing words and deciding about them: tickets, circumstances, the same click twice, time that passes or jumps."""

from __future__ import annotations

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.core import signing
from django.utils import timezone

from audit.models import AuditEvent
from tenants.models import Employee
from terms import services
from terms.models import Acceptance
from terms.services.acceptances import SALT, network_of
from terms.standing import Standing, places_of
from tests.terms.stories import (
    DAY,
    TermsTestCase,
    clock,
    colleague,
    corrected,
    decided,
    published,
    refusal,
    shown,
)


class Deciding(TermsTestCase):
    def test_everything_that_was_known_is_kept(self) -> None:
        policy = self.in_force(reaccept_months=6)
        who = colleague(self.contoso, display_name="Ada")
        seen = shown(who, policy)
        done = decided(
            who, policy, ticket=seen.ticket, session="secret", address="203.0.113.77", device="Pixel"
        )
        done.refresh_from_db()
        assert (done.directory_id, done.user_principal_name, done.display_name) == (
            who.directory_id,
            who.user_principal_name,
            "Ada",
        )
        assert (done.text, done.text_sha256, done.language) == (seen.text, seen.text.sha256, "en")
        assert (done.button, done.surface, done.trigger, done.device) == (
            "I accept",
            "portal",
            "new",
            "Pixel",
        )
        assert (done.network, len(done.session), done.supersedes) == ("203.0.113.0/24", 64, None)
        assert done.session != "secret"
        assert done.shown_at is not None
        assert done.shown_at <= done.decided_at
        assert done.valid_until == done.decided_at + relativedelta(months=6)

    def test_it_is_a_deed_in_the_trail(self) -> None:
        policy, who = self.in_force(), colleague(self.contoso)
        decided(who, policy, "declined")
        decided(who, policy)
        events = AuditEvent.objects.for_tenant(self.contoso).filter(resource_type="terms.acceptance")
        assert list(events.order_by("id").values_list("activity", "resource_name")) == [
            ("terms.declined", who.directory_id),
            ("terms.accepted", who.directory_id),
        ]

    def test_declined_then_accepted(self) -> None:
        policy, who = self.in_force(), colleague(self.contoso)
        declined = decided(who, policy, "declined")
        assert shown(who, policy).place.standing == Standing.DECLINED
        accepted = decided(who, policy)
        assert accepted.supersedes == declined
        assert shown(who, policy).place.standing == Standing.ACCEPTED_LATEST
        assert declined.valid_until is None

    def test_the_same_click_twice_is_one_decision(self) -> None:
        policy, who = self.in_force(), colleague(self.contoso)
        for decision in ("declined", "accepted"):
            ticket = shown(who, policy).ticket
            first = decided(who, policy, decision, ticket=ticket)
            assert decided(who, policy, decision, ticket=ticket) == first
        assert Acceptance.objects.for_tenant(self.contoso).count() == 2

    def test_a_page_that_was_used_does_not_decide_otherwise(self) -> None:
        policy, who = self.in_force(), colleague(self.contoso)
        ticket = shown(who, policy).ticket
        decided(who, policy, "declined", ticket=ticket)
        assert refusal(decided, who, policy, "accepted", ticket=ticket) == "stale"

    def test_two_devices_one_after_the_other_are_one_acceptance(self) -> None:
        policy, who = self.in_force(), colleague(self.contoso)
        phone, tablet = shown(who, policy).ticket, shown(who, policy).ticket
        first = decided(who, policy, ticket=phone)
        assert decided(who, policy, ticket=tablet) == first
        assert decided(who, policy, "declined", ticket=shown(who, policy).ticket) == first

    def test_words_that_changed_in_between_are_shown_again(self) -> None:
        policy, who = self.in_force(), colleague(self.contoso)
        seen = shown(who, policy)
        corrected(seen.text.revision.version, self.officer, body="Otherwise")
        assert refusal(decided, who, policy, ticket=seen.ticket) == "stale"
        again = shown(who, policy)
        published(policy, self.officer)
        assert refusal(decided, who, policy, ticket=again.ticket) == "stale"
        assert not Acceptance.objects.for_tenant(self.contoso).exists()
        assert decided(who, policy).version.number == 2

    def test_an_old_ticket_is_stale(self) -> None:
        policy, who = self.in_force(), colleague(self.contoso)
        ticket = shown(who, policy).ticket
        with clock(timezone.now() + DAY + timedelta(minutes=1)):
            assert refusal(decided, who, policy, ticket=ticket) == "stale"

    def test_forged_tickets(self) -> None:
        policy, other, who = self.in_force(), self.in_force(), colleague(self.contoso)
        seen = shown(who, policy)
        theirs = shown(colleague(self.contoso), policy).ticket
        made = signing.dumps({"employee": who.pk, "text": seen.text.pk}, salt="another")
        for ticket in ("", "x", "a:b:c", "\0", "ü", theirs, made, seen.ticket[:-1], seen.ticket + "x"):
            assert refusal(decided, who, policy, ticket=ticket or " ") == "forged"
        assert refusal(decided, who, other, ticket=seen.ticket) == "stale"
        for decision in ("", "maybe", "ACCEPTED"):
            assert refusal(decided, who, policy, decision, ticket=seen.ticket) == "forged"
        assert signing.loads(seen.ticket, salt=SALT)["sha256"] == seen.text.sha256

    def test_a_used_ticket_is_no_decision_about_another_policy(self) -> None:
        policy, other, who = self.in_force(), self.in_force(), colleague(self.contoso)
        ticket = shown(who, policy).ticket
        decided(who, policy, ticket=ticket)
        assert refusal(decided, who, other, ticket=ticket) == "stale"

    def test_only_by_those_whom_it_is_for(self) -> None:
        policy, who, stranger = self.in_force(), colleague(self.contoso), colleague(self.fabrikam)
        ticket = shown(who, policy).ticket
        assert refusal(shown, stranger, policy) == "not_asked"
        assert refusal(decided, stranger, policy, ticket=ticket) == "not_asked"
        Employee.objects.for_tenant(self.contoso).filter(pk=who.pk).update(
            status="left", left_at=timezone.now()
        )
        # Also where the page holds the person as they were.
        assert refusal(decided, who, policy, ticket=ticket) == "not_asked"

    def test_they_are_recorded_as_they_are_now_and_stay_so(self) -> None:
        policy, who = self.in_force(), colleague(self.contoso, display_name="Ada")
        rows = Employee.objects.for_tenant(self.contoso).filter(pk=who.pk)
        rows.update(display_name="Ada L.")
        done = decided(who, policy)
        rows.update(display_name="Ada M.")
        done.refresh_from_db()
        assert done.display_name == "Ada L."

    def test_long_labels_and_devices_are_cut(self) -> None:
        done = decided(colleague(self.contoso), self.in_force(), button="x" * 500, device="y" * 500)
        done.refresh_from_db()
        assert (len(done.button), len(done.device)) == (100, 200)


class Languages(TermsTestCase):
    def test_the_best_wish_that_is_there_and_which_one_was_shown(self) -> None:
        policy, who = self.a_policy(default_language="de"), colleague(self.contoso)
        published(policy, self.officer, "en", "de", "pt-BR")
        for wished, expected in (
            (["en-GB"], "en"),
            (["pt"], "pt-BR"),
            (["fr", "en"], "en"),
            (["EN"], "en"),
            (["fr"], "de"),
            ([], "de"),
            (["", "*", "x" * 1000, "-", "\0"], "de"),
        ):
            assert shown(who, policy, *wished).text.language == expected, wished
        ticket = shown(who, policy, "fr").ticket
        assert decided(who, policy, ticket=ticket).language == "de"

    def test_networks(self) -> None:
        for address, network in (
            ("203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:1:2::3", "2001:db8:1::/48"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("", ""),
            ("nowhere", ""),
            ("203.0.113.77:80", ""),
        ):
            assert network_of(address) == network


class Time(TermsTestCase):
    def test_an_acceptance_expires_and_is_asked_for_again(self) -> None:
        policy, who = self.in_force(reaccept_months=1), colleague(self.contoso)
        first = decided(who, policy)
        assert first.valid_until is not None
        with clock(first.valid_until - timedelta(seconds=1)):
            assert decided(who, policy) == first
        with clock(first.valid_until + timedelta(seconds=1)):
            place = shown(who, policy).place
            assert (place.standing, place.since, place.round) == (
                Standing.ACCEPTED_OLDER,
                first.valid_until,
                2,
            )
            second = decided(who, policy)
        assert (second.round, second.trigger, second.supersedes) == (2, "expiry", first)

    def test_it_lasts_as_long_as_was_said_when_it_was_given(self) -> None:
        policy, who = self.in_force(reaccept_months=1), colleague(self.contoso)
        first = decided(who, policy)
        services.change_policy(policy=policy, by=self.officer, reaccept_months=None)
        assert first.valid_until is not None
        with clock(first.valid_until):
            assert shown(who, policy).place.is_outstanding
            assert decided(who, policy).valid_until is None
        services.change_policy(policy=policy, by=self.officer, reaccept_months=1)
        with clock(first.valid_until + 400 * DAY):
            assert not shown(who, policy).place.is_outstanding

    def test_a_page_from_before_it_expired_does_not_decide_the_next_round(self) -> None:
        policy, who = self.in_force(reaccept_months=1), colleague(self.contoso)
        first = decided(who, policy)
        assert first.valid_until is not None
        with clock(first.valid_until - timedelta(hours=1)):
            ticket = shown(who, policy).ticket
        with clock(first.valid_until + timedelta(hours=1)):
            assert refusal(decided, who, policy, ticket=ticket) == "stale"

    def test_a_clock_that_jumps_back_loses_no_decision(self) -> None:
        policy, who = self.in_force(), colleague(self.contoso)
        now = timezone.now()
        with clock(now + DAY):
            declined = decided(who, policy, "declined")
            ticket = shown(who, policy).ticket
        with clock(now + timedelta(minutes=1)):
            assert shown(who, policy).place.last == declined
            assert places_of(who)[0].standing == Standing.DECLINED
            accepted = decided(who, policy, ticket=ticket)
            assert decided(who, policy, ticket=ticket) == accepted
            assert places_of(who)[0].standing == Standing.ACCEPTED_LATEST
        assert accepted.shown_at is not None
        assert accepted.decided_at >= max(declined.decided_at, accepted.shown_at)

    def test_a_clock_from_before_the_version_asks_nothing(self) -> None:
        policy, who = self.in_force(), colleague(self.contoso)
        ticket = shown(who, policy).ticket
        with clock(timezone.now() - DAY):
            assert refusal(shown, who, policy) == "nothing_asked"
            assert refusal(decided, who, policy, ticket=ticket) == "stale"
