"""Carrying the answers that were kept in files into the audit trail: each of them, and none twice.

A file is renamed under its writer's lock, written down, and removed once that is committed. Cut off in between, it is
found again, and what is in the trail already is known by the id of its attribution.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from consents.decisions.spool import OPEN, SEALED, folder, locked
from consents.decisions.trail import write_down
from privacy_console.batches import batches

logger = logging.getLogger(__name__)

LINES_AT_ONCE = 500
UNREADABLE = ".unreadable"


def drain() -> int:
    """Write down everything that waits in the files of this machine; how many answers that were.

    Two may run at once: each takes the files that the other has not.
    """
    if not folder().is_dir():
        return 0
    for path in sorted(folder().glob(f"*{OPEN}")):
        _seal(path)
    return sum(map(_drain, sorted(folder().glob(f"*{SEALED}"))))


def _seal(path: Path) -> None:
    """Take the file from its writer, who notices at the next line."""
    with suppress(FileNotFoundError):
        file = os.open(path, os.O_RDWR)
        try:
            with locked(file):
                if path.exists() and os.fstat(file).st_size:
                    path.rename(path.with_suffix(SEALED))
        finally:
            os.close(file)


def _drain(path: Path) -> int:
    with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        written = sum(write_down(_readable(path, lines)) for lines in batches(file, LINES_AT_ONCE))
        path.unlink(missing_ok=True)
        return written
    return 0


def _readable(path: Path, lines: Sequence[bytes]) -> list[dict[str, Any]]:
    return [line for line in (_parsed(path, raw) for raw in lines) if line is not None]


def _parsed(path: Path, raw: bytes) -> dict[str, Any] | None:
    """The line; one that the machine lost half of when it went down is put aside."""
    try:
        line: dict[str, Any] = json.loads(raw)
        uuid.UUID(line["by"]["id"])
        if {"tenant", "at", "answers"} <= line.keys():
            return line
    except (ValueError, AttributeError, KeyError, TypeError):
        pass
    _put_aside(path, raw)
    return None


def _put_aside(path: Path, raw: bytes) -> None:
    logger.error("A line of %s cannot be read and is put aside", path)
    with path.with_suffix(UNREADABLE).open("ab") as aside:
        aside.write(raw)
