"""Answers on their way into the audit trail, where the tenant's policy wants them there.

An answer does not wait for the trail: it is appended, in one write, to a file of the process that gave it, and
`consents.decisions.draining` carries the files into the trail soon after. A line is one request and carries the id that
its attribution will have there, so that it cannot get in twice.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings
from django.utils import timezone

from audit.context import ATTRIBUTION_FIELDS, Context, current
from consents.decisions.terms import Decision
from consents.decisions.trail import write_down
from privacy_console.timestamps import utc_text
from tenants.models import Tenant

logger = logging.getLogger(__name__)

OPEN, SEALED = ".open", ".sealed"


def log_answers(tenant: Tenant, policy: str, decisions: Sequence[Decision]) -> None:
    """Keep for the trail what the policy (a `ConsentPolicy.DecisionLog`) wants of these answers."""
    if policy == "off":
        return
    wanted = [decision for decision in decisions if policy == "all" or not decision.allowed]
    if wanted:
        keep(line_of(tenant, wanted))


def keep(line: dict[str, Any]) -> None:
    """Append the line; straight into the trail where the disk does not take it: an answer is not given unrecorded."""
    try:
        _spool.append(json.dumps(line, separators=(",", ":")).encode() + b"\n")
    except OSError:
        logger.exception("Decisions cannot be kept in %s", settings.DECISION_SPOOL)
        write_down([line])


def line_of(tenant: Tenant, decisions: Sequence[Decision]) -> dict[str, Any]:
    """One request's answers, as the trail will have them."""
    door = replace(current() or Context(), id=uuid.uuid4())
    by = {name: str(getattr(door, name)) for name in ("id", *ATTRIBUTION_FIELDS)}
    return {
        "by": by,
        "tenant": tenant.pk,
        "at": timezone.now().isoformat(),
        "answers": [[decision.question.subject, _details(decision)] for decision in decisions],
    }


def _details(decision: Decision) -> dict[str, Any]:
    asked = {name: value for name, value in asdict(decision.question).items() if value}
    return {
        **asked,
        "allowed": decision.allowed,
        "reasons": [str(reason.code) for reason in decision.reasons],
        "at": utc_text(decision.at),
        "known_at": utc_text(decision.known_at),
        "consent": None if decision.consent is None else str(decision.consent),
        "catalog_edition": decision.catalog_edition,
    }


def folder() -> Path:
    return Path(settings.DECISION_SPOOL)


class Spool:
    """This process's file. Whoever carries it off renames it under its lock; the next line then starts another."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew; a child process must not write through what its parent opened."""
        self._mine = Lock()
        self._file: int | None = None
        self._path = Path()

    def append(self, line: bytes) -> None:
        """Raises OSError where the line could not be kept whole."""
        with self._mine:
            while True:
                file = self._opened()
                with locked(file):
                    if self._is_still_named(file):
                        _write_whole(file, line)
                        return
                self._close()

    def _opened(self) -> int:
        if self._file is None or self._path.parent != folder():
            self._close()
            folder().mkdir(parents=True, exist_ok=True)
            self._path = folder() / f"{os.getpid()}-{uuid.uuid4().hex}{OPEN}"
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _is_still_named(self, file: int) -> bool:
        try:
            return self._path.stat().st_ino == os.fstat(file).st_ino
        except FileNotFoundError:
            return False


def _write_whole(file: int, line: bytes) -> None:
    before = os.fstat(file).st_size
    if os.write(file, line) != len(line):
        os.ftruncate(file, before)
        raise OSError("the disk is full")


@contextmanager
def locked(file: int, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """The file's lock, which the system gives back where its holder dies."""
    fcntl.flock(file, how)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


_spool = Spool()
os.register_at_fork(after_in_child=_spool.reset)
