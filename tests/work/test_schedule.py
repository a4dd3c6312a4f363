"""When jobs are due: the grid of even intervals, the days with 23 and 25 hours, what was missed, what changed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from tests.work.makers import NIGHT, daily, does_nothing, every, only, the
from work.models import Run
from work.planning import enqueue_due, know_jobs, take_due_time
from work.registry import job
from work.schedule import DailyAt, Every

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


class TestEvenIntervals:
    @given(MOMENTS, st.integers(1, 100_000))
    def test_the_next_time_is_later_and_on_the_grid(self, moment: datetime, seconds: int) -> None:
        schedule = Every(timedelta(seconds=seconds))
        due = schedule.next_after(moment)
        assert moment < due <= moment + schedule.interval
        assert schedule.next_after(due) == due + schedule.interval

    def test_a_late_look_does_not_push_the_later_times_back(self) -> None:
        schedule = Every(timedelta(minutes=5))
        assert schedule.next_after(utc("2026-11-20T10:00:00")) == utc("2026-11-20T10:05:00")
        assert schedule.next_after(utc("2026-11-20T10:07:59")) == utc("2026-11-20T10:10:00")

    @pytest.mark.parametrize(
        ("interval", "words"), [(60, "every minute"), (7200, "every 2 hours"), (90, "every 90 seconds")]
    )
    def test_in_words(self, interval: int, words: str) -> None:
        assert str(Every(timedelta(seconds=interval))) == words


@pytest.fixture(scope="class")
def in_berlin() -> Iterator[None]:
    with override_settings(TIME_ZONE="Europe/Berlin"):
        yield


@pytest.mark.usefixtures("in_berlin")
class TestDaily:
    def test_it_follows_the_clock_on_the_wall(self) -> None:
        schedule = DailyAt(time(6, 0))
        assert schedule.next_after(utc("2026-01-10T12:00")) == utc("2026-01-11T05:00")
        assert schedule.next_after(utc("2026-07-10T12:00")) == utc("2026-07-11T04:00")

    def test_a_time_that_the_day_leaves_out_comes_once(self) -> None:
        # 29 March 2026: after 01:59 the clock shows 03:00.
        schedule = DailyAt(time(2, 30))
        first = schedule.next_after(utc("2026-03-28T12:00"))
        assert first == utc("2026-03-29T01:30")
        assert schedule.next_after(first) == utc("2026-03-30T00:30")

    def test_a_time_that_the_day_has_twice_comes_once(self) -> None:
        # 25 October 2026: after 02:59 the clock shows 02:00 again.
        schedule = DailyAt(time(2, 30))
        first = schedule.next_after(utc("2026-10-24T12:00"))
        assert first == utc("2026-10-25T00:30")
        assert schedule.next_after(first) == utc("2026-10-26T01:30")

    @given(MOMENTS, st.times())
    def test_each_day_has_it_once(self, moment: datetime, at: time) -> None:
        schedule = DailyAt(at.replace(tzinfo=None))
        times = [schedule.next_after(moment)]
        for _ in range(3):
            times.append(schedule.next_after(times[-1]))
        assert moment < times[0] <= moment + timedelta(hours=26)
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert all(timedelta(hours=22) <= gap <= timedelta(hours=26) for gap in gaps), times


class TestDeclaring:
    def test_both_kinds_of_schedule_are_one_too_many(self) -> None:
        with pytest.raises(ValueError, match="not both"):
            job("x.both", title="Both", every=timedelta(hours=1), daily_at=time(6))

    def test_a_code_that_no_queue_can_bear(self) -> None:
        with pytest.raises(ValueError, match="32 characters"):
            job("x" * 33, title="Long")

    @pytest.mark.django_db
    def test_two_jobs_of_one_code(self) -> None:
        with only(("x.one", does_nothing, every(minutes=1))), pytest.raises(ValueError, match="two jobs"):
            job("x.one", title="Another")(lambda run: "")

    def test_faster_than_every_second(self) -> None:
        with pytest.raises(ValueError, match="every second"):
            job("x.fast", title="Fast", every=timedelta(milliseconds=10))


@pytest.mark.django_db
class TestTheTable:
    def test_what_was_missed_runs_once(self) -> None:
        with only(
            ("x.often", does_nothing, every(minutes=5)), ("x.daily", does_nothing, daily(6)), now=NIGHT
        ):
            three_days_on = NIGHT + timedelta(days=3)
            assert enqueue_due(three_days_on) == ["x.daily", "x.often"]
            assert enqueue_due(three_days_on) == []
            assert Run.objects.of("x.often").count() == Run.objects.of("x.daily").count() == 1
            assert the("x.often").next_run_at == utc("2026-11-23T00:05:00")
            assert the("x.daily").next_run_at == utc("2026-11-23T06:00:00")

    def test_nothing_is_due_before_its_time(self) -> None:
        with only(("x.daily", does_nothing, daily(6)), now=NIGHT):
            assert enqueue_due(utc("2026-11-20T05:59:59")) == []
            assert enqueue_due(utc("2026-11-20T06:00:00")) == ["x.daily"]

    def test_who_looked_earlier_and_comes_later_finds_it_taken(self) -> None:
        with only(("x.job", does_nothing, every(minutes=1)), now=NIGHT):
            now = NIGHT + timedelta(minutes=1)
            seen = the("x.job")
            assert take_due_time(seen, now)
            Run.objects.of("x.job").get().set_successful("Done.")
            assert not take_due_time(seen, now)
            assert Run.objects.of("x.job").count() == 1

    def test_while_its_last_run_goes_on_it_is_not_called_again(self) -> None:
        with only(("x.slow", does_nothing, every(minutes=1)), now=NIGHT):
            assert enqueue_due(NIGHT + timedelta(minutes=1)) == ["x.slow"]
            assert enqueue_due(NIGHT + timedelta(minutes=2)) == []
            Run.objects.of("x.slow").get().set_successful("Done.")
            assert enqueue_due(NIGHT + timedelta(minutes=3)) == ["x.slow"]

    def test_what_runs_only_when_asked_is_never_due(self) -> None:
        with only(("x.asked", does_nothing, {}), now=NIGHT):
            assert the("x.asked").next_run_at is None
            assert enqueue_due(NIGHT + timedelta(days=400)) == []

    def test_a_paused_job_is_not_due(self) -> None:
        with only(("x.often", does_nothing, every(minutes=5)), now=NIGHT):
            the("x.often").__class__.objects.filter(code="x.often").update(paused=True)
            assert enqueue_due(NIGHT + timedelta(days=1)) == []

    def test_a_new_schedule_is_followed_and_what_was_missed_is_kept(self) -> None:
        with only(("x.job", does_nothing, daily(6)), now=NIGHT):
            pass
        with only(("x.job", does_nothing, every(minutes=1)), now=NIGHT):
            assert the("x.job").next_run_at == utc("2026-11-20T00:01:00")
            know_jobs(NIGHT + timedelta(days=1))
            assert the("x.job").next_run_at == utc("2026-11-20T00:01:00")
        with only(("x.job", does_nothing, {}), now=NIGHT):
            assert the("x.job").next_run_at is None

    def test_what_is_no_longer_declared_rests(self) -> None:
        with only(("x.old", does_nothing, every(minutes=1)), now=NIGHT):
            pass
        with only(("x.new", does_nothing, every(minutes=1)), now=NIGHT):
            assert enqueue_due(NIGHT + timedelta(hours=1)) == ["x.new"]

    def test_knowing_them_again_changes_nothing(self) -> None:
        with only(("x.job", does_nothing, every(minutes=1)), now=NIGHT):
            before = list(the("x.job").history.values_list("history_id"))
            know_jobs(NIGHT)
            assert list(the("x.job").history.values_list("history_id")) == before
            assert len(before) == 1
