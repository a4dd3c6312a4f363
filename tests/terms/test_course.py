"""Acceptance over time: each point is what the progress says of its instant, whatever everybody lived through."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy_console.errors import Refused
from terms import services
from terms.course import Course, Step, course_of
from terms.models import TermsPolicy
from terms.progress import progress
from tests.terms.stories import DAY, TermsTestCase, a_group, clock, colleague, decided, on_paper, published

LIVES = 4


class Courses(TermsTestCase):
    def test_each_point_is_what_the_progress_says(self) -> None:
        sales = a_group(self.contoso)
        people = [colleague(self.contoso, *groups) for groups in ((), (), (sales,), (sales,))]
        for seed in range(LIVES):
            chance = random.Random(seed)
            policy = self.a_policy(reaccept_months=chance.choice([None, 1, 2]))
            end = self.live(policy, people, chance)
            with self.subTest(seed=seed):
                self.compare(policy, end - 9 * DAY, None)
                with clock(end):
                    self.compare(policy, None, None)
                    self.compare(policy, None, sales)

    def live(self, policy: TermsPolicy, people: list[Any], chance: random.Random) -> datetime:
        now = timezone.now()
        for number in range(18):
            now += timedelta(hours=chance.randint(1, 200))
            with clock(now):
                if number % 6 == 0:
                    expires = chance.choice([None, now + 20 * DAY])
                    published(policy, self.officer, expires_at=expires)
                elif progress(policy).outstanding or chance.random() < 0.5:
                    self.imported(policy, chance.choice(people), chance)
        return now + 3 * DAY

    def imported(self, policy: TermsPolicy, who: Any, chance: random.Random) -> None:
        """A decision on paper, about any version, at any time."""
        versions = list(policy.versions.for_tenant(self.contoso).order_by("number"))
        at = timezone.now() - chance.choice([0, 0, 10]) * DAY
        decision = chance.choice(["accepted", "accepted", "declined"])
        until = chance.choice([None, at + 15 * DAY])
        on_paper(who, chance.choice(versions), decision, decided_at=at, valid_until=until)

    def compare(self, policy: TermsPolicy, at: datetime | None, group: Any) -> None:
        course = course_of(policy, at, group)
        assert course.points
        *earlier, last = course.points
        for point in (*earlier[::3], *earlier[-2:]):
            assert point.numbers == progress(policy, point.at, group), point.day
        assert last.numbers == progress(policy, at, group)

    def test_days_then_weeks_then_months(self) -> None:
        policy = self.in_force()
        start = timezone.now()
        for days, step in (
            (0, Step.DAY),
            (61, Step.DAY),
            (63, Step.WEEK),
            (430, Step.WEEK),
            (500, Step.MONTH),
        ):
            with clock(start + days * DAY):
                course = course_of(policy)
                assert course.step == step, days
                assert len(course.points) <= 63
                assert [point.day for point in course.points] == sorted(
                    {point.day for point in course.points}
                )
        with clock(start + 500 * DAY), pytest.raises(Refused, match="take a longer step"):
            course_of(policy, step=Step.DAY)
        with clock(start + 100 * DAY):
            assert len(course_of(policy, step=Step.DAY).points) == 101

    def test_nothing_before_anything_is_asked(self) -> None:
        policy = self.a_policy()
        assert course_of(policy) == Course(Step.DAY, ())
        published(policy, self.officer, effective_from=self.later)
        assert course_of(policy).points == ()

    def test_it_takes_the_same_queries_for_one_and_for_many(self) -> None:
        policy = self.in_force()
        decided(colleague(self.contoso), policy)

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                course_of(policy)
            return len(captured)

        few = queries()
        for _ in range(5):
            decided(colleague(self.contoso), policy)
        assert queries() == few == 3

    def test_a_retired_policy_asks_nobody(self) -> None:
        policy = self.in_force()
        colleague(self.contoso)
        services.retire_policy(policy=policy, by=self.officer, reason="Old")
        policy.refresh_from_db()
        assert {point.numbers.asked for point in course_of(policy).points} == {0}
