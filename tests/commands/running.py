"""Running commands: inside the test's own transaction, or as a person does, in a process of their own."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management import CommandError, call_command, get_commands

ROOT = Path(__file__).resolve().parent.parent.parent
OUR_APPS = (
    "privacy_console", "audit", "tenants", "work", "catalog", "elections", "consents", "terms", "residency",
    "portal",
)  # fmt: skip


class Ran(NamedTuple):
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def run(name: str, *arguments: str) -> Ran:
    """Run the command inside the test's transaction."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return Ran(error.returncode, out.getvalue(), err.getvalue() + str(error))
    return Ran(0, out.getvalue(), err.getvalue())


def run_alone(database: str, *arguments: str, **environment: str) -> Ran:
    """Run `manage.py` in a process of its own on this database, as a person does."""
    with _started(database, arguments, environment) as process:
        out, err = process.communicate(timeout=240)
    return Ran(process.returncode, out, err)


def run_watched(database: str, *arguments: str) -> Ran:
    """The same in front of a terminal: `err` is what somebody sees there while the output goes elsewhere."""
    ours, theirs = pty.openpty()
    with _started(database, arguments, {"TERM": "dumb"}, stderr=theirs) as process:
        out, _ = process.communicate(timeout=240)
    os.close(theirs)
    seen = os.read(ours, 100_000).decode()
    os.close(ours)
    return Ran(process.returncode, out, seen)


def first_line_of(database: str, *arguments: str) -> Ran:
    """The same, but its output is closed after the first line, as `head -1` does."""
    with _started(database, arguments, {}) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        process.stdout.close()
        return Ran(process.wait(timeout=240), line, process.stderr.read())


def _started(
    database: str, arguments: tuple[str, ...], more: dict[str, str], stderr: int = subprocess.PIPE
) -> subprocess.Popen[str]:
    secret = ("DEMO_PASSWORD", "OPERATOR_PASSWORD")
    env = {name: value for name, value in os.environ.items() if name not in secret}
    env |= {"DATABASE_URL": database, "DEBUG": "true", "SECRET_KEY": "for-tests-only", **more}
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True)


def our_commands() -> dict[str, str]:
    """The name of every command of ours, and its app; `migrate` is Django's own, with fewer checks before it."""
    return {name: app for name, app in get_commands().items() if app in OUR_APPS and name != "migrate"}
