"""A worker's life: it ends when it is told, after the run at hand; it outlives an outage; its death is seen at once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from tests.commands.running import run_alone
from tests.work.makers import does_nothing, only
from work.jobs import enqueue
from work.models import Run, Worker
from work.presence import Presence, forget_the_dead, is_dead
from work.registry import Running
from work.worker import Workman


@pytest.mark.django_db(transaction=True)
class TestEnding:
    def test_told_to_end_it_ends_after_the_run_at_hand(self) -> None:
        ended = []

        def ends_the_worker(run: Running) -> str:
            os.kill(os.getpid(), signal.SIGTERM)
            ended.append(True)
            return "Ended as usual."

        with only(("x.ends", ends_the_worker, {}), ("x.job", does_nothing, {})):
            enqueue("x.ends")
            enqueue("x.job")
            before = signal.getsignal(signal.SIGTERM)
            with Workman() as worker, worker.stopping_at_signals():
                worker.work_until_stopped()
            assert signal.getsignal(signal.SIGTERM) is before
        assert ended == [True]
        assert [run.line for run in Run.objects.successful()] == ["Ended as usual."]
        assert Run.objects.waiting().count() == 1

    def test_told_while_it_waits_it_ends_at_once(self) -> None:
        with only(), Workman(interval=600) as worker, worker.stopping_at_signals():
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
            worker.work_until_stopped()
        assert not Worker.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_outlives_an_outage_and_takes_up_what_it_could_not_note() -> None:
    calls: list[str] = []

    def meets_an_outage(run: Running) -> str:
        calls.append(run.code)
        if len(calls) == 1:
            begin_outage()
        else:
            worker.stop()
        return "Done."

    with only(("x.job", meets_an_outage, {})), Workman(interval=0.05) as worker:
        enqueue("x.job")
        worker.work_until_stopped()
    assert len(calls) == 2
    assert [(run.status, len(run.worker_ids)) for run in Run.objects.all()] == [("SUCCESSFUL", 2)]


def begin_outage() -> None:
    """The server ends our connection; on SQLite, a program holds the file for longer than we wait."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            ours = cursor.fetchone()[0]
        with psycopg.connect(
            **connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}
        ) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [ours])
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 10")
    holder = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    threading.Timer(0.5, holder.close).start()


SLEEPER = """
import sys, time
import django
django.setup()
from django.conf import settings
from work import presence
settings.VAR_DIR = sys.argv[1]
file = presence._lock_of("a-worker")
print("at work", flush=True)
time.sleep(60)
"""


@pytest.mark.django_db
class TestPresence:
    @pytest.fixture(autouse=True)
    def folder(self, settings: Any, tmp_path: Path) -> Path:
        settings.VAR_DIR = tmp_path
        return tmp_path / "workers"

    def test_the_death_of_a_process_is_seen_at_once(self, tmp_path: Path) -> None:
        Worker.objects.create(name="a-worker", host="here")
        process = subprocess.Popen(
            [sys.executable, "-c", SLEEPER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout
            assert process.stdout.readline() == "at work\n"
            assert not is_dead("a-worker")
            process.kill()
            process.wait()
        assert is_dead("a-worker")
        forget_the_dead()
        assert not Worker.objects.exists()

    def test_one_that_ends_leaves_nothing(self, folder: Path) -> None:
        with Presence() as me:
            assert Worker.objects.filter(name=me.name).exists()
            assert not is_dead(me.name)
            forget_the_dead()
            assert Worker.objects.filter(name=me.name).exists()
        assert not Worker.objects.exists()
        assert list(folder.iterdir()) == []

    def test_files_of_nobody_are_cleared_away_when_they_are_old(self, folder: Path) -> None:
        folder.mkdir()
        for name, age in (("new", 0), ("old", 3600)):
            (folder / f"{name}.lock").touch()
            os.utime(folder / f"{name}.lock", (time.time() - age,) * 2)
        forget_the_dead()
        assert [file.name for file in folder.iterdir()] == ["new.lock"]


def test_without_a_database_it_says_so_in_one_line(tmp_path: Path) -> None:
    ran = run_alone(f"sqlite:///{tmp_path / 'none' / 'console.sqlite3'}", "run_worker", "--once")
    assert ran.code == 1
    assert len(ran.err.strip().splitlines()) == 1
    assert "cannot be used" in ran.err
