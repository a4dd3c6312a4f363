"""Processes to be killed, without their second of start-up: one that has everything loaded, and forks.

It never has a connection of its own, and must not: SQLite's locks do not survive a fork. A child takes the files that
any thread of its parent has open for locked by itself; when that thread closes them, the log is removed under the
child, and what the child commits is lost.

Each line that the forking process reads says when the next child is killed: `at_work 0.05` (so many seconds after it
said that it is at work), `started 0.05` (after its process began), or `never`. It answers with the child's number, and
when that has ended with how.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import environ
from django.db import connection, connections

from tests.commands.conftest import _beside

ROOT = Path(__file__).resolve().parent.parent


def url_of_this_database() -> str:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return _beside(environ.Env().str("DATABASE_URL"), name)


class Warm:
    """The test's end: one child at a time, each started anew when it has been killed."""

    def __init__(self, module: str, *arguments: object, **env: str) -> None:
        env = os.environ | env | {
            "DATABASE_URL": url_of_this_database(),
            "DEBUG": "true",
            "SECRET_KEY": "for-tests-only",
            "DJANGO_SETTINGS_MODULE": "privacy_console.settings",
            "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        self.process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, until: str) -> int:
        """Start a child that lives until then; its number."""
        assert self.process.stdin
        self.process.stdin.write(f"{until}\n")
        self.process.stdin.flush()
        return self._answer()

    def ended(self) -> int:
        """How the child ended: its exit code, or the signal as a negative number."""
        return self._answer()

    def _answer(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def start_and_kill(work: Callable[[int], object]) -> None:
    """The forking process: children that do this work, with a pipe to say `at work` into, until its input ends."""
    for line in sys.stdin:
        since, _, lifetime = line.strip().partition(" ")
        assert not any(each.connection for each in connections.all(initialized_only=True))
        said, says = os.pipe()
        child = os.fork()
        if child == 0:
            _work(work, says)
        os.close(says)
        _say(child)
        if since == "at_work":
            os.read(said, 1)
        if lifetime:
            time.sleep(float(lifetime))
            os.kill(child, signal.SIGKILL)
        _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        os.close(said)


def _work(work: Callable[[int], object], says: int) -> NoReturn:
    code = 1
    try:
        work(says)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _say(value: int) -> None:
    print(value, flush=True)  # noqa: T201
