"""The PostgreSQL that a test run starts: its own, reachable, and gone afterwards, however the run ended."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
from environ import Env

from tests import postgres

TELL_AND_KILL = f"""
import os, pathlib
url = os.environ["TEST_DATABASE_URL"]
mark = pathlib.Path(url.partition("host=")[2]) / "postmaster.pid"
print(url, mark.read_text().split()[0], flush=True)
os.kill(os.getppid(), {signal.SIGKILL:d})
"""


@pytest.fixture(autouse=True)
def no_server_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(postgres.URL_VARIABLE, raising=False)


def folder_of(url: str) -> Path:
    return Path(Env.db_url_config(url)["OPTIONS"]["host"]).parent


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row
    return str(row[0])


def test_two_runs_have_a_server_each_and_leave_nothing() -> None:
    with postgres.start() as first, postgres.start(durable=True) as second:
        assert first != second
        assert (setting(first, "fsync"), setting(second, "fsync")) == ("off", "on")
        folders = [folder_of(first), folder_of(second)]
        assert all(folder.is_dir() for folder in folders)
    assert not any(folder.exists() for folder in folders)


def test_a_server_that_somebody_named_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    named = "postgres://console@db.contoso.example/console"
    monkeypatch.setenv(postgres.URL_VARIABLE, named)
    with postgres.start() as url:
        assert url == named


def test_what_a_killed_run_left_behind_is_put_away_by_the_next() -> None:
    command = [sys.executable, "-m", "tests.postgres", "--", sys.executable, "-c", TELL_AND_KILL]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    url, server = killed.stdout.split()
    with postgres.start():
        assert not folder_of(url).exists()
    assert not runs(int(server))


def runs(number: int) -> bool:
    try:
        return bool(psutil.Process(number).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_the_command_decides_the_exit_code() -> None:
    command = [sys.executable, "-m", "tests.postgres", "--", sys.executable, "-c", "raise SystemExit(7)"]
    assert subprocess.run(command, check=False).returncode == 7
