"""What becomes of a run: it is taken once, tried again after failures, given back when its worker died."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.context import current
from privacy_console.errors import Refused
from tenants.models import Tenant, User
from tests.work.makers import daily, does_nothing, every, fails, only, the
from work import queue
from work.jobs import UnknownJob, enqueue
from work.models import Job, Run, Worker
from work.presence import SILENCE, Presence
from work.queue import Outcome, claim, give_back_lost, work_off
from work.registry import Running
from work.services import pause_job, resume_job, run_job_now
from work.worker import Workman

pytestmark = pytest.mark.django_db
ME, ANOTHER = "me", "another-worker"


def do_next() -> Outcome | None:
    run = claim(ME)
    return work_off(run) if run else None


def later() -> None:
    """Let what waits for another attempt wait no longer."""
    Run.objects.waiting().update(run_after=timezone.now())


def refuses(run: Running) -> str:
    raise Refused("closed", "The tenant is closed.")


def does_not_validate(run: Running) -> str:
    raise ValidationError({"file": "It is empty."})


class TestDoing:
    def test_a_job_knows_what_it_is_asked(self, contoso: Tenant, admin: User) -> None:
        asked: list[Any] = []

        def remember(run: Running) -> str:
            asked.append((run, current()))
            return "Read 3 records."

        with only(("x.read", remember, {})):
            enqueue("x.read", arguments={"name": "a.json"}, tenant=contoso, by=admin)
            assert do_next() == Outcome("x.read", True, "Read 3 records.")
        run, door = asked[0]
        assert (run.arguments, run.tenant, run.attempt, run.asked_by) == (
            {"name": "a.json"},
            contoso,
            1,
            "admin@contoso.example",
        )
        assert (door.origin, door.actor_type, door.actor_id) == ("command", "system", "worker")
        assert (door.actor_name, door.on_behalf_of) == ("X read", "admin@contoso.example")

    def test_the_job_s_row_says_how_it_went(self) -> None:
        with only(("x.job", does_nothing, daily(6))):
            enqueue("x.job")
            do_next()
            job = the("x.job")
            assert (job.last_line, job.failures) == ("Nothing.", 0)
            assert job.last_run_at
            assert job.last_success_at

    def test_what_nobody_knows_cannot_be_asked_for(self) -> None:
        with pytest.raises(UnknownJob):
            enqueue("x.unknown")

    def test_what_a_later_version_does_not_know_fails_for_good(self) -> None:
        with only(("x.old", does_nothing, {})):
            enqueue("x.old")
        with only():
            outcome = do_next()
        assert outcome
        assert (outcome.succeeded, outcome.again_at) == (False, None)
        assert "no job “x.old”" in outcome.line


class TestFailing:
    def test_it_is_tried_again_after_1_5_and_25_minutes_and_then_reported(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with only(("x.fails", fails, daily(6))):
            enqueue("x.fails", arguments={"name": "a"})
            pauses = []
            for _ in range(4):
                outcome = do_next()
                assert outcome
                pauses.append(
                    outcome.again_at and round((outcome.again_at - timezone.now()).total_seconds() / 60)
                )
                later()
            assert pauses == [1, 5, 25, None]
            assert do_next() is None
            assert the("x.fails").failures == 4
            assert the("x.fails").state == Job.State.FAILING
        attempts = list(Run.objects.of("x.fails").failed().order_by("enqueued_at"))
        assert [run.attempt for run in attempts] == [1, 2, 3, 4]
        levels = [record.levelno for record in caplog.records if record.name == "work.queue"]
        assert levels == [logging.WARNING] * 3 + [logging.ERROR]

    def test_its_error_is_one_readable_line(self) -> None:
        with only(("x.fails", fails, {})):
            enqueue("x.fails")
            outcome = do_next()
            assert outcome
            assert outcome.line == "ValueError: The file has no end." == the("x.fails").last_line
            assert "raise ValueError" in Run.objects.of("x.fails").failed().get().traceback

    @pytest.mark.parametrize(
        ("work", "line"), [(refuses, "The tenant is closed."), (does_not_validate, "file: It is empty.")]
    )
    def test_what_waiting_does_not_mend_is_not_tried_again(self, work: Any, line: str) -> None:
        with only(("x.refused", work, {})):
            enqueue("x.refused")
            assert do_next() == Outcome("x.refused", False, line)
            assert not Run.objects.waiting().exists()

    def test_where_the_schedule_comes_sooner_it_is_the_next_attempt(self) -> None:
        with only(("x.often", fails, every(seconds=30))):
            enqueue("x.often", due=timezone.now())
            outcome = do_next()
            assert outcome
            assert outcome.again_at is None
            assert not Run.objects.waiting().exists()

    def test_a_success_ends_the_count(self) -> None:
        with only(("x.job", does_nothing, {})):
            Job.objects.filter(code="x.job").update(failures=3)
            enqueue("x.job")
            do_next()
            assert the("x.job").failures == 0

    def test_one_that_fails_does_not_stop_the_others(self) -> None:
        with only(("x.fails", fails, {}), ("x.job", does_nothing, {})), Workman() as worker:
            enqueue("x.fails")
            enqueue("x.job")
            done = [(outcome.code, outcome.succeeded) for outcome in worker.do_what_is_due()]
        assert done == [("x.fails", False), ("x.job", True)]


class TestTaking:
    def test_a_job_that_runs_alone_is_not_taken_while_it_runs(self) -> None:
        with only(("x.alone", does_nothing, every(minutes=1)), ("x.many", does_nothing, {})):
            for code in ("x.alone", "x.alone", "x.many", "x.many"):
                enqueue(code)
            taken = [claim(ANOTHER), claim(ME), claim(ME), claim(ME)]
            assert [run and run.code for run in taken] == ["x.alone", "x.many", "x.many", None]

    def test_a_paused_job_is_left_where_it_is(self, operator: User) -> None:
        with only(("x.job", does_nothing, every(minutes=1))):
            enqueue("x.job")
            pause_job(job=the("x.job"), by=operator, reason="The server moves.")
            assert claim(ME) is None
            with pytest.raises(Refused, match="Resume it first"):
                run_job_now(job=the("x.job"), by=operator)
            resume_job(job=the("x.job"), by=operator)
            assert claim(ME)

    def test_running_now_brings_a_waiting_attempt_forward(self, operator: User) -> None:
        with only(("x.job", does_nothing, daily(6))):
            run = enqueue("x.job", after=timezone.now() + timedelta(minutes=25))
            assert claim(ME) is None
            assert run_job_now(job=the("x.job"), by=operator) == run
            assert claim(ME) == run


class TestGivingBack:
    def test_what_a_dead_worker_held_is_done_by_another(self) -> None:
        with only(("x.job", does_nothing, {})):
            enqueue("x.job")
            assert claim("a-worker-that-never-was")
            assert give_back_lost(ME) == 1
            assert do_next() == Outcome("x.job", True, "Nothing.")
            assert Run.objects.get().worker_ids == ["a-worker-that-never-was", ME]

    def test_a_living_worker_keeps_its_work_however_slow_it_is(self) -> None:
        with only(("x.job", does_nothing, {})), Presence() as slow:
            enqueue("x.job")
            assert claim(slow.name)
            Worker.objects.update(seen_at=timezone.now() - timedelta(days=1))
            assert give_back_lost(ME) == 0

    def test_on_another_machine_it_lives_while_it_is_heard_of(self) -> None:
        with only(("x.job", does_nothing, {})):
            enqueue("x.job")
            assert claim(ANOTHER)
            far = Worker.objects.create(name=ANOTHER, host="elsewhere")
            assert give_back_lost(ME) == 0
            Worker.objects.filter(pk=far.pk).update(seen_at=timezone.now() - SILENCE - timedelta(seconds=1))
            assert give_back_lost(ME) == 1

    def test_what_this_worker_could_not_note_is_its_own_again(self) -> None:
        """The database was gone at the end of a run: the worker lives, and holds what it does not do."""
        with only(("x.job", does_nothing, {})), Workman() as worker:
            enqueue("x.job")
            assert claim(worker.name)
            assert [outcome.succeeded for outcome in worker.do_what_is_due()] == [True]

    def test_work_that_ends_its_workers_waits_longer_and_longer_and_then_fails(self) -> None:
        with only(("x.deadly", does_nothing, {})):
            enqueue("x.deadly")
            waits = []
            for number in range(queue.MOST_LOSSES):
                assert claim(f"dead-{number}")
                assert give_back_lost(ME) == 1
                run = Run.objects.of("x.deadly").get()
                waits.append(
                    0 if run.run_after.year == 9999 else (run.run_after - timezone.now()).total_seconds()
                )
                later()
            assert waits[0] == 0
            assert [round(wait) for wait in waits[1:5]] == [1, 2, 4, 8]
            assert max(waits) <= queue.LONGEST_LOSS_PAUSE.total_seconds()
            assert run.is_failed
            assert "ended without a word 20 times" in the("x.deadly").last_line

    def test_a_worker_that_lost_its_work_does_not_note_over_the_other(self) -> None:
        with only(("x.job", does_nothing, {})):
            enqueue("x.job")
            mine = claim(ME)
            assert mine
            give_back_lost(ME)
            theirs = claim(ANOTHER)
            work_off(mine)
            stored = Run.objects.get(pk=mine.pk)
            assert stored.status == "RUNNING"
            assert theirs
            assert stored.worker == ANOTHER
