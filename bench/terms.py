"""Acceptances: what importing many costs, and whether pages answer as fast with a million as with ten thousand.

`./console bench terms`. Two databases of the same kind, a process for each, asked by turns through the whole stack of
the console, without a network between. In one 10,000 acceptances, in the other a million, and that in two ways: the
same 10,000 employees in many rounds, and one round of many employees.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from bench.decide import copy_database, other_database

FEW, MANY = 10_000, 1_000_000
IMPORTED, IMPORT_ROUNDS, ROUNDS = 100_000, 3, 9
EMPLOYEES = 10_000  # those who accept in many rounds
OWE = 10  # one in so many has not accepted the version in force
PLAIN, CONSOLE, COPIED = "plain bulk_create", "import_acceptances", "plain COPY"
ROUNDS_GROW, PEOPLE_GROW = "rounds", "people"
BASE = datetime(2023, 7, 4, 7, 57, 43, tzinfo=UTC)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.terms", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, few rounds")
    quick: bool = parser.parse_args(arguments).quick
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    small, large = os.environ["DATABASE_URL"], other_database(os.environ["DATABASE_URL"])
    size, many = (IMPORTED // 10, MANY // 10) if quick else (IMPORTED, MANY)
    with ExitStack() as running:
        first = running.enter_context(_child(small))
        made = first.ask("make", None)
        copy_database(small, large)
        children = {FEW: first, many: running.enter_context(_child(large))}
        for number, child in children.items():
            child.ask("fill", number)
        pages = _pages(children, 3 if quick else ROUNDS)
        imports = first.ask("imports", [size, 2 if quick else IMPORT_ROUNDS])
    memory = {count: _peak(small, count) for count in (size // 10, size)}
    json.dump(
        {"server": made, "size": size, "many": many, "imports": imports, "memory": memory, **pages},
        sys.stdout,
    )


# --- Processes: each knows one database ---


class Child:
    """A process that does what it is asked, one line of JSON after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, name: str, value: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps([name, value]), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"The step {name} failed.")
        return json.loads(answer)


