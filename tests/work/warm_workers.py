"""Starts workers without their second of start-up: a process that has everything loaded, and forks.

`python -m tests.work.warm_workers FOLDER`; each line of its input says when the next worker is killed: `at_work 0.05`
(so many seconds after it said that it is at work), `started 0.05` (after its process began), or `never`. It answers
with the worker's number, and when that has ended with how.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
import traceback
from datetime import timedelta
from pathlib import Path
from typing import NoReturn


def main(folder: Path) -> None:
    import django

    django.setup()
    _settle_in(folder)
    for line in sys.stdin:
        since, _, lifetime = line.strip().partition(" ")
        said, says = os.pipe()
        child = os.fork()
        if child == 0:
            _work(folder, says)
        os.close(says)
        _answer(child)
        if since == "at_work":
            os.read(said, 1)
        if lifetime:
            time.sleep(float(lifetime))
            os.kill(child, signal.SIGKILL)
        _answer(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        os.close(said)


def _settle_in(folder: Path) -> None:
    from django.conf import settings

    from work import queue

    settings.VAR_DIR, settings.MAIL_FOLDER = folder, folder / "mail"
    settings.EMAIL_BACKEND = "work.backends.MailFolder"
    # The same rule on the scale of this test, whose workers live for a tenth of a second.
    queue.FIRST_LOSS_PAUSE = timedelta(milliseconds=20)
    importlib.import_module("tests.work.killed_jobs")


def _work(folder: Path, says: int) -> NoReturn:
    """The real command, in the child. What it says at its start goes into the pipe, its log into the folder."""
    from django.core.management import call_command

    log = os.open(folder / "workers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    code = 1
    try:
        call_command("run_worker", stderr=os.fdopen(says, "w", buffering=1))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _answer(value: int) -> None:
    print(value, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
