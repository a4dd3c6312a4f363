"""Consents recorded by an earlier version keep what they said, and get an identity and an end, in their history too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.audit.project import ROOT, own_database

RECORD = """
import datetime
import django; django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from audit.context import acting

EARLIER = [("audit", "0001_initial"), ("consents", "0001_initial")]
executor = MigrationExecutor(connection)
executor.migrate(EARLIER)
models = executor.loader.project_state(EARLIER).apps

def add(label, **values):
    return models.get_model(label)._base_manager.create(**values)

def day(month, year=2026):
    return datetime.datetime(year, month, 1, tzinfo=datetime.UTC)

def consent(connection, **values):
    return add("consents.Consent", tenant=tenant, service=service, connection=connection, name="Repairs",
        requested_by="officer@contoso.example", **values)

with acting(origin="command", actor_name="the earlier version"):
    tenant = add("tenants.Tenant", slug="contoso", name="Contoso", country="DE",
        directory_id="72f988bf-0000-4000-8000-00000000c047")
    catalog = add("catalog.Catalog", code="fleet", name="Fleet", processor="Fabrikam")
    edition = add("catalog.Edition", catalog=catalog, number=1, released_on=day(1).date())
    entry = dict(catalog=catalog, added_in=edition, changed_in=edition)
    party = add("catalog.ThirdParty", code="depot", name="Depot", **entry)
    service = add("catalog.Service", code="repairs", name="Repairs", third_party=party, **entry)
    grant = dict(status="granted", granted_at=day(1), effective_from=day(1), edition=edition)
    consent("waits", status="requested")
    consent("open", **grant)
    consent("ends", effective_until=day(1, 2027), **grant)
    ended = consent("ended", effective_until=day(1, 2027), **grant)
    ended.status, ended.withdrawn_at, ended.withdraw_reason = "withdrawn", day(3), "Enough"
    ended.save()
"""
READ = """
import json
import django; django.setup()
from django.db import connection
from audit import triggers
from audit.models import AuditEvent
from consents.models import Consent

def read(rows, key):
    return list(rows.order_by(key).values("id", "connection", "status", "record_id", "ends_at"))

print(json.dumps({
    "rows": read(Consent.objects.across_tenants(), "id"),
    "history": read(Consent.history.across_tenants(), "history_id"),
    "events": AuditEvent.objects.across_tenants().filter(resource_type="consents.consent").count(),
    "triggers": triggers.differences(connection),
}, default=str))
"""
COUNT = """
import django; django.setup()
from audit.models import AuditEvent
print(AuditEvent.objects.across_tenants().filter(resource_type="consents.consent").count())
"""


class Earlier:
    """A database of its own, in processes of their own."""

    def __init__(self, url: str) -> None:
        self.environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}

    def run(self, *arguments: str) -> str:
        environment = self.environment | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def migrate(self) -> None:
        self.run(str(ROOT / "manage.py"), "migrate", "--verbosity=0")


@pytest.fixture
def earlier(tmp_path: Path, db: None) -> Iterator[Earlier]:
    with own_database(tmp_path) as url:
        database = Earlier(url)
        database.run("-c", RECORD)
        yield database


def test_each_keeps_its_story_and_gets_an_identity_and_an_end(earlier: Earlier) -> None:
    before = int(earlier.run("-c", COUNT))
    earlier.migrate()
    state: dict[str, Any] = json.loads(earlier.run("-c", READ))
    assert state["triggers"] == []
    assert state["events"] == before, "the same facts in another form: nothing happened to any consent"
    ends = {row["connection"]: row["ends_at"] for row in state["rows"]}
    agreed, withdrawn = "2027-01-01 00:00:00+00:00", "2026-03-01 00:00:00+00:00"
    assert ends == {"waits": None, "open": None, "ends": agreed, "ended": withdrawn}
    records = {row["id"]: row["record_id"] for row in state["rows"]}
    assert len(set(records.values())) == 4
    assert all(row["record_id"] == records[row["id"]] for row in state["history"])
    past = [(row["status"], row["ends_at"]) for row in state["history"] if row["connection"] == "ended"]
    assert past == [("granted", agreed), ("withdrawn", withdrawn)]
