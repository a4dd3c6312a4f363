"""`run_jobs`, `run_worker` and `list_jobs`, as cron and people use them."""

from __future__ import annotations

import pytest

from tests.commands.running import run
from tests.work.makers import daily, does_nothing, every, fails, only, the
from work.jobs import enqueue
from work.models import Job, Run

pytestmark = pytest.mark.django_db


def test_run_jobs_does_what_is_due_and_tells_of_each_in_a_line() -> None:
    with only(("x.job", does_nothing, every(minutes=1)), ("x.later", does_nothing, daily(6))):
        Job.objects.filter(code="x.job").update(next_run_at="2026-01-01T00:00:00Z")
        ran = run("run_jobs")
        assert (ran.code, ran.out) == (0, "x.job: Nothing.\n")
        assert (run("run_jobs").code, run("run_jobs").out) == (0, "Nothing found.\n")


def test_run_jobs_fails_where_a_job_does_after_having_done_the_others() -> None:
    with only(("x.fails", fails, daily(6)), ("x.job", does_nothing, daily(6))):
        ran = run("run_jobs", "x.fails", "x.job")
    assert ran.code == 1
    assert ran.out == "x.fails: FAILED: ValueError: The file has no end.\nx.job: Nothing.\n"
    assert ran.err.endswith("Failed: x.fails.")


def test_run_jobs_leaves_to_another_worker_what_that_is_doing() -> None:
    with only(("x.job", does_nothing, every(minutes=1))):
        from work.presence import Presence
        from work.queue import claim

        with Presence() as other:
            enqueue("x.job")
            assert claim(other.name)
            assert run("run_jobs", "x.job").out == "x.job: Another worker is doing it.\n"


@pytest.mark.parametrize("name", ["x.jobs", "nonsense"])
def test_run_jobs_refuses_what_it_does_not_know(name: str) -> None:
    with only(("x.job", does_nothing, every(minutes=1))):
        ran = run("run_jobs", name)
    assert ran.code == 1
    assert ("Did you mean x.job?" in ran.err) == (name == "x.jobs")


def test_run_jobs_refuses_what_needs_arguments() -> None:
    with only(("x.asked", does_nothing, {})):
        ran = run("run_jobs", "x.asked")
    assert (ran.code, "only for what asks for it" in ran.err) == (1, True)


def test_run_worker_once_tells_programs_what_it_did() -> None:
    with only(("x.job", does_nothing, {})):
        enqueue("x.job")
        done = run("run_worker", "--once", "--json").data["done"]
    assert [(each["code"], each["succeeded"], each["line"]) for each in done] == [("x.job", True, "Nothing.")]
    assert Run.objects.successful().count() == 1


def test_list_jobs_says_when_and_how_it_went() -> None:
    with only(("x.fails", fails, daily(6)), ("x.job", does_nothing, every(minutes=5))):
        run("run_jobs", "x.fails")
        rows = {row["code"]: row for row in run("list_jobs", "--json").data}
        assert rows["x.fails"]["runs"] == "daily at 06:00"
        assert (rows["x.fails"]["state"], rows["x.fails"]["failures"]) == ("failing", 1)
        assert rows["x.fails"]["last_line"] == "ValueError: The file has no end."
        assert (rows["x.job"]["runs"], rows["x.job"]["state"]) == ("every 5 minutes", "waiting")
        assert the("x.job").next_run_at
