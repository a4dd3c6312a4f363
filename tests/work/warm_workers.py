"""Workers to be killed: `python -m tests.work.warm_workers FOLDER`, see `tests.warm`."""

from __future__ import annotations

import importlib
import os
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path

import django

from tests.warm import start_and_kill


def _settle_in(folder: Path) -> None:
    from django.conf import settings

    from work import queue

    settings.VAR_DIR, settings.MAIL_FOLDER = folder, folder / "mail"
    settings.EMAIL_BACKEND = "work.backends.MailFolder"
    # The same rule on the scale of this test, whose workers live for a tenth of a second.
    queue.FIRST_LOSS_PAUSE = timedelta(milliseconds=20)
    importlib.import_module("tests.work.killed_jobs")


def _work(folder: Path, says: int) -> None:
    """The real command, in the child. What it says at its start goes into the pipe, its log into the folder."""
    from django.core.management import call_command

    log = os.open(folder / "workers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    call_command("run_worker", stderr=os.fdopen(says, "w", buffering=1))


if __name__ == "__main__":
    django.setup()
    _settle_in(Path(sys.argv[1]))
    start_and_kill(partial(_work, Path(sys.argv[1])))
