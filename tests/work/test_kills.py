"""A hundred kills: two real workers are killed at random instants, again and again; nothing is lost or done twice."""

from __future__ import annotations

import email
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django_tasks import TaskResultStatus

from audit.models import AuditEvent
from tenants.access import Shell
from tenants.models import AccessToken, Tenant
from tenants.roles import Role
from tenants.services import create_token
from tests.chance import SEED
from tests.warm import Warm
from tests.work.killed_jobs import BY_SCHEDULE, ONE_BY_ONE
from work.jobs import enqueue
from work.models import Message, Run, Worker
from work.planning import know_jobs

KILLS = 100
LANES = 2
SHORTEST, LONGEST = 0.005, 0.150
# On a machine that is busy with other things a life is longer, so that something can be done in it.
ROWS_IN_A_LIFE, LONGEST_OF_ALL = 10, 6.0
# Of so many kills at least so many rows are done, or lives get longer still.
KILLS_LOOKED_AT, FEWEST_ROWS = 8, 4
# This share of the kills may hit a worker that is still starting.
AT_THE_START = 0.2
# So much always waits while there is killing: a kill that hits an idle worker shows nothing.
ENOUGH = 40
PATIENCE = 300.0


@dataclass
class Lives:
    """How long the longest of them is, in seconds."""

    longest: float

    def lengthen(self) -> None:
        self.longest = min(2 * self.longest, LONGEST_OF_ALL)


class Lane:
    """One place for a worker at a time, each started anew when it has been killed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.workers = Warm("tests.work.warm_workers", folder)

    def kill_often(self, times: int, lives: Lives, ends: list[int]) -> None:
        for _ in range(times):
            since = "started" if self.dice.random() < AT_THE_START else "at_work"
            self.workers.start(f"{since} {self.dice.uniform(SHORTEST, lives.longest)}")
            ends.append(self.workers.ended())

    @contextmanager
    def one_that_lives(self) -> Iterator[None]:
        worker = self.workers.start("never")
        try:
            yield
        finally:
            os.kill(worker, signal.SIGTERM)
            assert self.workers.ended() == 0, "a worker that is asked to end does so, and cleanly"


@pytest.fixture
def lanes(transactional_db: None, tmp_path: Path) -> Iterator[list[Lane]]:
    made = [Lane(tmp_path, SEED + number) for number in range(LANES)]
    yield made
    for lane in made:
        lane.workers.close()


def tokens() -> Any:
    return AccessToken.objects.across_tenants().filter(name__in=[BY_SCHEDULE, ONE_BY_ONE])


def add_work(tenant: Tenant) -> None:
    """More tokens to take away: every second one by a run of its own."""
    for name in (BY_SCHEDULE, ONE_BY_ONE) * (ENOUGH // 4):
        with transaction.atomic():
            token, _ = create_token(tenant=tenant, name=name, role=Role.SERVICE, by=Shell())
            if name == ONE_BY_ONE:
                enqueue("kill.single", arguments={"token": token.pk}, tenant=tenant)


def longest_life(lane: Lane) -> float:
    """As long as a worker here takes for some rows, seen of one that nobody kills."""
    with lane.one_that_lives():
        wait_until(lambda: done() >= 1)
        first, before = time.monotonic(), done()
        wait_until(lambda: done() >= before + ROWS_IN_A_LIFE)
        return min(max(LONGEST, time.monotonic() - first), LONGEST_OF_ALL)


def kill_while_there_is_work(lanes: list[Lane], tenant: Tenant, lives: Lives) -> list[int]:
    ends: list[int] = []
    threads = [Thread(target=lane.kill_often, args=(KILLS // LANES, lives, ends)) for lane in lanes]
    looked_at, rows = 0, done()
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if tokens().filter(revoked_at=None).count() < ENOUGH:
            add_work(tenant)
        if len(ends) >= looked_at + KILLS_LOOKED_AT:
            if done() < rows + FEWEST_ROWS:
                lives.lengthen()
            looked_at, rows = len(ends), done()
        time.sleep(0.02)
    return ends


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < until:
        time.sleep(0.02)


def done() -> int:
    number: int = tokens().exclude(revoked_at=None).count()
    return number


def all_is_done() -> bool:
    waits = tokens().filter(revoked_at=None).exists()
    unsent = Message.objects.across_tenants().filter(state=Message.State.WAITING).exists()
    return not waits and not unsent and not Run.objects.of("kill.single").unfinished().exists()


def activities(tenant: Tenant, activity: str) -> Counter[str]:
    found = AuditEvent.objects.for_tenant(tenant).filter(activity=activity)
    return Counter(found.values_list("resource_id", flat=True))


def test_a_hundred_kills_lose_nothing_and_do_nothing_twice(
    lanes: list[Lane], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    from tests.cast import Cast

    print(f"\nSEED={SEED}")  # noqa: T201
    tenant = Cast.assemble().contoso
    know_jobs()
    add_work(tenant)
    lives = Lives(longest_life(lanes[0]))
    started, done_before = time.monotonic(), done()

    ends = kill_while_there_is_work(lanes, tenant, lives)
    assert Counter(ends) == {-signal.SIGKILL: KILLS}, log(tmp_path)
    done_meanwhile = done() - done_before
    with lanes[0].one_that_lives():
        wait_until(all_is_done)

    rows = {str(key) for key in tokens().values_list("pk", flat=True)}
    once = dict.fromkeys(rows, 1)
    assert not tokens().filter(revoked_at=None).exists(), log(tmp_path)
    assert activities(tenant, "token.revoked") == once

    messages = {f"{message.key}": message for message in Message.objects.for_tenant(tenant)}
    assert set(messages) == {f"token:{key}" for key in rows}
    assert {message.state for message in messages.values()} == {Message.State.SENT}
    each = {str(message.pk): 1 for message in messages.values()}
    assert activities(tenant, "message.posted") == each
    assert activities(tenant, "message.sent") == each
    assert sent_bodies(tmp_path / "mail") == {f"{m.reference}.eml": m.body for m in messages.values()}

    runs = list(Run.objects.all())
    losses = sum(len(run.worker_ids) - 1 for run in runs if run.worker_ids)
    assert [run.line for run in runs if run.status == TaskResultStatus.FAILED] == []
    assert not Run.objects.running().exists()
    assert not Worker.objects.exists()
    figures = {
        "seed": SEED, "kills": KILLS, "lives up to": round(lives.longest, 2), "runs cut off": losses, "rows": len(rows),
        "rows done while killed": done_meanwhile, "seconds": round(time.monotonic() - started, 1),
    }  # fmt: skip
    for name, figure in figures.items():
        record_property(name, figure)
    print(connection.vendor, figures)  # noqa: T201
    assert losses + done_meanwhile > KILLS // 5, "too few kills hit anything: this showed nothing"


def sent_bodies(folder: Path) -> dict[str, str]:
    """What each file says; a killed worker may leave a half of one, under a name that nobody takes for a message."""
    return {
        file.name: str(email.message_from_bytes(file.read_bytes()).get_payload()).strip()
        for file in folder.glob("*.eml")
    }


def log(folder: Path) -> str:
    return (folder / "workers.log").read_text()[-5000:]
