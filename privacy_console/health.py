"""What a load balancer and a monitor ask: is the process alive, and can it serve."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audit import triggers
from catalog.models import Edition

OK, FAILING, UNKNOWN = "ok", "failing", "unknown"
# Comparing every trigger and migration takes tens of milliseconds, and anybody may ask.
REMEMBERED_FOR = 10.0


def database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def migrations_are_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def audit_triggers_are_in_place() -> bool:
    return not triggers.differences(connection)


def catalog_is_loaded() -> bool:
    return Edition.objects.exists()


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "migrations": migrations_are_applied,
    "audit_triggers": audit_triggers_are_in_place,
    "catalog": catalog_is_loaded,
}


class Readiness:
    """The answers to the checks, remembered for a short while."""

    def __init__(self) -> None:
        self._checks: dict[str, str] = {}
        self._asked_at = float("-inf")

    def forget(self) -> None:
        self._asked_at = float("-inf")

    def checks(self) -> dict[str, str]:
        """Each check's answer: ok, failing, or unknown where the database does not answer at all.

        Whether the database answers is asked each time, the rest at most once in REMEMBERED_FOR seconds.
        """
        if _answer(database_answers) == FAILING:
            self.forget()
            return dict.fromkeys(CHECKS, UNKNOWN) | {"database": FAILING}
        if time.monotonic() - self._asked_at > REMEMBERED_FOR:
            self._checks = {name: _answer(check) for name, check in CHECKS.items()}
            self._asked_at = time.monotonic()
        return self._checks


def _answer(check: Callable[[], bool]) -> str:
    try:
        return OK if check() else FAILING
    except DatabaseError:
        return FAILING


readiness = Readiness()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all; it asks no database."""
    return JsonResponse({"status": OK, "checks": {}})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 where requests can be served, otherwise 503; the checks say which part is missing, and no more."""
    checks = readiness.checks()
    is_ready = set(checks.values()) == {OK}
    status = OK if is_ready else FAILING
    return JsonResponse({"status": status, "checks": checks}, status=200 if is_ready else 503)
