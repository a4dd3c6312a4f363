"""Reminders: whoever owes a decision gets one e-mail at each interval, until they decide or it is stopped."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from tenants.models import Employee, Tenant
from terms import reminder_words, services
from terms.chasing import debts_of
from terms.models import Reminder, TermsPolicy
from terms.services.reminders import REMIND_JOB, Reminded, remind, remind_asked_for, remind_due
from tests.terms.stories import (
    DAY,
    TermsTestCase,
    clock,
    colleague,
    decided,
    published,
    refusal,
)
from work.mail import post_all
from work.models import Message, Run
from work.queue import claim, work_off
from work.registry import Running, declaration_of


class RemindersTestCase(TermsTestCase):
    policy: TermsPolicy

    def setUp(self) -> None:
        self.start = timezone.now()
        self.policy = self.in_force(remind_days=7, remind_at_most=3)

    def on(self, *days: int) -> list[int]:
        """How many reminders the job sends on each of these days after the start."""
        return [self.at(self.start + day * DAY) for day in days]

    def at(self, instant: datetime) -> int:
        with clock(instant):
            return remind_due()

    def change(self, **settings: Any) -> None:
        services.change_policy(policy=self.policy, by=self.officer, **settings)


class ByItself(RemindersTestCase):
    def test_at_each_interval_until_the_most_is_reached(self) -> None:
        someone = colleague(self.contoso)
        assert self.on(*range(40)) == [int(day in (8, 15, 22)) for day in range(40)]
        assert [(r.number, r.by_hand) for r in self.reminders(someone)] == [
            (1, False),
            (2, False),
            (3, False),
        ]

    def reminders(self, employee: Employee) -> list[Reminder]:
        return list(Reminder.objects.for_tenant(self.contoso).filter(employee=employee).order_by("number"))

    def test_twice_on_a_day_and_after_missed_days_there_is_one(self) -> None:
        colleague(self.contoso)
        assert self.on(8, 8, 60, 60) == [1, 0, 1, 0]

    def test_whoever_decides_or_leaves_or_declines_is_left_alone(self) -> None:
        accepts, declines, leaves, stays = (colleague(self.contoso) for _ in range(4))
        assert self.on(8) == [4]
        decided(accepts, self.policy)
        decided(declines, self.policy, "declined")
        Employee.objects.for_tenant(self.contoso).filter(pk=leaves.pk).update(
            status="left", left_at=timezone.now()
        )
        assert self.on(15) == [1]
        assert Reminder.objects.for_tenant(self.contoso).get(number=2).employee == stays

    def test_a_new_version_begins_anew(self) -> None:
        colleague(self.contoso)
        assert self.on(8, 15, 22, 29) == [1, 1, 1, 0]
        with clock(self.start + 30 * DAY):
            published(self.policy, self.officer)
        assert self.on(31, 38) == [0, 1]

    def test_an_acceptance_that_expires_is_asked_for_anew(self) -> None:
        self.change(reaccept_months=1)
        decided(colleague(self.contoso), self.policy)
        assert self.on(8, 32, 40) == [0, 0, 1]
        assert Reminder.objects.for_tenant(self.contoso).get().round == 2

    def test_whoever_joins_later_is_reminded_later(self) -> None:
        colleague(self.contoso, first_seen_at=self.start + 5 * DAY)
        assert self.on(8, 13) == [0, 1]

    def test_a_pause_and_no_interval_and_retiring_stop_it(self) -> None:
        colleague(self.contoso)
        self.change(remind_paused=True)
        assert self.on(8) == [0]
        self.change(remind_paused=False, remind_days=None)
        assert self.on(8) == [0]
        self.change(remind_days=7)
        services.retire_policy(policy=self.policy, by=self.officer, reason="Old")
        assert self.on(8) == [0]

    def test_nobody_is_reminded_who_cannot_be_written_to(self) -> None:
        unreachable = colleague(self.contoso, user_principal_name="kiosk 4")
        colleague(self.contoso)
        assert self.on(8) == [1]
        (debt,) = debts_of(self.policy, [unreachable])
        assert (debt.is_reachable, debt.reminded_next_at) == (False, None)

    def test_neither_in_a_closed_tenant_nor_of_others(self) -> None:
        colleague(self.fabrikam)
        colleague(self.contoso)
        Tenant.objects.filter(pk=self.contoso.pk).update(status="closed")
        assert self.on(8) == [0]

    def test_the_job_says_what_it_did(self) -> None:
        declared = declaration_of("terms.remind")
        assert declared is not None
        assert declared.work(Running(code="terms.remind")) == "Nobody has to be reminded."
        colleague(self.contoso)
        with clock(self.start + 8 * DAY):
            assert declared.work(Running(code="terms.remind")) == "Reminded 1 employees."

    def test_what_was_sent_before_a_kill_is_not_sent_again(self) -> None:
        for _ in range(5):
            colleague(self.contoso)
        with clock(self.start + 8 * DAY):
            with self.portions(of=2), pytest.raises(KeyboardInterrupt), self.killed_after(portions=1):
                remind_due()
            assert Reminder.objects.for_tenant(self.contoso).count() == 2
            assert remind_due() == 3
        assert Message.objects.for_tenant(self.contoso).count() == 5

    def portions(self, of: int) -> Any:
        return patch("terms.chasing.PORTION", of)

    def killed_after(self, portions: int) -> Any:
        """The worker ends in the middle of the portion after so many."""
        kept, calls = post_all, iter(range(portions))

        def post(messages: Any) -> None:
            kept(messages)
            if next(calls, None) is None:
                raise KeyboardInterrupt

        return patch("terms.services.reminders.post_all", post)

    def test_it_takes_the_same_queries_for_one_and_for_many(self) -> None:
        colleague(self.contoso)

        def queries(day: int) -> int:
            with CaptureQueriesContext(connection) as captured:
                self.on(day)
            return len(captured)

        few = queries(8)
        for _ in range(10):
            colleague(self.contoso)
        assert queries(15) == few


class TheMessage(RemindersTestCase):
    def message(self) -> Message:
        message: Message = Message.objects.for_tenant(self.contoso).get()
        return message

    def test_in_the_employees_language_with_a_link_into_the_portal(self) -> None:
        policy = self.a_policy(remind_days=7)
        published(policy, self.officer, "en", "de", words={"title": "Telefone"})
        colleague(self.contoso, language="de-CH", display_name="Jo Weber", mail="jo@contoso.example")
        self.change(remind_paused=True)
        with override_settings(CONSOLE_URL="https://privacy.contoso.example"):
            self.on(8)
        message = self.message()
        assert (message.to, message.subject) == (
            "jo@contoso.example",
            "Contoso: bitte lesen und entscheiden: Telefone",
        )
        assert f"https://privacy.contoso.example/portal/contoso/terms/{policy.pk}/" in message.body
        assert "Guten Tag Jo Weber" in message.body
        assert self.client.get(f"/portal/contoso/terms/{policy.pk}/").status_code == 302

    def test_it_says_until_when_what_was_accepted_counts(self) -> None:
        decided(colleague(self.contoso), self.policy)
        published(self.policy, self.officer, grace_days=30)
        self.on(8)
        assert "What you accepted before counts until" in self.message().body

    def test_lines_in_a_name_do_not_become_headers(self) -> None:
        Tenant.objects.filter(pk=self.contoso.pk).update(name="Contoso\nBcc: all@contoso.example")
        colleague(self.contoso)
        self.on(8)
        assert "\n" not in self.message().subject

    def test_every_sentence_is_there_in_both_languages(self) -> None:
        for key, sentences in reminder_words.WORDS.items():
            assert len(sentences) == len(reminder_words.LANGUAGES) == len({*sentences}), key


class ByHand(RemindersTestCase):
    def remind(self, *people: Employee, **given: Any) -> Reminded:
        chosen = {"employees": [one.pk for one in people]} if people else {}
        return remind(policy=self.policy, by=self.admin, **(chosen | given))

    def test_all_who_owe_a_decision(self) -> None:
        accepts, _, _ = (colleague(self.contoso) for _ in range(3))
        colleague(self.contoso, user_principal_name="kiosk")
        decided(accepts, self.policy)
        told = self.remind(reason="The audit is near")
        assert told == Reminded(reminded=2, unreachable=1)
        assert str(told) == "2 employees reminded; 1 employee without an e-mail address."
        events = AuditEvent.objects.for_tenant(self.contoso).filter(activity="terms.reminded")
        assert [event.attribution.reason for event in events] == ["The audit is near"] * 2
        assert Message.objects.for_tenant(self.contoso).count() == 2

    def test_only_the_chosen_and_of_these_only_who_owes(self) -> None:
        chosen, accepted, _ = (colleague(self.contoso) for _ in range(3))
        decided(accepted, self.policy)
        assert self.remind(chosen, accepted, colleague(self.fabrikam)) == Reminded(reminded=1)
        assert Reminder.objects.for_tenant(self.contoso).get().employee == chosen

    def test_again_within_a_day_nobody_is_told_twice(self) -> None:
        colleague(self.contoso)
        assert (self.remind(), self.remind()) == (Reminded(reminded=1), Reminded(lately=1))
        with clock(self.start + 1.1 * DAY):
            assert self.remind() == Reminded(reminded=1)

    def test_more_than_a_portion_is_left_to_the_worker(self) -> None:
        for _ in range(3):
            colleague(self.contoso)
        with patch("terms.services.reminders.PORTION", 2), patch("terms.chasing.PORTION", 2):
            told = self.remind(reason="The audit is near")
            assert told == Reminded(later=3)
            assert str(told) == "3 employees owe a decision. The worker reminds them now, 2 at a time."
            assert not Message.objects.for_tenant(self.contoso).exists()
            (run,) = (each for each in Run.objects.all() if each.code == REMIND_JOB)
            taken = claim("the test", run.pk)
            assert taken is not None
            assert work_off(taken).line == "3 employees reminded."
            again = remind_asked_for(tenant=self.contoso, arguments=run.details["arguments"])
            assert again == Reminded(lately=3)
        rows = Reminder.objects.for_tenant(self.contoso)
        assert rows.filter(by_hand=True).count() == 3
        event = AuditEvent.objects.for_tenant(self.contoso).filter(activity="terms.reminded")[0]
        assert event.attribution.reason == "The audit is near"
        assert event.attribution.on_behalf_of == str(self.admin)

    def test_who_may_not_any_more_reminds_nobody(self) -> None:
        arguments = {"policy": self.policy.pk, "person": self.auditor.username, "reason": ""}
        with pytest.raises(PermissionDenied):
            remind_asked_for(tenant=self.contoso, arguments=arguments)

    def test_by_hand_also_beyond_the_most_and_the_interval_counts_from_it(self) -> None:
        colleague(self.contoso)
        with clock(self.start + 6 * DAY):
            self.remind()
        assert self.on(8, 14, 21, 40) == [0, 1, 1, 0]
        with clock(self.start + 50 * DAY):
            assert self.remind().reminded == 1

    def test_what_cannot_be_is_refused(self) -> None:
        colleague(self.contoso)
        for nobody in (self.auditor, self.fabrikam_officer):
            with pytest.raises(PermissionDenied):
                remind(policy=self.policy, by=nobody)
        assert refusal(remind, policy=self.a_policy(), by=self.officer) == "nothing_asked"
        with override_settings(CONSOLE_URL=""):
            assert refusal(self.remind) == "no_console_url"
        services.retire_policy(policy=self.policy, by=self.officer, reason="Old")
        assert refusal(self.remind) == "retired"
        assert not Message.objects.for_tenant(self.contoso).exists()


class TheRecord(RemindersTestCase):
    def test_it_never_changes(self) -> None:
        colleague(self.contoso)
        self.on(8)
        rows = Reminder.objects.for_tenant(self.contoso)
        for write in (rows.delete, lambda: rows.update(reminded_at=self.start + timedelta(days=1))):
            with pytest.raises(IntegrityError), transaction.atomic():
                write()
