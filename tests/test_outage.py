"""A database that is read-only, full, locked or gone: 503, words that help, and nothing half-written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import psycopg
import pytest
from django.db import connection
from django.test import Client, TransactionTestCase
from django.urls import reverse

from audit.models import AuditEvent
from catalog.models import Service
from consents.models import Consent
from consents.services import request_consent
from tests.cast import Cast

is_sqlite = connection.vendor == "sqlite"


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@contextmanager
def read_only() -> Iterator[None]:
    _run("PRAGMA query_only = ON" if is_sqlite else "SET default_transaction_read_only = on")
    try:
        yield
    finally:
        _run("PRAGMA query_only = OFF" if is_sqlite else "SET default_transaction_read_only = off")


@contextmanager
def full() -> Iterator[None]:
    """SQLite may take no further page."""
    _run("VACUUM")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
    _run(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        _run("PRAGMA max_page_count = 1073741823")


@contextmanager
def locked() -> Iterator[None]:
    """Somebody else holds what we must write to, for longer than we wait."""
    with _held_by_another():
        _run("PRAGMA busy_timeout = 50" if is_sqlite else "SET lock_timeout = '50ms'")
        try:
            yield
        finally:
            _run("PRAGMA busy_timeout = 20000" if is_sqlite else "RESET lock_timeout")


@contextmanager
def _held_by_another() -> Iterator[None]:
    if not is_sqlite:
        with _another_session() as other_session:
            other_session.execute("LOCK TABLE consents_consent IN ACCESS EXCLUSIVE MODE")
            yield
        return
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def gone() -> Iterator[None]:
    """The server ends our session in the middle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with _another_session() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
    try:
        yield
    finally:
        connection.close()


def _another_session() -> psycopg.Connection[tuple[object, ...]]:
    settings = connection.get_connection_params()
    return psycopg.connect(
        **{name: settings[name] for name in ("dbname", "user", "host", "port") if name in settings}
    )


TROUBLES: list[Callable[[], AbstractContextManager[None]]] = [read_only, locked, full if is_sqlite else gone]


class Outage(TransactionTestCase):
    def setUp(self) -> None:
        self.cast = Cast.assemble()
        service = Service.objects.current().get(code="vpp")
        self.consent = request_consent(tenant=self.cast.contoso, service=service, by=self.cast.admin)
        self.browser = Client(raise_request_exception=False)
        self.browser.force_login(self.cast.admin)
        self.events = AuditEvent.objects.across_tenants().count()

    def assert_nothing_happened(self) -> None:
        consent = Consent.objects.for_tenant(self.cast.contoso).get()
        assert consent.status == Consent.State.REQUESTED
        assert not consent.covered_flows.exists()
        assert AuditEvent.objects.across_tenants().count() == self.events

    def test_the_api_says_so_in_a_problem_document(self) -> None:
        address = f"/api/v1/tenants/contoso/consents/{self.consent.pk}/grant/"
        for trouble in TROUBLES:
            with self.subTest(trouble), trouble():
                answer = self.browser.post(address, {"reason": "so it is"}, content_type="application/json")
                assert answer.status_code == 503, answer.content
                assert answer["Content-Type"] == "application/problem+json"
                assert "Nothing was changed" in answer.json()["detail"]
                assert answer["Retry-After"]
            self.assert_nothing_happened()

    def test_a_page_explains(self) -> None:
        address = reverse("admin:consents_consent_grant", args=[self.consent.pk])
        for trouble in TROUBLES:
            with self.subTest(trouble), trouble():
                answer = self.browser.post(address, {"reason": "so it is"})
                assert answer.status_code == 503, answer.content
                assert "text/html" in answer["Content-Type"]
                assert "database" in answer.content.decode()
            self.assert_nothing_happened()


@pytest.mark.django_db
def test_an_ordinary_answer_is_no_outage(client: Client) -> None:
    assert client.get("/healthz").status_code == 200
