"""Leaves out what uses no database: ``python -m pytest -p tests.once_plugin``, for the second engine's run."""

from __future__ import annotations

import pytest
from django.test import TransactionTestCase

# Fixtures through which a test gets at a database; the last one is of processes of their own.
OF_DATABASES = {"db", "transactional_db", "live_server", "django_db_setup", "empty_database"}


def uses_a_database(item: pytest.Item) -> bool:
    of_class = getattr(item, "cls", None)
    if of_class is not None and issubclass(of_class, TransactionTestCase):
        return True
    marked = item.get_closest_marker("django_db") is not None
    return marked or bool(OF_DATABASES & set(getattr(item, "fixturenames", ())))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if not uses_a_database(item)])
    items[:] = [item for item in items if uses_a_database(item)]
