"""Decisions as they are asked for, over HTTP: `./console bench decide`.

A real server (gunicorn, one process) for each of two databases, one with 10 consents and one with many, asked by turns.
The many are copied in bulk with the triggers taken down, history rows and what they cover included; the server runs
with all of them in place.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

FEW, MANY = 10, 1_000_000
ROUNDS, REQUESTS, CLIENTS = 15, 300, 3
BATCH = 1000
COPIES = 1_000_000  # their ids begin above
FLOW = "apple.out.vpp.serial_number"
EMPTY, DECISION, BATCHED, KNOWN_THEN = "empty view", "decision", f"batch of {BATCH:,}", "as known then"
GROWING = (DECISION, "denied", KNOWN_THEN)
EVALUATION = {
    "subject": {"type": "tenant", "id": "contoso"},
    "action": {"name": "share"},
    "resource": {"type": "flow", "id": FLOW, "properties": {"connection": "site 3"}},
}
TENANT, LOGGING = "contoso", "fabrikam"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.decide", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the consents, few rounds")
    quick: bool = parser.parse_args(arguments).quick
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.serving"
    many = MANY // 100 if quick else MANY
    few, large = os.environ["DATABASE_URL"], other_database(os.environ["DATABASE_URL"])
    made = json.loads(_step(few, "make", FEW))
    copy_database(few, large)
    _step(large, "fill", many)
    queries = json.loads(_step(large, "count", made["secrets"][TENANT]))
    with ExitStack() as servers:
        ports = {FEW: servers.enter_context(_server(few)), many: servers.enter_context(_server(large))}
        contestants = dict(_contestants(ports, made, many))
        seconds, processor = _measure(
            contestants, 3 if quick else ROUNDS, REQUESTS // 3 if quick else REQUESTS
        )
    answer = {"server": made["server"], "queries": queries, "many": many, "seconds": seconds}
    answer["processor"] = processor
    json.dump(answer, sys.stdout)


# --- Steps that need Django, each in a process of its own: a process knows one database ---


def _step(url: str, name: str, value: object) -> str:
    command = [sys.executable, "-c", f"from bench.decide import step; step({name!r}, {value!r})"]
    done = subprocess.run(command, env=_environment(url), stdout=subprocess.PIPE, check=True)  # noqa: S603
    return done.stdout.decode()


def _environment(url: str) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": url, "DECISION_SPOOL": f"{os.environ['BENCH_FOLDER']}/decisions"}


def step(name: str, value: Any) -> None:
    import django

    django.setup()
    steps: dict[str, Callable[[Any], object]] = {"make": _make, "fill": _fill, "count": _count}
    print(json.dumps(steps[name](value)))


def _make(consents: int) -> dict[str, Any]:
    """The database with its catalog, two tenants with their tokens and a few consents each."""
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from audit.context import Origin, acting
    from bench.engine import server_of
    from catalog.kinds import REFERENCE_FILE
    from catalog.models import Service
    from catalog.services import load_catalog
    from consents.models import ConsentPolicy
    from consents.services import grant_consent, request_consent
    from tenants.access import Shell
    from tenants.models import Tenant
    from tenants.services import create_token

    call_command("migrate", verbosity=0)
    with acting(origin=Origin.COMMAND, actor_name="bench"):
        load_catalog(content=REFERENCE_FILE.read_bytes(), by=Shell())
        vpp = Service.objects.get(code="vpp")
        secrets = {}
        for slug in (TENANT, LOGGING):
            tenant = Tenant.objects.create(slug=slug, name=slug, directory_id=uuid.uuid4(), country="DE")
            _, secrets[slug] = create_token(tenant=tenant, name="bench", role="service", by=Shell())
            for number in range(consents):
                asked = request_consent(tenant=tenant, service=vpp, connection=f"site {number}", by=Shell())
                grant_consent(consent=asked, by=Shell(), reason="measured")
        policies = ConsentPolicy.objects.for_tenant(tenant)
        policies.create(tenant=tenant, log_decisions=ConsentPolicy.DecisionLog.ALL)
    time.sleep(0.1)
    return {"secrets": secrets, "known_at": timezone.now().isoformat(), "server": server_of(connection)}


def _fill(many: int) -> None:
    """Copies of one consent until there are so many: five periods one after the other for each connection."""
    from django.db import connection, transaction

    from audit import triggers

    with transaction.atomic():
        triggers.take_down(connection)
        with connection.cursor() as cursor:
            for statement in _copies(many - FEW):
                cursor.execute(statement)
        triggers.install(connection)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _copies(count: int) -> Iterator[str]:
    """One consent, its history row and one covered flow, as often as that; the newest period of each is in force."""
    from django.db import connection

    from consents.models import Consent, CoveredFlow

    is_sqlite = connection.vendor == "sqlite"
    numbers = (
        f"WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {count}) "
        if is_sqlite
        else f"WITH g (n) AS (SELECT generate_series(1, {count})) "
    )
    start = "datetime('2016-01-01', (({}) * 365) || ' days')"
    day = start if is_sqlite else "'2016-01-01Z'::timestamptz + ({}) * interval '365 days'"
    period = f"(g.n * 5 / {count + 1})"
    changed = {
        "id": f"{COPIES} + g.n",
        "record_id": "lower(hex(randomblob(16)))" if is_sqlite else "gen_random_uuid()",
        "connection": f"'copy ' || (g.n % {count // 5})",
        "effective_from": day.format(period),
        "ends_at": f"CASE WHEN {period} < 4 THEN {day.format(period + ' + 1')} END",
        "status": f"CASE WHEN {period} < 4 THEN 'expired' ELSE 'granted' END",
    }
    own = [str(field.column) for field in Consent._meta.concrete_fields]
    values = ", ".join(changed.get(column, f"c.{column}") for column in own)
    columns = ", ".join(own)
    yield (
        f"INSERT INTO consents_consent ({columns}) {numbers} SELECT {values} FROM g CROSS JOIN consents_consent c"
        " WHERE c.id = (SELECT MIN(id) FROM consents_consent)"
    )
    yield (
        f"INSERT INTO consents_historicalconsent ({columns}, history_id, history_date, history_type)"
        f" SELECT {columns}, {COPIES} + id, granted_at, '+' FROM consents_consent WHERE id > {COPIES}"
    )
    parts = [str(f.column) for f in CoveredFlow._meta.concrete_fields if f.column not in ("id", "consent_id")]
    yield (
        f"INSERT INTO consents_coveredflow (id, consent_id, {', '.join(parts)})"
        f" SELECT {COPIES} + c.id, c.id, {', '.join(f'f.{part}' for part in parts)} FROM consents_consent c"
        f" CROSS JOIN consents_coveredflow f WHERE c.id > {COPIES}"
        f" AND f.id = (SELECT MIN(id) FROM consents_coveredflow WHERE code = '{FLOW}')"
    )


def _count(secret: str) -> dict[str, int]:
    """Queries of a request, the token check included, once its process knows the catalog."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    client = Client(headers={"Authorization": f"Bearer {secret}"})
    found = {}
    for name, body in _bodies(timezone.now().isoformat(), FEW).items():
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                answer = client.post(f"/api/v1/tenants/{TENANT}/decisions/", next(body), "application/json")
            assert answer.status_code == 200, answer.content
            found[name] = len(captured)
    return found


