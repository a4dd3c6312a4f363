"""Where everybody stands: the rule for one employee and the one in SQL agree, whatever they lived through."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import Employee
from terms import progress, services
from terms.counting import asked_of
from terms.models import TermsPolicy, TermsVersion
from terms.standing import Standing, places_of, version_asked
from tests.terms.stories import (
    DAY,
    TermsTestCase,
    a_group,
    clock,
    colleague,
    decided,
    drafted,
    on_paper,
    published,
)

LIVES = 6
STEPS = 20


class Agreeing(TermsTestCase):
    """Random lives: versions published now and ahead, decisions in any order, expiry, imports from the past, groups."""

    def setUp(self) -> None:
        self.groups = [a_group(self.contoso, name) for name in ("Sales", "Berlin")]
        self.people = [colleague(self.contoso, *self.groups[:n]) for n in (0, 0, 1, 2)]
        self.people.append(colleague(self.contoso, status="left", left_at=timezone.now()))

    def test_standing_and_progress_agree(self) -> None:
        seen: set[str] = set()
        for seed in range(LIVES):
            with self.subTest(seed=seed):
                seen |= self.live(random.Random(seed))
        assert seen == set(Standing.values)

    def live(self, chance: random.Random) -> set[str]:
        policy = self.a_policy(reaccept_months=chance.choice([None, 1, 2]))
        now, instants, seen = timezone.now(), [], set()
        for _ in range(STEPS):
            now += timedelta(hours=chance.randint(1, 600))
            with clock(now):
                chance.choice(
                    [self.publish, self.decide, self.decide, self.decide, self.imported, self.assign]
                )(policy, chance)
            instants.append(now)
        if chance.random() < 0.2:
            services.retire_policy(policy=policy, by=self.officer, reason="Old")
        policy.refresh_from_db()
        for at in chance.sample(instants, 6):
            seen |= self.compare(policy, at)
        with clock(now):
            seen |= self.compare(policy, None)
        return seen

    def publish(self, policy: TermsPolicy, chance: random.Random) -> None:
        now = timezone.now()
        latest = TermsVersion.objects.for_tenant(self.contoso).filter(policy=policy).order_by("number").last()
        begins = now + chance.choice([timedelta(0), 20 * DAY])
        if latest is not None and latest.effective_from is not None:
            begins = max(begins, latest.effective_from + DAY)
        expires = chance.choice([None, None, begins + 60 * DAY])
        published(policy, self.officer, effective_from=begins, expires_at=expires)

    def decide(self, policy: TermsPolicy, chance: random.Random) -> None:
        who = chance.choice(self.people)
        asked = TermsPolicy.objects.for_tenant(self.contoso).asked_of(who)
        if who.is_active and asked.filter(pk=policy.pk).exists() and version_asked(policy, timezone.now()):
            decided(who, policy, chance.choice(["accepted", "accepted", "declined"]))

    def imported(self, policy: TermsPolicy, chance: random.Random) -> None:
        """A decision on paper, about any version, at any time."""
        versions = list(TermsVersion.objects.for_tenant(self.contoso).filter(policy=policy))
        if not versions:
            return
        who, version = chance.choice(self.people), chance.choice(versions)
        at = timezone.now() - chance.choice([timedelta(0), 30 * DAY])
        decision, until = chance.choice(["accepted", "declined"]), chance.choice([None, at + 15 * DAY])
        on_paper(who, version, decision, decided_at=at, valid_until=until)

    def assign(self, policy: TermsPolicy, chance: random.Random) -> None:
        everybody = chance.random() < 0.5
        services.assign_policy(
            policy=policy,
            by=self.officer,
            everybody=everybody,
            groups=[] if everybody else self.groups[:1],
            excluded=chance.choice([[], self.groups[1:]]),
        )

    def compare(self, policy: TermsPolicy, at: datetime | None) -> set[str]:
        """Everybody's standing by both; returns those that occurred."""
        found = progress.with_standing(asked_of(policy), policy, at)
        in_sql = dict(found.values_list("pk", "standing"))
        one_by_one = {
            employee.pk: str(place.standing)
            for employee in Employee.objects.for_tenant(self.contoso).filter(status="active")
            for place in places_of(employee, at)
            if place.policy == policy
        }
        assert in_sql == one_by_one
        numbers = progress.progress(policy, at)
        told = list(one_by_one.values())
        assert (numbers.asked, numbers.accepted_latest, numbers.declined) == (
            len(told),
            told.count("accepted_latest"),
            told.count("declined"),
        )
        owing = {"accepted_older", "declined", "outstanding"}
        assert set(progress.outstanding(policy, at).values_list("pk", flat=True)) == {
            pk for pk, standing in one_by_one.items() if standing in owing
        }
        return set(told)


class Progress(TermsTestCase):
    def test_by_group_and_in_percent(self) -> None:
        policy, sales = self.in_force(), a_group(self.contoso)
        people = [colleague(self.contoso, sales), colleague(self.contoso, sales), colleague(self.contoso)]
        decided(people[0], policy)
        of_all, of_sales = progress.progress(policy), progress.progress(policy, group=sales)
        assert (of_all.asked, of_all.accepted_latest, of_all.outstanding, of_all.percent) == (3, 1, 2, 33.3)
        assert (of_sales.asked, of_sales.percent) == (2, 50.0)
        assert progress.progress(self.a_policy()).percent == 0.0

    def test_it_takes_the_same_queries_for_one_and_for_many(self) -> None:
        policy = self.in_force()

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                progress.progress(policy)
                list(progress.outstanding(policy))
            return len(captured)

        few = queries()
        for _ in range(10):
            decided(colleague(self.contoso), policy)
        assert queries() == few

    def test_drafts_ask_nobody(self) -> None:
        policy: Any = self.a_policy()
        colleague(self.contoso)
        drafted(policy, self.officer)
        assert not progress.outstanding(policy).exists()

    def test_another_tenants_people_do_not_count(self) -> None:
        policy, theirs = self.in_force(), self.a_policy(tenant=self.fabrikam, by=self.fabrikam_officer)
        published(theirs, self.fabrikam_officer)
        decided(colleague(self.fabrikam), theirs)
        assert progress.progress(policy).asked == 0
        assert progress.progress(theirs).asked == 1
