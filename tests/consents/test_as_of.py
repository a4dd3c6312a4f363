"""Every answer about a tenant's consents can be had as it was known at a past instant: each address, one by one."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from tenants.roles import Role
from tests.api import suite
from tests.consents import lives

# The parts of a tenant that this is about.
ABOUT = (
    "consent",
    "ending-steps",
    "drift",
    "credentials",
    "objections",
    "subcontractors",
    "expiries",
    "worklist",
)
# What has no past of its own, each for its reason.
WITHOUT = {
    "consents/{id}/history/": "it is the past: every event has its instant",
    "worklist/": "what waits for somebody waits now",
    "expiries/": "what is still to end is counted from now",
}


def inside(path: str) -> str:
    """The address behind the tenant."""
    return path.partition("/tenants/{tenant}/")[2]


def gets() -> dict[str, dict[str, Any]]:
    """The addresses that answer GET, with their descriptions."""
    paths = Client().get("/api/schema/").json()["paths"]
    about = {path: described for path, described in paths.items() if inside(path).startswith(ABOUT)}
    return {path: described["get"] for path, described in about.items() if "get" in described}


class TestAsOf(suite.ApiTestCase):
    def test_every_address_takes_it(self) -> None:
        found = gets()
        assert len(found) > 12
        deaf = {
            inside(path)
            for path, described in found.items()
            if "as_of" not in {one["name"] for one in described["parameters"]}
        }
        assert {path for path in deaf if not path.startswith(tuple(WITHOUT))} == set()
        assert {path for path in WITHOUT if path not in deaf} == set()

    def test_every_list_answers_by_it(self) -> None:
        before = suite.moment()
        lives.withdrawn(self.contoso, self.operator)
        reader = self.role(Role.AUDITOR)
        lists = [path for path in gets() if "{" not in inside(path) and inside(path) not in WITHOUT]
        for path in lists:
            with self.subTest(path):
                address = path.replace("{tenant}", "contoso")
                now = reader.get(address, {"as_of": suite.moment()})
                assert now.status_code == 200
                self.assert_problem(reader.get(address, {"as_of": "yesterday"}), 400, "?as_of")
                self.assert_problem(reader.get(address, {"as_of": "2999-01-01T00:00:00Z"}), 400, "?as_of")
                past = reader.get(address, {"as_of": before})
                assert past.status_code == 200
                if re.search(r"/(consents|ending-steps)/$", path):
                    assert (past.json()["results"], bool(now.json()["results"])) == ([], True)
