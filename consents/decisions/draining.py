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
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction

from audit.context import Action
from audit.models import Attribution, AuditEvent
from consents.decisions.spool import OPEN, SEALED, folder, locked

logger = logging.getLogger(__name__)

ACTIVITY = "decision.asked"
CATEGORY = "decisions"
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
        written = sum(write_down(lines) for lines in _batches(path, file))
        path.unlink(missing_ok=True)
        return written
    return 0


def _batches(path: Path, file: Any) -> Iterator[list[dict[str, Any]]]:
    while raw := list(islice(file, LINES_AT_ONCE)):
        yield [line for line in (_parsed(path, each) for each in raw) if line is not None]


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


def write_down(lines: Sequence[dict[str, Any]]) -> int:
    """Append the lines' answers to their timelines, but those that are there; how many were appended."""
    with transaction.atomic():
        there = Attribution.objects.filter(id__in=[line["by"]["id"] for line in lines])
        known = {str(pk) for pk in there.values_list("pk", flat=True)}
        fresh = list({line["by"]["id"]: line for line in lines if line["by"]["id"] not in known}.values())
        Attribution.objects.bulk_create(Attribution(**line["by"]) for line in fresh)
        events = [event for line in fresh for event in _events(line)]
        AuditEvent.objects.across_tenants().bulk_create(events, batch_size=1000)
    return len(events)


def _events(line: dict[str, Any]) -> Iterator[AuditEvent]:
    for subject, details in line["answers"]:
        yield AuditEvent(
            tenant_id=line["tenant"],
            attribution_id=line["by"]["id"],
            occurred_at=line["at"],
            action=Action.MANAGE,
            activity=ACTIVITY,
            category=CATEGORY,
            actor_id=line["by"]["actor_id"],
            resource_type=CATEGORY,
            resource_name=subject[:254],
            details=details,
        )
