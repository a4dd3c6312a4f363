"""The database under the suite is the one this run was meant for."""

import os

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_run_uses_the_engine_it_was_started_for() -> None:
    expected = os.environ.get("EXPECT_VENDOR", connection.vendor)
    assert connection.vendor == expected
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
