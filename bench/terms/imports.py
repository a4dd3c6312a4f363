"""What importing costs, beside putting the same rows into a plain table."""

from __future__ import annotations

import csv
import os
import random
import resource
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from django.db import connection, transaction

from audit.context import Origin, acting
from bench.app.models import PlainAcceptance
from bench.terms import CONSOLE, COPIED, IMPORTS, PLAIN
from tenants.access import Shell
from tenants.models import Employee, Tenant
from terms import services
from terms.imports.reading import How, Reading, documents_at
from terms.models import TermsPolicy

BASE = datetime(2023, 7, 4, 7, 57, 43, tzinfo=UTC)


def imports(asked: list[int]) -> dict[str, list[float]]:
    """Seconds of importing so many rows, and of putting the same into a plain table; each is taken back."""
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
    tenant = Tenant.objects.get(slug=IMPORTS)
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
    with transaction.atomic():
        started = time.perf_counter()
        made = _import(report)
        took = time.perf_counter() - started
        transaction.set_rollback(True)
    assert made.recorded == size, (made.recorded, made.problems[:3])
    return took


def _import(report: Path) -> Any:
    policy = TermsPolicy.objects.for_tenant(Tenant.objects.get(slug=IMPORTS)).get()
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
    rows = [PlainAcceptance(**row) for row in _rows(size)]
    with transaction.atomic():
        started = time.perf_counter()
        PlainAcceptance._default_manager.bulk_create(rows, batch_size=1000)
        took = time.perf_counter() - started
        transaction.set_rollback(True)
    return took


def _copied(report: Path, size: int) -> float:
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


def peak(size: int) -> int:
    """How many MB more a process needs at most for importing so many rows, than for importing a thousand."""
    report = _report(1000)
    _console(report, 1000)  # what is needed for any import
    report = _report(size)
    before: int = psutil.Process().memory_info().rss >> 20
    _console(report, size)
    most: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return most - before
