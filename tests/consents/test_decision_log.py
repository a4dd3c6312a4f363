"""What was answered gets into the timeline where the tenant wants it: every answer, and each of them once."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from audit.context import Origin, acting
from audit.models import AuditEvent
from consents.decisions import Question, decide, spool
from consents.decisions.draining import drain
from consents.jobs import log_decisions
from consents.models import ConsentPolicy
from tenants.models import Tenant
from tenants.services import create_token
from tests.cast import Cast
from tests.consents.stories import SERIAL_NUMBER
from tests.warm import Warm
from work.jobs import Running

UNKNOWN, NOTHING = Question(flow="fax"), Question(flow=SERIAL_NUMBER, connection="nobody's")


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.DECISION_SPOOL = str(tmp_path / "decisions")
    yield tmp_path / "decisions"
    spool._spool.reset()


def wants(tenant: Tenant, policy: str) -> None:
    ConsentPolicy.objects.for_tenant(tenant).create(tenant=tenant, log_decisions=policy)


def logged(tenant: Tenant) -> list[AuditEvent]:
    return list(AuditEvent.objects.for_tenant(tenant).filter(activity="decision.asked").order_by("id"))


def ask(tenant: Tenant, *questions: Question) -> None:
    with acting(origin=Origin.API, actor_type="service", actor_id="token:7", actor_name="mdm"):
        decide(tenant=tenant, questions=questions)


@pytest.mark.django_db
class TestPolicy:
    def test_nothing_is_kept_unless_wanted(self, contoso: Tenant, folder: Path) -> None:
        ask(contoso, UNKNOWN)
        assert not folder.exists()
        wants(contoso, "off")
        ask(contoso, UNKNOWN)
        assert not folder.exists()
        assert drain() == 0

    def test_what_was_denied(self, cast: Cast) -> None:
        self._grant(cast)
        wants(cast.contoso, "denied")
        ask(cast.contoso, UNKNOWN, Question(flow=SERIAL_NUMBER))
        assert drain() == 1
        assert [event.resource_name for event in logged(cast.contoso)] == ["fax"]

    def test_everything(self, cast: Cast) -> None:
        consent = self._grant(cast)
        wants(cast.contoso, "all")
        ask(cast.contoso, UNKNOWN, Question(flow=SERIAL_NUMBER))
        assert drain() == 2
        denied, allowed = logged(cast.contoso)
        assert allowed.details is not None
        assert (allowed.details["allowed"], allowed.details["reasons"]) == (True, ["granted"])
        assert allowed.details["consent"] == str(consent.pk)
        assert allowed.details["flow"] == allowed.resource_name == SERIAL_NUMBER
        assert denied.attribution == allowed.attribution
        by = allowed.attribution
        assert (by.actor_name, by.actor_id, by.actor_type, by.origin) == ("mdm", "token:7", "service", "api")
        assert allowed.actor_id == "token:7"
        assert allowed.category == "decisions"

    def _grant(self, cast: Cast) -> Any:
        from catalog.models import Service
        from consents.services import grant_consent, request_consent

        vpp = Service.objects.get(code="vpp")
        asked = request_consent(tenant=cast.contoso, service=vpp, by=cast.operator)
        return grant_consent(consent=asked, by=cast.operator, reason="Needed.")

    def test_a_page_that_only_shows_leaves_nothing(self, contoso: Tenant, folder: Path) -> None:
        wants(contoso, "all")
        decide(tenant=contoso, questions=[UNKNOWN], logged=False)
        assert not folder.exists()

    def test_it_is_in_ones_own_timeline(self, contoso: Tenant, fabrikam: Tenant) -> None:
        wants(contoso, "all")
        ask(contoso, UNKNOWN)
        ask(fabrikam, UNKNOWN)
        drain()
        assert len(logged(contoso)) == 1
        assert logged(fabrikam) == []

    def test_over_http_with_the_requests_id(self, cast: Cast) -> None:
        wants(cast.contoso, "all")
        with acting(origin=Origin.COMMAND):
            _, secret = create_token(tenant=cast.contoso, name="mdm", role="service", by=cast.operator)
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        body = {
            "subject": {"type": "tenant", "id": "contoso"},
            "action": {"name": "share"},
            "options": {"evaluations_semantic": "deny_on_first_deny"},
            "evaluations": [{"resource": {"type": "flow", "id": code}} for code in ("fax", "telex")],
        }
        answer = client.post(
            "/api/v1/tenants/contoso/access/v1/evaluations", body, content_type="application/json"
        )
        assert drain() == 1  # what was not answered was not asked
        event = logged(cast.contoso)[0]
        assert event.resource_name == "fax"
        assert str(event.attribution.correlation_id) == answer["X-Request-ID"]
        assert event.attribution.actor_name == "mdm"


@pytest.mark.django_db
class TestDraining:
    def test_the_job_says_what_it_did(self, contoso: Tenant) -> None:
        wants(contoso, "all")
        ask(contoso, UNKNOWN, NOTHING)
        assert log_decisions(Running("consents.log_decisions")) == "Wrote down 2 decisions."
        assert "No decision" in log_decisions(Running("consents.log_decisions"))

    def test_a_writer_goes_on_in_another_file(self, contoso: Tenant, folder: Path) -> None:
        wants(contoso, "all")
        for _ in range(3):
            ask(contoso, UNKNOWN)
            assert drain() == 1
            assert list(folder.iterdir()) == []
        assert len(logged(contoso)) == 3

    def test_cut_off_after_the_commit_nothing_comes_twice(self, contoso: Tenant, folder: Path) -> None:
        wants(contoso, "all")
        ask(contoso, UNKNOWN)
        ask(contoso, NOTHING)
        content = next(folder.iterdir()).read_bytes()
        drain()
        (folder / f"again{spool.SEALED}").write_bytes(content)
        ask(contoso, UNKNOWN)
        assert drain() == 1
        assert len(logged(contoso)) == 3

    def test_a_line_of_which_half_was_lost_is_put_aside(self, contoso: Tenant, folder: Path) -> None:
        wants(contoso, "all")
        ask(contoso, UNKNOWN)
        file = next(folder.iterdir())
        whole = file.read_bytes()
        broken = whole[:40] + b"\n[]\n" + b'{"by":{"id":"nobody"},"tenant":1,"at":"","answers":[]}\n'
        file.write_bytes(broken + whole)
        assert drain() == 1
        aside = next(folder.glob("*.unreadable"))
        assert aside.read_bytes() == broken

    def test_where_the_disk_takes_nothing_the_trail_does(
        self, contoso: Tenant, settings: Any, tmp_path: Path
    ) -> None:
        wants(contoso, "all")
        in_the_way = tmp_path / "file"
        in_the_way.touch()
        settings.DECISION_SPOOL = str(in_the_way)
        ask(contoso, UNKNOWN)
        assert len(logged(contoso)) == 1

    def test_a_file_that_somebody_else_carries_off_is_left_alone(self, contoso: Tenant, folder: Path) -> None:
        wants(contoso, "all")
        ask(contoso, UNKNOWN)
        file = next(folder.iterdir())
        sealed = file.rename(file.with_suffix(spool.SEALED))
        with sealed.open() as other, spool.locked(other.fileno()):
            assert drain() == 0
        assert drain() == 1

    def test_writers_and_carriers_at_once(self, folder: Path, settings: Any) -> None:
        """Nothing is lost where a file is taken from under its writers."""
        line = json.dumps({"n": 0}).encode()
        from consents.decisions.draining import _seal

        def write(_: int) -> None:
            for _ in range(200):
                spool._spool.append(line + b"\n")

        with ThreadPoolExecutor(4) as pool:
            writers = [pool.submit(write, number) for number in range(3)]
            while not all(writer.done() for writer in writers):
                for path in folder.glob(f"*{spool.OPEN}"):
                    _seal(path)
        lines = [each for path in folder.iterdir() for each in path.read_bytes().splitlines()]
        assert len(lines) == 600
        assert set(lines) == {line}

    def test_a_child_process_writes_into_its_own_file(self, folder: Path) -> None:
        spool._spool.append(b"{}\n")
        child = os.fork()
        if child == 0:
            try:
                spool._spool.append(b"{}\n")
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert len(list(folder.iterdir())) == 2


KILLS = 100
LONGEST = 0.03
# On a machine that is busy with other things a life is longer, until something is done in it.
SLOWER = 1.2


@pytest.fixture
def drainers(transactional_db: None, folder: Path) -> Iterator[Warm]:
    warm = Warm("tests.consents.warm_drainers", DECISION_SPOOL=str(folder))
    yield warm
    warm.close()


def test_killed_at_any_instant_nothing_is_lost_and_nothing_twice(drainers: Warm, cast: Cast) -> None:
    """Drainers are killed at instants drawn anew while the answering goes on; in the end each answer is there once."""
    wants(cast.contoso, "all")
    chance = random.Random(5)
    asked = 0
    written = AuditEvent.objects.for_tenant(cast.contoso).filter(activity="decision.asked")
    longest = LONGEST
    for _ in range(KILLS):
        before = written.count()
        drainers.start(f"at_work {chance.random() * longest}")
        for _ in range(6):
            ask(cast.contoso, *(Question(flow=f"n{asked + part}") for part in range(3)))
            asked += 3
        assert drainers.ended() == -signal.SIGKILL
        longest = LONGEST if written.count() > before else longest * SLOWER
    assert written.count(), "no drainer lived to do anything: this showed nothing"
    drain()
    names = [event.resource_name for event in logged(cast.contoso)]
    assert sorted(names) == sorted(f"n{each}" for each in range(asked))
