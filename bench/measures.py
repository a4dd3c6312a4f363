"""What is measured, on the engine that the settings name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from audit.context import ActorType, Origin, acting
from bench.app import models
from bench.timing import Prepare, Result, Work, interleaved

BASELINE = "unaudited"
CONSOLE = "console"
BATCH = 1000
numbers = itertools.count(1)


def door() -> Any:
    return acting(
        origin=Origin.API,
        actor_type=ActorType.USER,
        actor_id="user:1",
        actor_name="officer@contoso.example",
        actor_role="privacy_officer",
        ip_address="192.0.2.1",
    )


def row(model: type[Any]) -> Any:
    number = next(numbers)
    return model(
        tenant_id=1,
        service_id=number % 6,
        connection=f"connection {number}",
        status="requested",
        contract_reference=f"C-2026-{number}",
        terms_url="https://contoso.example/terms/device-management",
        justification="Devices are enrolled before they reach the people who will use them.",
        requested_at=timezone.now(),
        requested_by="officer@contoso.example",
    )


def contestants() -> dict[str, type[Any]]:
    """The models by the name of what audits them."""
    named: dict[str, type[Any]] = {
        BASELINE: models.Plain,
        CONSOLE: models.Console,
        "django-simple-history": models.SimpleHistory,
        "django-auditlog": models.AuditLog,
    }
    if connection.vendor == "postgresql":
        named["django-pghistory"] = models.PgHistory
    return named


def update(rounds: int, size: int) -> dict[str, Result]:
    """`save()` of one changed object, each committed by itself."""
    prepared: dict[str, Prepare] = {}
    for name, model in contestants().items():
        prepared[name] = _always(partial(_save_each, _stored(model, size)))
    prepared[f"{CONSOLE}, a door for each"] = _always(
        partial(_save_through_doors, _stored(models.Console, size))
    )
    with door():
        return interleaved(prepared, rounds)


def _always(work: Work) -> Prepare:
    return lambda: nullcontext(work)


def _stored(model: type[Any], size: int) -> list[Any]:
    rows = [row(model) for _ in range(size)]
    with door():
        model.objects.bulk_create(rows, batch_size=BATCH)
    return rows


def _save_each(objects: list[Any]) -> None:
    for each in objects:
        each.status = "granted" if each.status == "requested" else "requested"
        each.granted_at = timezone.now()
        each.save()


def _save_through_doors(objects: list[Any]) -> None:
    for each in objects:
        with door():
            _save_each([each])


def bulk(rounds: int, size: int) -> dict[str, Result]:
    """`bulk_create` of many rows in one transaction."""
    prepared: dict[str, Prepare] = {}
    for name, model in contestants().items():
        create = bulk_create_with_history if name == "django-simple-history" else _bulk_create
        prepared[name] = partial(_with_new_rows, create, model, size)
    with door():
        return interleaved(prepared, rounds)


def _bulk_create(rows: list[Any], model: type[Any], batch_size: int) -> None:
    model.objects.bulk_create(rows, batch_size=batch_size)


@contextmanager
def _with_new_rows(create: Callable[..., object], model: type[Any], size: int) -> Iterator[Work]:
    yield partial(create, [row(model) for _ in range(size)], model, batch_size=BATCH)


def pieces(rounds: int, size: int) -> dict[str, Result]:
    """A bulk insert with single pieces of the record taken away; each is rolled back afterwards."""
    prepared: dict[str, Prepare] = {
        BASELINE: partial(_rolled_back, models.Plain, size),
        CONSOLE: partial(_rolled_back, models.Console, size),
    }
    for table in ("audit_auditevent", "bench_historicalconsole"):
        every = _indexes_of(table)
        prepared[f"without all indexes of {table}"] = partial(_rolled_back, models.Console, size, every)
        for index in every:
            prepared[f"without {index}"] = partial(_rolled_back, models.Console, size, [index])
    with door():
        return interleaved(prepared, rounds)


@contextmanager
def _rolled_back(model: type[Any], size: int, without: Sequence[str] = ()) -> Iterator[Work]:
    with transaction.atomic():
        for index in without:
            _execute(f'DROP INDEX "{index}"')
        with _with_new_rows(_bulk_create, model, size) as work:
            yield work
        transaction.set_rollback(True)


def _indexes_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
    return sorted(name for name, facts in constraints.items() if facts["index"] and not facts["primary_key"])


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
