"""The residency verdict as tenants grow in number: `./console bench residency`.

One database, measured with 10 tenants and again with many; each tenant has a storage election, a consent for each
service and a few observed locations. A verdict is measured against as many reads of one row by its key, in the same
round, so that both figures have the same yardstick.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from bench.timing import Prepare, Work, interleaved

FEW, MANY, ROUNDS, TIMES = 10, 10_000, 20, 10
READS, NOW, THEN, MAP = "reads by key", "verdict", "verdict, as known then", "verdict and map"
AT_ONCE = 500


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.residency", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the tenants, few rounds")
    quick: bool = parser.parse_args(arguments).quick
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.serving"
    import django

    django.setup()
    json.dump(_measured(MANY // 10 if quick else MANY, 5 if quick else ROUNDS), sys.stdout)


def _measured(many: int, rounds: int) -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import connection

    from audit.context import Origin, acting
    from bench.engine import server_of
    from catalog.kinds import REFERENCE_FILE
    from catalog.services import load_catalog
    from tenants.access import Shell

    call_command("migrate", verbosity=0)
    with acting(origin=Origin.COMMAND, actor_name="bench"):
        load_catalog(content=REFERENCE_FILE.read_bytes(), by=Shell())
        found: dict[str, Any] = {
            "server": server_of(connection),
            "many": many,
            "rounds": rounds,
            "seconds": {},
        }
        for count in (FEW, many):
            _fill(count)
            found["seconds"][count] = _round(rounds)
        found["queries"] = _queries()
    return found


def _fill(count: int) -> None:
    """Tenants until there are so many, each with what a verdict reads."""
    from tenants.models import Tenant

    missing = count - Tenant.objects.count()
    for start in range(0, missing, AT_ONCE):
        _add(min(AT_ONCE, missing - start))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _add(count: int) -> None:
    from django.utils import timezone

    from catalog.models import Region, Service
    from consents.models import Consent
    from elections.models import StorageElection
    from residency.models import ObservedLocation
    from tenants.models import Tenant

    now, region = timezone.now(), Region.objects.get(code="EU")
    edition, services = region.catalog.latest_edition, list(Service.objects.all())
    tenants = Tenant.objects.bulk_create(
        Tenant(slug=f"t{uuid.uuid4().hex[:20]}", name="Tenant", directory_id=uuid.uuid4(), country="DE")
        for _ in range(count)
    )
    StorageElection.objects.across_tenants().bulk_create(
        StorageElection(
            tenant=tenant, region=region, region_record=1, code=region.code, name=region.name, edition=edition,
            origin="first", reason="measured", status="approved", decided_at=now, effective_from=now,
        )
        for tenant in tenants
    )  # fmt: skip
    Consent.objects.across_tenants().bulk_create(
        Consent(
            tenant=tenant, service=service, name=service.name, status="granted", granted_at=now, edition=edition,
            effective_from=now, safeguard="standard_clauses", safeguard_reference="Clauses of 2021",
        )
        for tenant in tenants
        for service in services
    )  # fmt: skip
    ObservedLocation.objects.across_tenants().bulk_create(
        ObservedLocation(
            tenant=tenant, observed_on=(now - timedelta(days=day)).date(), place="Europe", region=region,
            source="bench", origin="imported", elected=region, agrees=True,
        )
        for tenant in tenants
        for day in range(3)
    )  # fmt: skip


def _round(rounds: int) -> dict[str, list[float]]:
    works: dict[str, Callable[[Any], object]] = {
        READS: _read, NOW: _verdict, THEN: partial(_verdict, then=True), MAP: _map
    }  # fmt: skip
    prepared: dict[str, Prepare] = {name: partial(_ready, work) for name, work in works.items()}
    return {each.name: each.seconds for each in interleaved(prepared, rounds).values()}


@contextmanager
def _ready(work: Callable[[Any], object]) -> Iterator[Work]:
    yield partial(_several, work)


def _several(work: Callable[[Any], object]) -> None:
    from tenants.models import Tenant

    for key in random.choices(list(Tenant.objects.values_list("pk", flat=True)), k=TIMES):
        work(Tenant.objects.get(pk=key))


def _read(tenant: Any) -> None:
    from tenants.models import Tenant

    for _ in range(13):
        Tenant.objects.get(pk=tenant.pk)


def _verdict(tenant: Any, *, then: bool = False) -> Any:
    from django.utils import timezone

    from residency.facts import When
    from residency.verdict import verdict_of

    now = timezone.now()
    return verdict_of(tenant, When(now, now if then else None))


def _map(tenant: Any) -> None:
    from residency.picture import map_of

    map_of(_verdict(tenant))


def _queries() -> dict[str, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tenants.models import Tenant

    tenant, counts = Tenant.objects.earliest("pk"), {}
    for name, then in ((NOW, False), (THEN, True)):
        with CaptureQueriesContext(connection) as captured:
            _verdict(tenant, then=then)
        counts[name] = len(captured)
    return counts


if __name__ == "__main__":
    main(sys.argv[1:])