# --- Databases and servers ---


def other_database(url: str) -> str:
    if url.startswith("sqlite"):
        return url.replace("console.sqlite3", "large.sqlite3")
    return url.replace("/postgres?", "/bench_large?")


def copy_database(source: str, target: str) -> None:
    if source.startswith("sqlite"):
        files = (url.removeprefix("sqlite:///") for url in (source, target))
        with closing(sqlite3.connect(next(files))) as old, closing(sqlite3.connect(next(files))) as new:
            old.backup(new)
        return
    import psycopg

    host = source.partition("host=")[2]
    with psycopg.connect(host=host, user="postgres", dbname="template1", autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench_large TEMPLATE postgres")


@contextmanager
def _server(url: str) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--workers", "1", "--worker-class", "gthread", "--threads", str(CLIENTS), "--keep-alive", "60")
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--no-control-socket",
        "--bind",
        f"127.0.0.1:{port}",
        *options,
    ]
    with (
        Path(os.environ["BENCH_FOLDER"], f"server-{port}.log").open("wb") as log,
        subprocess.Popen(  # noqa: S603
            [*command, "privacy_console.wsgi"], env=_environment(url), stdout=log, stderr=log
        ) as process,
    ):
        try:
            _wait_for(port)
            yield Server(port, psutil.Process(process.pid))
        finally:
            process.terminate()


