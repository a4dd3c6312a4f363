"""What a load balancer and a monitor are told."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.test import Client
from django.urls import path
from pytest_django import DjangoAssertNumQueries

from audit import triggers
from catalog.models import Edition
from privacy_console.health import healthz, readiness, readyz
from tests.commands.running import run_alone

urlpatterns = [path("healthz", healthz), path("readyz", readyz)]

pytestmark = pytest.mark.urls(__name__)

ASK = """
from django.test import RequestFactory
from privacy_console.health import readyz
answer = readyz(RequestFactory().get("/readyz"))
print(answer.status_code, answer.content.decode())
"""


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    readiness.forget()


def asked_alone(database: str) -> tuple[int, dict[str, str]]:
    """What a process on this database answers: its status code and the checks."""
    ran = run_alone(database, "shell", "--no-imports", "-c", ASK)
    assert ran.code == 0, ran.err
    code, _, body = ran.out.strip().partition(" ")
    return int(code), json.loads(body)["checks"]


def test_alive_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": {}})


@pytest.mark.django_db
def test_ready(client: Client) -> None:
    answer = client.get("/readyz")
    checks = dict.fromkeys(("database", "migrations", "audit_triggers", "catalog"), "ok")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": checks})
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_asking_again_costs_one_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/readyz")
    with django_assert_num_queries(1):
        assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_a_missing_trigger_is_told(client: Client) -> None:
    triggers.take_down(connection)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    assert answer.json()["checks"]["audit_triggers"] == "failing"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_only_to_be_read(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
    assert client.head(address).status_code == 200


def test_a_database_that_is_gone(tmp_path: Path) -> None:
    code, checks = asked_alone(f"sqlite:///{tmp_path}/no such folder/console.sqlite3")
    assert (code, checks.pop("database")) == (503, "failing")
    assert set(checks.values()) == {"unknown"}


def test_a_database_that_is_not_set_up(tmp_path: Path) -> None:
    code, checks = asked_alone(f"sqlite:///{tmp_path}/new.sqlite3")
    assert (code, checks["database"]) == (503, "ok")
    assert (checks["migrations"], checks["catalog"]) == ("failing", "failing")


@pytest.mark.django_db
def test_without_a_catalog(client: Client) -> None:
    with transaction.atomic():
        triggers.take_down(connection)
        Edition.objects.all()._raw_delete(DEFAULT_DB_ALIAS)
        triggers.install(connection)
        answer = client.get("/readyz")
        transaction.set_rollback(True)
    checks = answer.json()["checks"]
    assert (answer.status_code, checks.pop("catalog")) == (503, "failing")
    assert set(checks.values()) == {"ok"}


def test_a_server_that_takes_the_call_and_stays_silent() -> None:
    """Whoever asks is answered: the settings wait five seconds for PostgreSQL, no longer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        code, checks = asked_alone(f"postgres://console@127.0.0.1:{silent.getsockname()[1]}/console")
    assert (code, checks["database"]) == (503, "failing")


def test_nothing_secret_is_told(tmp_path: Path) -> None:
    answer: Any = asked_alone(f"sqlite:///{tmp_path}/hidden/console.sqlite3")
    assert "hidden" not in json.dumps(answer)
