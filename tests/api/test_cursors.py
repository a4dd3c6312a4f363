"""Cursors that somebody made up: whatever stands in them, the answer is a problem and never an error of ours."""

from __future__ import annotations

import base64
import json
from typing import Any

from tenants.roles import Role
from tests.api import suite

TENANTS, TOKENS = "/api/v1/tenants/", "/api/v1/tenants/contoso/tokens/"
NO_TIMES: list[Any] = [
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-01-01T00:00:00",
    "x",
    None,
    [],
]


def made_up(ordering: str, *position: Any) -> str:
    packed = json.dumps([0, ordering, position]).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


class TestMadeUpCursors(suite.ApiTestCase):
    def assert_refused(self, path: str, ordering: str, *position: Any) -> None:
        with self.subTest(path, position=position):
            query = {"cursor": made_up(ordering, *position)}
            self.assert_problem(self.role(Role.TENANT_ADMIN).get(path, query), 400, "?cursor")

    def test_times_beyond_the_calendar(self) -> None:
        for value in NO_TIMES:
            self.assert_refused(TOKENS, "-created_at,-id", value, 1)

    def test_text_that_no_database_takes(self) -> None:
        for value in ("\ud800", "a\0", None):
            self.assert_refused(TENANTS, "name,id", value, 1)

    def test_numbers_beyond_the_database(self) -> None:
        for value in (1e400, 10**30, -(10**30), "²", "x"):
            self.assert_refused(TENANTS, "name,id", "a", value)
