"""Two that work at the same time: each due time is called once, each run done once, jobs that run alone do."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Lock, Thread
from typing import Any

import pytest
from django.db import connection

from tests.work.makers import NIGHT, does_nothing, every, only
from work.jobs import enqueue
from work.models import Run
from work.planning import enqueue_due
from work.registry import Running
from work.worker import Workman

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def at_once(do: Callable[[], Any], times: int = WORKERS) -> list[Any]:
    """Do it in so many threads that begin at the same instant."""
    gate, found = Barrier(times), []

    def begin() -> None:
        try:
            gate.wait()
            found.append(do())
        finally:
            connection.close()

    threads = [Thread(target=begin) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_due_time_is_taken_once() -> None:
    with only(("x.job", does_nothing, every(minutes=1)), now=NIGHT):
        for number in range(1, 11):
            now = NIGHT + timedelta(minutes=number)
            called = [code for codes in at_once(lambda now=now: enqueue_due(now)) for code in codes]  # type: ignore[misc]
            assert called == ["x.job"]
            Run.objects.all().delete()


def test_each_run_is_done_once() -> None:
    done: Counter[str] = Counter()
    lock = Lock()

    def count(run: Running) -> str:
        with lock:
            done[run.arguments["number"]] += 1
        return "Counted."

    with only(("x.count", count, {})):
        for number in range(60):
            enqueue("x.count", arguments={"number": str(number)})
        assert len(at_once(work_until_all_is_done)) == WORKERS
    assert done == {str(number): 1 for number in range(60)}
    assert {len(run.worker_ids) for run in Run.objects.all()} == {1}


def test_a_job_that_runs_alone_never_meets_itself() -> None:
    inside: list[int] = [0]
    most: list[int] = [0]

    def alone(run: Running) -> str:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.005)
        inside[0] -= 1
        return "Alone."

    with only(("x.alone", alone, {"alone": True})):
        for _ in range(20):
            enqueue("x.alone")
        at_once(work_until_all_is_done)
    assert most == [1]
    assert Run.objects.successful().count() == 20


def work_until_all_is_done() -> None:
    with Workman() as worker:
        until = time.monotonic() + 240
        while Run.objects.all().unfinished().exists() and time.monotonic() < until:
            worker.do_next()