@dataclass(frozen=True)
class Server:
    port: int
    process: psutil.Process

    def processor_seconds(self) -> float:
        """What it has used of the processor: the same on a busy machine and on an idle one."""
        times = [each.cpu_times() for each in self.process.children()]
        return float(sum(one.user + one.system for one in times))


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("The server did not start.")


# --- Measuring ---


def _bodies(known_at: str, consents: int) -> dict[str, Iterator[str]]:
    """Bodies without end, each about another connection than the last."""
    is_few = consents == FEW
    among = range(FEW) if is_few else range((consents - FEW) // 5)
    order = itertools.cycle(random.Random(7).sample(among, min(len(among), 5000)))
    names = (f"site {number}" if is_few else f"copy {number}" for number in order)
    turn: Callable[[], str] = lambda: next(names)  # noqa: E731
    questions = [{"flow": FLOW, "connection": f"site {number}"} for number in range(BATCH)]
    return {
        DECISION: (json.dumps({"flow": FLOW, "connection": turn()}) for _ in itertools.count()),
        "denied": (json.dumps({"flow": FLOW, "connection": "nobody's"}) for _ in itertools.count()),
        "whole service": (json.dumps({"service": "vpp", "connection": turn()}) for _ in itertools.count()),
        KNOWN_THEN: (
            json.dumps({"flow": FLOW, "connection": turn(), "known_at": known_at}) for _ in itertools.count()
        ),
        BATCHED: (json.dumps({"questions": questions}) for _ in itertools.count()),
    }


def _contestants(
    ports: Mapping[int, Server], made: Mapping[str, Any], many: int
) -> Iterator[tuple[str, _Load]]:
    secrets = made["secrets"]

    def load(size: int, path: str, bodies: Iterator[str], tenant: str = TENANT) -> _Load:
        return _Load(ports[size], f"/api/v1/tenants/{tenant}/{path}", secrets[tenant], bodies)

    nothing = itertools.repeat('{"flow": "x"}')
    yield EMPTY, load(FEW, "empty/", nothing)
    yield "empty viewset", load(FEW, "empty-viewset/", nothing)
    bodies = _bodies(made["known_at"], FEW)
    for name, body in bodies.items():
        yield name, load(FEW, "decisions/", body)
    yield "as AuthZEN", load(FEW, "access/v1/evaluation", itertools.repeat(json.dumps(EVALUATION)))
    yield "each answer logged", load(FEW, "decisions/", bodies[DECISION], LOGGING)
    for name, body in _bodies(made["known_at"], many).items():
        if name in GROWING:
            yield f"{name}, {many:,}", load(many, "decisions/", body)


class _Load:
    """Requests over connections that stay open, several at a time, so that the server is never waiting."""

    def __init__(self, server: Server, path: str, token: str, bodies: Iterator[str]) -> None:
        self.server, self.path, self.token, self.bodies = server, path, token, bodies

    def __call__(self, requests: int) -> None:
        share = [[next(self.bodies).encode() for _ in range(requests // CLIENTS)] for _ in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(self._send, share))

    def _send(self, bodies: list[bytes]) -> None:
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"
        head += "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: "
        with (
            socket.create_connection(("127.0.0.1", self.server.port)) as line,
            line.makefile("rb") as answers,
        ):
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for body in bodies:
                line.sendall(f"{head}{len(body)}\r\n\r\n".encode() + body)
                _read_answer(answers)


def _read_answer(answers: Any) -> None:
    status = answers.readline()
    assert b" 200 " in status, status
    length = 0
    while (header := answers.readline()) != b"\r\n":
        name, _, value = header.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    answers.read(length)


def _measure(
    contestants: Mapping[str, _Load], rounds: int, requests: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds for a request, and of the server's processor, a figure for each round.

    In each round every contestant comes once, in an order drawn anew; the first round is not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    processor: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name in random.sample(list(contestants), len(contestants)):
            count = max(CLIENTS, requests // 50 // CLIENTS * CLIENTS) if name == BATCHED else requests
            server = contestants[name].server
            started, used = time.perf_counter(), server.processor_seconds()
            contestants[name](count)
            if number:
                seconds[name].append((time.perf_counter() - started) / count)
                processor[name].append((server.processor_seconds() - used) / count)
    return seconds, processor


if __name__ == "__main__":
    main(sys.argv[1:])
