"""Makes a test run use PostgreSQL: ``python -m pytest -p tests.pg_plugin``.

A plugin, not a part of conftest.py: the settings are read before conftest.py is, and a run that was meant for
PostgreSQL would quietly use SQLite. Workers of pytest-xdist inherit the URL with the environment.
"""

import os
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from tests import postgres


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    # A wrapper starts before every other implementation, pytest-django's among them.
    server = ExitStack()
    early_config.add_cleanup(server.close)
    os.environ["DATABASE_URL"] = server.enter_context(postgres.start())
    os.environ.setdefault("EXPECT_VENDOR", "postgresql")
    return (yield)
