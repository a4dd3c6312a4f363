"""Two devices, and impatient fingers, each on a connection of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit.models import AuditEvent
from terms import services
from terms.models import Acceptance, Reminder, Tally, TermsPolicy, TermsVersion
from terms.progress import progress
from terms.services.policies import create_policy
from terms.tallying import count_again
from tests.cast import Cast
from tests.consents.test_at_once import at_once
from tests.terms.stories import DAY, WORDS, clock, colleague, decided, drafted, published, shown
from work.models import Message

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 8


def in_force(cast: Cast) -> TermsPolicy:
    policy = create_policy(tenant=cast.contoso, name="Phones", by=cast.officer)
    published(policy, cast.officer)
    return policy


def log(cast: Cast) -> list[str]:
    events = AuditEvent.objects.for_tenant(cast.contoso).filter(resource_type="terms.acceptance")
    return list(events.order_by("id").values_list("activity", flat=True))


def test_a_click_many_times_is_one_acceptance(cast: Cast) -> None:
    policy, who = in_force(cast), colleague(cast.contoso)
    ticket = shown(who, policy).ticket
    results = at_once([lambda: decided(who, policy, ticket=ticket)] * CROWD)
    assert results == [Acceptance.objects.for_tenant(cast.contoso).get()] * CROWD
    assert log(cast) == ["terms.accepted"]


def test_many_devices_are_one_acceptance(cast: Cast) -> None:
    policy, who = in_force(cast), colleague(cast.contoso)
    tickets = [shown(who, policy).ticket for _ in range(CROWD)]
    results = at_once([lambda t=ticket: decided(who, policy, ticket=t) for ticket in tickets])  # type: ignore[misc]
    assert results == [Acceptance.objects.for_tenant(cast.contoso).get()] * CROWD
    assert log(cast) == ["terms.accepted"]


def test_accepted_on_one_and_declined_on_the_other_leaves_it_accepted(cast: Cast) -> None:
    policy, who = in_force(cast), colleague(cast.contoso)
    tickets = [shown(who, policy).ticket for _ in range(2)]
    at_once(
        [
            lambda: decided(who, policy, "accepted", ticket=tickets[0]),
            lambda: decided(who, policy, "declined", ticket=tickets[1]),
        ]
    )
    # Whoever declines first can accept; whoever accepted has decided.
    assert log(cast) in (["terms.accepted"], ["terms.declined", "terms.accepted"])
    assert not shown(who, policy).place.is_outstanding


def test_the_words_that_are_published_are_the_last_that_were_written(cast: Cast) -> None:
    policy = create_policy(tenant=cast.contoso, name="Phones", by=cast.officer)
    revision = drafted(policy, cast.admin)
    version = TermsVersion.objects.for_tenant(cast.contoso).get()

    def write() -> object:
        words = {**WORDS, "body": "Written last"}
        return services.write_text(revision=revision, language="en", by=cast.admin, **words)

    written, _ = at_once(
        [write, lambda: services.publish_version(version=version, by=cast.officer, reason="Agreed")]
    )
    text = revision.texts.across_tenants().get()
    assert text.status == "published"
    assert text.sha256 == text.digest()
    assert (text.body == "Written last") == (written != "published")


def test_one_of_many_publishes_and_one_of_many_drafts(cast: Cast) -> None:
    policy = create_policy(tenant=cast.contoso, name="Phones", by=cast.officer)
    drafts = at_once([lambda: services.draft_version(policy=policy, by=cast.admin)] * CROWD)
    assert drafts.count("drafted") == CROWD - 1
    version = TermsVersion.objects.for_tenant(cast.contoso).get()
    services.write_text(
        revision=version.revisions.across_tenants().get(), language="en", by=cast.admin, **WORDS
    )
    given = {"version": version, "by": cast.officer, "reason": "Agreed"}
    results = at_once([lambda: services.publish_version(**given)] * CROWD)
    assert results.count("published") == CROWD - 1


def test_however_many_remind_at_once_everybody_is_reminded_once(cast: Cast) -> None:
    now = timezone.now()
    with clock(now - 3 * DAY):
        policy = create_policy(tenant=cast.contoso, name="Phones", by=cast.officer, remind_days=1)
        published(policy, cast.officer)
        people = [colleague(cast.contoso, first_seen_at=now - 3 * DAY) for _ in range(3)]

    def by_hand() -> object:
        return services.remind(policy=policy, by=cast.admin)

    at_once([services.remind_due, by_hand] * 2)
    reminders = Reminder.objects.for_tenant(cast.contoso)
    assert sorted(reminders.values_list("employee", flat=True)) == sorted(one.pk for one in people)
    assert Message.objects.for_tenant(cast.contoso).count() == len(people)


def accepted(policy: TermsPolicy) -> int:
    return progress(policy).accepted_latest


def test_what_is_decided_while_it_is_counted_is_in_the_numbers(cast: Cast) -> None:
    policy = in_force(cast)
    people = [colleague(cast.contoso) for _ in range(4)]
    count_again(cast.contoso)
    deeds: list[Callable[[], Any]] = [lambda who=who: decided(who, policy) for who in people]  # type: ignore[misc]
    at_once([*deeds, *[lambda: count_again(cast.contoso)] * 4])
    assert accepted(policy) == len(people)
    count_again(cast.contoso)
    assert accepted(policy) == len(people)
    kept = Tally.objects.for_tenant(cast.contoso).values_list("accepted_latest", flat=True)
    assert sum(kept) == len(people)


def test_a_decision_that_commits_after_it_was_counted_is_in_the_numbers(cast: Cast) -> None:
    """On SQLite nobody counts before the other has committed."""
    policy, who = in_force(cast), colleague(cast.contoso)
    if connection.vendor == "postgresql":
        with transaction.atomic():
            decided(who, policy)
            at_once([lambda: count_again(cast.contoso)])
            assert at_once([lambda: accepted(policy)]) == [0]
        assert not Tally.objects.for_tenant(cast.contoso).exclude(accepted_latest=0).exists()
        assert accepted(policy) == 1
        count_again(cast.contoso)
    assert accepted(policy) == Acceptance.objects.for_tenant(cast.contoso).count()
