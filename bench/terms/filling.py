"""What is in the databases."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from audit import triggers
from audit.context import Origin, acting
from bench.engine import server_of
from bench.terms import EMPLOYEES, IMPORTS, OWE, PEOPLE_GROW, ROUNDS_GROW
from tenants.access import Shell
from tenants.models import Membership, Tenant, User
from terms import services
from terms.models import Recount, TermsPolicy, TermsVersion
from terms.tallying import count_everywhere

LAST_DECISION = datetime(2026, 6, 1, tzinfo=UTC)
LASTS = timedelta(minutes=20_000)


def make(_: None) -> str:
    """Tables, an officer, and a tenant for each way of growing, with one policy."""
    call_command("migrate", verbosity=0, run_syncdb=True)
    with acting(origin=Origin.COMMAND, actor_name="bench"):
        officer = User.objects.create_user("officer", "for measuring only")
        for slug in (ROUNDS_GROW, PEOPLE_GROW, IMPORTS):
            tenant = Tenant.objects.create(slug=slug, name=slug, directory_id=uuid.uuid4(), country="DE")
            Membership.objects.for_tenant(tenant).create(tenant=tenant, user=officer, role="privacy_officer")
            _publish(tenant, Shell())
    server = server_of(connection)
    connection.close()  # a database that is copied has nobody in it
    return server


def _publish(tenant: Any, by: Any) -> None:
    policy = services.create_policy(tenant=tenant, name="Phones", by=by)
    _publish_version(policy, by)


def _publish_version(policy: Any, by: Any) -> None:
    revision = services.draft_version(policy=policy, by=by)
    services.write_text(
        revision=revision, language="en", by=by, title="Phones", summary="Agreed?", body="Lock it."
    )
    services.publish_version(version=revision.version, by=by, reason="measured")


def fill(acceptances: int) -> None:
    """Rows in bulk, with the triggers taken down meanwhile; history and events are not read by what is measured.

    Then everybody is counted, as the worker does every minute.
    """
    many_rounds = Tenant.objects.get(slug=ROUNDS_GROW)
    policy = TermsPolicy.objects.for_tenant(many_rounds).get()
    rounds = acceptances // EMPLOYEES
    with acting(origin=Origin.COMMAND, actor_name="bench"):
        for _ in range(rounds - 1):
            _publish_version(policy, Shell())
    with transaction.atomic():
        triggers.take_down(connection)
        _fill_tenant(ROUNDS_GROW, EMPLOYEES)
        _fill_tenant(PEOPLE_GROW, acceptances)
        triggers.install(connection)
        for slug in (ROUNDS_GROW, PEOPLE_GROW):
            tenant = Tenant.objects.get(slug=slug)
            Recount.objects.for_tenant(tenant).create(tenant=tenant)  # of which nothing was noted
    _gather_statistics()
    count_everywhere()
    _gather_statistics()


def _gather_statistics() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _fill_tenant(slug: str, employees: int) -> None:
    """So many employees; all have accepted every version but the one in force, which one in ten has not.

    A version lasts two weeks, over which the decisions about it are spread.
    """
    tenant = Tenant.objects.get(slug=slug)
    newest, *older = TermsVersion.objects.for_tenant(tenant).order_by("-number")
    with connection.cursor() as cursor:
        cursor.execute(_employees(tenant.pk, employees))
        for age, version in enumerate((newest, *older)):
            owing = f"AND e.id % {OWE} <> 0" if version == newest else ""
            cursor.execute(_acceptances(tenant.pk, version.pk, version.policy_id, age, owing))
            began = LAST_DECISION - (age + 1) * LASTS
            TermsVersion.objects.for_tenant(tenant).filter(pk=version.pk).update(effective_from=began)


def _employees(tenant: int, count: int) -> str:
    numbers = (
        f"WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {count})"
        if connection.vendor == "sqlite"
        else f"WITH g (n) AS (SELECT generate_series(1, {count}))"
    )
    # As user names are: in no order of the ids.
    return (
        "INSERT INTO tenants_employee (tenant_id, directory_id, user_principal_name, display_name, mail, language,"
        f" status, first_seen_at) {numbers} SELECT {tenant}, 'id ' || n,"
        f" ((CAST(n AS bigint) * 7919) % {count}) || '.' || n || '@contoso.example', 'Person ' || n, '', '', 'active',"
        " CURRENT_TIMESTAMP FROM g"
    )


def _acceptances(tenant: int, version: int, policy: int, age: int, owing: str) -> str:
    is_sqlite = connection.vendor == "sqlite"
    receipt = "lower(hex(randomblob(16)))" if is_sqlite else "gen_random_uuid()"
    minutes = f"(e.id % 20000) + {age} * 20000"
    at = (
        f"datetime('2026-06-01', '-' || ({minutes}) || ' minutes')"
        if is_sqlite
        else f"'2026-06-01Z'::timestamptz - ({minutes}) * interval '1 minute'"
    )
    return (
        "INSERT INTO terms_acceptance (tenant_id, receipt_id, employee_id, policy_id, version_id, directory_id,"
        " user_principal_name, display_name, language, text_sha256, round, decided_at, decision, button, surface,"
        ' "trigger", device, session, network, imported_from, key_id, signature)'
        f" SELECT {tenant}, {receipt}, e.id, {policy}, {version}, e.directory_id, e.user_principal_name,"
        f" e.display_name, '', '', 1, {at}, 'accepted', '', 'paper', 'new', '', '', '', '', '', ''"
        f" FROM tenants_employee e WHERE e.tenant_id = {tenant} {owing}"
    )
