"""Whether a worker lives: what it holds while it does, and lets go of however it ends."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import socket
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import IO, Self

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from work.models import Worker

logger = logging.getLogger(__name__)

BEAT = timedelta(seconds=15)
# How long a worker on another machine may be silent before its work is given to others.
SILENCE = timedelta(minutes=2)


class Presence:
    """A worker's name while it lives: `with Presence() as me: … me.name`.

    On this machine a locked file says that it lives: the system lets go of the lock at the instant the process ends,
    by whatever means, and never before, however slow its work. Other machines go by the time it was last heard of.
    """

    def __init__(self) -> None:
        host = socket.gethostname()
        self.name = f"{host[:32]}-{os.getpid()}-{secrets.token_hex(4)}"
        self.host = host[:255]
        self._over = Event()
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self._lock = _lock_of(self.name)
        Worker.objects.create(name=self.name, host=self.host)
        self._heart = Thread(target=self._beat, name="heartbeat", daemon=True)
        self._heart.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._heart.join()
        try:
            Worker.objects.filter(name=self.name).delete()
        except DatabaseError:
            logger.warning("The database cannot be used; the end of this worker is found out by the others.")
        _path_of(self.name).unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()

    def _beat(self) -> None:
        try:
            while not self._over.wait(BEAT.total_seconds()):
                self._say_that_i_live()
        finally:
            connection.close()

    def _say_that_i_live(self) -> None:
        try:
            now = timezone.now()
            Worker.objects.update_or_create(name=self.name, defaults={"host": self.host, "seen_at": now})
        except DatabaseError as error:
            logger.warning("The database does not take the sign of life: %s", error)
            connection.close()


def is_dead(name: str) -> bool:
    """Whether the worker of this name has ended. Never true of one that lives on this machine."""
    path = _path_of(name)
    return _is_let_go(path) if path.exists() else _has_been_silent(name)


def _is_let_go(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def forget_the_dead() -> None:
    """Take those workers from the list that ended without saying so, and then their files."""
    for worker in Worker.objects.all():
        if is_dead(worker.name):
            worker.delete()
    listed = set(Worker.objects.values_list("name", flat=True))
    for path in _folder().glob("*.lock"):
        if path.stem not in listed and _is_old(path) and _is_let_go(path):
            path.unlink(missing_ok=True)


def _is_old(path: Path) -> bool:
    """A file that was made just now may be of a worker that is about to lock it."""
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > SILENCE.total_seconds()
    return False


def _has_been_silent(name: str) -> bool:
    return not Worker.objects.filter(name=name, seen_at__gte=timezone.now() - SILENCE).exists()


def _folder() -> Path:
    return Path(settings.VAR_DIR) / "workers"


def _path_of(name: str) -> Path:
    return _folder() / f"{Path(name).name}.lock"


def _lock_of(name: str) -> IO[str]:
    path = _path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file