@contextmanager
def _child(url: str) -> Iterator[Child]:
    command = [sys.executable, "-c", "from bench.terms import serve; serve()"]
    with subprocess.Popen(  # noqa: S603
        command,
        env=os.environ | {"DATABASE_URL": url},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield Child(process)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait()


def serve() -> None:
    import django

    django.setup()
    steps: dict[str, Callable[[Any], Any]] = {
        "make": _make, "fill": _fill, "time": _time_page, "imports": _imports, "peak": _peak_of,
    }  # fmt: skip
    for line in sys.stdin:
        name, value = json.loads(line)
        print(json.dumps(steps[name](value)), flush=True)
        if name == "make":
            _leave()


def _leave() -> None:
    """A database that is copied has nobody in it."""
    from django.db import connection

    connection.close()


# --- What is in the databases ---


def _make(_: None) -> str:
    """Tables, an officer, and a tenant for each way of growing, with one policy."""
    from django.core.management import call_command
    from django.db import connection

    from audit.context import Origin, acting
    from bench.engine import _server as server_of
    from tenants.access import Shell
    from tenants.models import Membership, Tenant, User

    call_command("migrate", verbosity=0, run_syncdb=True)
    with acting(origin=Origin.COMMAND, actor_name="bench"):
        officer = User.objects.create_user("officer", "for measuring only")
        for slug in (ROUNDS_GROW, PEOPLE_GROW, "imports"):
            tenant = Tenant.objects.create(slug=slug, name=slug, directory_id=uuid.uuid4(), country="DE")
            Membership.objects.for_tenant(tenant).create(tenant=tenant, user=officer, role="privacy_officer")
            _publish(tenant, Shell())
    return server_of(connection)


def _publish(tenant: Any, by: Any) -> None:
    from terms import services

    policy = services.create_policy(tenant=tenant, name="Phones", by=by)
    _publish_version(policy, by)


def _publish_version(policy: Any, by: Any) -> None:
    from terms import services

    revision = services.draft_version(policy=policy, by=by)
    services.write_text(
        revision=revision, language="en", by=by, title="Phones", summary="Agreed?", body="Lock it."
    )
    services.publish_version(version=revision.version, by=by, reason="measured")


def _fill(acceptances: int) -> None:
    """Rows in bulk, with the triggers taken down meanwhile; history and events are not read by what is measured."""
    from django.db import connection, transaction

    from audit import triggers
    from audit.context import Origin, acting
    from tenants.access import Shell
    from tenants.models import Tenant
    from terms.models import TermsPolicy

    many_rounds = Tenant.objects.get(slug=ROUNDS_GROW)
    policy = TermsPolicy.objects.for_tenant(many_rounds).get()
    rounds = acceptances // EMPLOYEES
    with acting(origin=Origin.COMMAND, actor_name="bench"):
        for _ in range(rounds - 1):
            _publish_version(policy, Shell())
    with transaction.atomic():
        triggers.take_down(connection)
        _fill_tenant(ROUNDS_GROW, EMPLOYEES)
        _fill_tenant(PEOPLE_GROW, acceptances)
        triggers.install(connection)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _fill_tenant(slug: str, employees: int) -> None:
    """So many employees; all have accepted every version but the one in force, which one in ten has not."""
    from django.db import connection

    from tenants.models import Tenant
    from terms.models import TermsVersion

    tenant = Tenant.objects.get(slug=slug)
    newest, *older = TermsVersion.objects.for_tenant(tenant).order_by("-number")
    with connection.cursor() as cursor:
        cursor.execute(_employees(tenant.pk, employees))
        for age, version in enumerate((newest, *older)):
            owing = f"AND e.id % {OWE} <> 0" if version == newest else ""
            cursor.execute(_acceptances(tenant.pk, version.pk, version.policy_id, age, owing))


def _employees(tenant: int, count: int) -> str:
    from django.db import connection

    numbers = (
        f"WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {count})"
        if connection.vendor == "sqlite"
        else f"WITH g (n) AS (SELECT generate_series(1, {count}))"
    )
    # As user names are: in no order of the ids.
    return (
        "INSERT INTO tenants_employee (tenant_id, directory_id, user_principal_name, display_name, mail, language,"
        f" status, first_seen_at) {numbers} SELECT {tenant}, 'id ' || n,"
        f" ((CAST(n AS bigint) * 7919) % {count}) || '.' || n || '@contoso.example', 'Person ' || n, '', '', 'active',"
        " CURRENT_TIMESTAMP FROM g"
    )


def _acceptances(tenant: int, version: int, policy: int, age: int, owing: str) -> str:
    from django.db import connection

    is_sqlite = connection.vendor == "sqlite"
    receipt = "lower(hex(randomblob(16)))" if is_sqlite else "gen_random_uuid()"
    minutes = f"(e.id % 20000) + {age} * 20000"
    at = (
        f"datetime('2026-06-01', '-' || ({minutes}) || ' minutes')"
        if is_sqlite
        else f"'2026-06-01Z'::timestamptz - ({minutes}) * interval '1 minute'"
    )
    return (
        "INSERT INTO terms_acceptance (tenant_id, receipt_id, employee_id, policy_id, version_id, directory_id,"
        " user_principal_name, display_name, language, text_sha256, round, decided_at, decision, button, surface,"
        ' "trigger", device, session, network, imported_from, key_id, signature)'
        f" SELECT {tenant}, {receipt}, e.id, {policy}, {version}, e.directory_id, e.user_principal_name,"
        f" e.display_name, '', '', 1, {at}, 'accepted', '', 'paper', 'new', '', '', '', '', '', ''"
        f" FROM tenants_employee e WHERE e.tenant_id = {tenant} {owing}"
    )


# --- Pages ---

PAGES = {
    "progress, page": "/admin/terms/termspolicy/{policy}/change/",
    "progress, API": "/api/v1/tenants/{tenant}/terms/{policy}/progress/",
    "outstanding, page": "/admin/terms/termspolicy/{policy}/outstanding/",
    "outstanding, API": "/api/v1/tenants/{tenant}/terms/{policy}/outstanding/",
    "outstanding, API, further on": "further",
    "the log, page": "/admin/terms/acceptance/?policy__id__exact={policy}",
    "the log, API": "/api/v1/tenants/{tenant}/terms/{policy}/acceptances/",
}


def _pages(children: dict[int, Child], rounds: int) -> dict[str, Any]:
    """Seconds and queries of each page in both databases; the order is drawn anew in every round."""
    asked = [(way, page, size) for way in (ROUNDS_GROW, PEOPLE_GROW) for page in PAGES for size in children]
    seconds: dict[str, dict[str, list[float]]] = {}
    queries: dict[str, dict[str, int]] = {}
    for number in range(rounds + 1):
        for way, page, size in random.sample(asked, len(asked)):
            took, count = children[size].ask("time", [way, page])
            name = f"{page}, {way}"
            queries.setdefault(name, {})[str(size)] = count
            if number:
                seconds.setdefault(name, {}).setdefault(str(size), []).append(took)
    return {"pages": {name: seconds[name] for name in sorted(seconds)}, "queries": queries}


_clients: dict[str, Any] = {}


def _time_page(asked: list[str]) -> tuple[float, int]:
    """The seconds of one answer and the queries it took, the sign-in's own included."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from tenants.models import Tenant, User
    from terms.models import TermsPolicy

    way, page = asked
    if "client" not in _clients:
        client = Client(headers={"host": "localhost"}, raise_request_exception=True)
        client.force_login(User.objects.get(username="officer"))
        _clients["client"] = client
    policy = TermsPolicy.objects.for_tenant(Tenant.objects.get(slug=way)).get()
    url = PAGES[page].format(tenant=way, policy=policy.pk)
    if url == "further":
        url = _clients.get(way) or _clients.setdefault(way, _further(way, policy.pk))
    with CaptureQueriesContext(connection) as captured:
        started = time.perf_counter()
        answer = _clients["client"].get(url)
        took = time.perf_counter() - started
    assert answer.status_code == 200, (url, answer.content[:500])
    return took, len(captured)


def _further(way: str, policy: int) -> str:
    """The sixth page of the list."""
    url: str = PAGES["outstanding, API"].format(tenant=way, policy=policy)
    for _ in range(5):
        url = _clients["client"].get(url).json()["next"]
    return url


# --- Imports ---


def _imports(asked: list[int]) -> dict[str, list[float]]:
    """Seconds of importing so many rows, and of putting the same into a plain table; each is taken back."""
    from django.db import connection

    size, rounds = asked
    report = _report(size)
    contestants = {PLAIN: _plain, CONSOLE: _console}
    if connection.vendor == "postgresql":
        contestants[COPIED] = _copied
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name in random.sample(list(contestants), len(contestants)):
            took = contestants[name](report, size)
            if number:
                seconds[name].append(took)
    return seconds


def _report(size: int) -> Path:
    """A report about so many employees, who are made where there are not so many yet."""
    from django.db import connection

    from tenants.models import Employee, Tenant

    tenant = Tenant.objects.get(slug="imports")
    employees = Employee.objects.for_tenant(tenant)
    if (there := employees.count()) < size:
        rows = (
            Employee(
                tenant=tenant,
                directory_id=str(uuid.uuid4()),
                user_principal_name=f"person.{number}@contoso.example",
                display_name=f"Person {number}",
            )
            for number in range(there, size)
        )
        employees.bulk_create(rows, batch_size=1000)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    path = Path(os.environ["BENCH_FOLDER"], f"report-{size}.csv")
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(("User name", "UPN", "Accepted version", "Accepted time", "Accepted latest"))
        for number in range(size):
            at = (BASE + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
            writer.writerow((f"Person {number}", f"person.{number}@contoso.example", 1, at, "Yes"))
    return path


def _console(report: Path, size: int) -> float:
    from django.db import transaction

    with transaction.atomic():
        started = time.perf_counter()
        made = _import(report)
        took = time.perf_counter() - started
        transaction.set_rollback(True)
    assert made.recorded == size, (made.recorded, made.problems[:3])
    return took


def _import(report: Path) -> Any:
    from audit.context import Origin, acting
    from tenants.access import Shell
    from tenants.models import Tenant
    from terms import services
    from terms.imports.reading import How, Reading, documents_at
    from terms.models import TermsPolicy

    policy = TermsPolicy.objects.for_tenant(Tenant.objects.get(slug="imports")).get()
    with acting(origin=Origin.COMMAND, actor_name="bench"):
        return services.import_acceptances(
            policy=policy, by=Shell(), reading=Reading(documents_at([report]), How())
        )


def _rows(size: int) -> Iterator[dict[str, Any]]:
    for number in range(size):
        yield {
            "tenant_id": 1, "receipt_id": uuid.uuid4(), "employee_id": number, "policy_id": 1, "version_id": 1,
            "directory_id": f"c0de0000-0000-4000-8000-{number:012}",
            "user_principal_name": f"person.{number}@contoso.example", "display_name": f"Person {number}",
            "language": "", "text_sha256": "", "round": 1, "decided_at": BASE + timedelta(seconds=number),
            "decision": "accepted", "button": "", "surface": "company_portal", "trigger": "unknown", "device": "",
            "session": "", "network": "", "source_id": 1, "imported_from": f"report.csv, line {number}, column 1",
            "key_id": "", "signature": "",
        }  # fmt: skip


def _plain(report: Path, size: int) -> float:
    from django.db import transaction

    from bench.app.models import PlainAcceptance

    rows = [PlainAcceptance(**row) for row in _rows(size)]
    with transaction.atomic():
        started = time.perf_counter()
        PlainAcceptance._default_manager.bulk_create(rows, batch_size=1000)
        took = time.perf_counter() - started
        transaction.set_rollback(True)
    return took


def _copied(report: Path, size: int) -> float:
    from django.db import connection, transaction

    rows = list(_rows(size))
    columns = ", ".join(f'"{name}"' for name in rows[0])
    with transaction.atomic(), connection.cursor() as cursor:
        started = time.perf_counter()
        with cursor.copy(f"COPY bench_plainacceptance ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(list(row.values()))
        took = time.perf_counter() - started
        transaction.set_rollback(True)
    return took


def _peak(url: str, size: int) -> int:
    """How many MB a process of its own needs more for importing so many rows."""
    with _child(url) as child:
        found: int = child.ask("peak", size)
        return found


def _peak_of(size: int) -> int:
    import resource

    report = _report(1000)
    _console(report, 1000)  # what is needed for any import
    report = _report(size)
    before: int = psutil.Process().memory_info().rss >> 20
    _console(report, size)
    most: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return most - before


if __name__ == "__main__":
    main(sys.argv[1:])
