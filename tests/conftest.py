"""What the whole suite stands on: the engine asked for, the packaged catalog, the cast, a flush that may."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from audit import triggers
from tests import template
from tests.chance import settle_hypothesis
from tests.snapshot import Snapshot

settle_hypothesis()
pristine: dict[str, Snapshot] = {}


def pytest_configure(config: pytest.Config) -> None:
    # The real hasher takes a tenth of a second for each password, on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """Whether the database is there: on SQLite as an earlier run left it."""
    return template.take()


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_keepdb: bool, django_db_blocker: DjangoDbBlocker
) -> None:
    """The test database, on the engine this run was started for, with the packaged catalog in it."""
    from tests.cast import load_reference_catalog

    with django_db_blocker.unblock():
        assert connection.vendor == os.environ.get("EXPECT_VENDOR", connection.vendor)
        if not django_db_keepdb:
            load_reference_catalog()
            template.keep()
        pristine["default"] = Snapshot.of(connection)


def _empty_and_restore(test: TransactionTestCase) -> None:
    """What follows a test that really commits.

    Django would empty every table, which the append-only trail refuses. Here, and nowhere in the product, the
    triggers are taken down for it; afterwards the database is as it was when the session began.
    """
    for alias in test._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        with transaction.atomic(using=alias):
            triggers.take_down(connections[alias])
            call_command(
                "flush",
                verbosity=0,
                interactive=False,
                database=alias,
                reset_sequences=False,
                inhibit_post_migrate=True,
            )
            pristine[alias].restore(connections[alias])
            triggers.install(connections[alias])


TransactionTestCase._fixture_teardown = _empty_and_restore  # type: ignore[attr-defined]


@pytest.fixture
def cast(db: None) -> Any:
    """Everybody, for tests that are functions; classes inherit from CastTestCase instead."""
    from tests.cast import Cast

    return Cast.assemble()


def _member(name: str) -> Any:
    @pytest.fixture(name=name)
    def member(cast: Any) -> Any:
        return getattr(cast, name)

    return member


contoso, fabrikam = _member("contoso"), _member("fabrikam")
officer, admin, auditor, employee = (_member(n) for n in ("officer", "admin", "auditor", "employee"))
fabrikam_officer, fabrikam_admin, fabrikam_auditor = (
    _member(f"fabrikam_{role}") for role in ("officer", "admin", "auditor")
)
operator = _member("operator")
