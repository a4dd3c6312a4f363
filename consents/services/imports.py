"""Importing what the service answers: the reading, the differences that are new or gone, the certificates and tokens.

One transaction; rows are written in batches, so that the number of statements grows with the batches alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from consents.graph.comparing import Difference
from consents.graph.observations import Reading
from consents.graph.planning import CHANGING, Plan, plan_import
from consents.graph.reading import read_files
from consents.graph.telling import sentence_of
from consents.models import ConsentImport, Credential, Drift
from privacy_console.batches import batches
from privacy_console.graph.files import files_of
from privacy_console.graph.places import kept
from tenants.access import Principal, require
from tenants.deeds import held, name_of, person_asking, person_kept
from tenants.models import Tenant
from tenants.roles import Permission
from work.jobs import enqueue

if TYPE_CHECKING:
    from work.models import Run

IMPORT_JOB = "consents.import"
BATCH = 500
IDS_AT_ONCE = 2_000
PROBLEMS_KEPT = 500
ONE_BY_ONE = 200  # rows in one UPDATE with a value for each: its text grows with them


def preview_import(*, tenant: Tenant, by: Principal, reading: Reading) -> tuple[ConsentImport, Plan]:
    """What the import would come to; nothing is kept. Raises PermissionDenied, ValidationError for unreadable files."""
    require(by, Permission.IMPORT_CONSENTS, tenant)
    _require_something(reading)
    now = timezone.now()
    plan = plan_import(tenant, reading, now)
    return _import_of(tenant, by, plan, now), plan


@transaction.atomic
def record_import(*, tenant: Tenant, by: Principal, reading: Reading) -> tuple[ConsentImport, Plan]:
    """Keep the import: open the differences that are new, close those that are gone, take over certificates and tokens.

    The same answers again change nothing, and are recorded as another import. Raises PermissionDenied, ValidationError.
    """
    require(by, Permission.IMPORT_CONSENTS, tenant)
    _require_something(reading)
    # Two imports at once would both find the same difference new.
    tenant = held(tenant, no_key=True)
    now = timezone.now()
    plan = plan_import(tenant, reading, now)
    made = _import_of(tenant, by, plan, now)
    with deed("consents.imported", on=ConsentImport, action=Action.CREATE):
        made.save()
    _open(made, plan.opened)
    _keep_open(made, plan)
    _clear(made, plan)
    _take_credentials(made, plan)
    return made, plan


@transaction.atomic
def import_later(*, tenant: Tenant, by: Principal, paths: Sequence[Path]) -> Run:
    """Leave an import of the server's own files to the worker, which does it in the name of who asked.

    Raises PermissionDenied, and OSError or Refused for paths that lead nowhere.
    """
    require(by, Permission.IMPORT_CONSENTS, tenant)
    found = files_of(paths)
    arguments = {
        "paths": [str(file.resolve()) for file in found],
        "person": person_kept(by),
        "asked_at": timezone.now().isoformat(),
    }
    return enqueue(IMPORT_JOB, arguments=arguments, tenant=tenant, by=by)


def import_asked_for(*, tenant: Tenant, arguments: Mapping[str, Any]) -> str:
    """Do what `import_later` asked for; gives a line that says what it came to. Done again, it finds it done.

    Raises PermissionDenied where the person may not any more, ValidationError for unreadable files, OSError.
    """
    by = person_asking(arguments["person"])
    reading = read_files([Path(path) for path in arguments["paths"]])
    since = datetime.fromisoformat(arguments["asked_at"])
    imports = ConsentImport.objects.for_tenant(tenant)
    if imports.filter(sha256=reading.sha256, imported_at__gte=since).exists():
        return f"{reading.name} was imported already."
    _, plan = record_import(tenant=tenant, by=by, reading=reading)
    return sentence_of(plan)


def _require_something(reading: Reading) -> None:
    if not reading.says_something:
        first = f" {reading.problems[0]}" if reading.problems else ""
        raise ValidationError(f"Nothing in {reading.name} could be read.{first}", "nothing_to_compare")


def _import_of(tenant: Tenant, by: Principal, plan: Plan, now: datetime) -> ConsentImport:
    reading = plan.reading
    return ConsentImport(
        tenant=tenant,
        name=reading.name,
        sha256=reading.sha256,
        imported_at=now,
        imported_by=name_of(by, tenant),
        records=reading.records,
        kinds=sorted(reading.kinds | reading.complete),
        problems=kept(reading.problems[:PROBLEMS_KEPT], of=len(reading.problems)),
        found=len(plan.differences),
        opened=len(plan.opened),
        cleared=len(plan.cleared),
    )


def _open(made: ConsentImport, differences: Sequence[Difference]) -> None:
    drifts = Drift.objects.for_tenant(made.tenant_id)
    with deed("drift.opened", on=Drift, action=Action.CREATE):
        for batch in batches(differences, BATCH):
            drifts.bulk_create(_drift(made, difference) for difference in batch)


def _drift(made: ConsentImport, difference: Difference) -> Drift:
    return Drift(
        tenant_id=made.tenant_id,
        kind=difference.kind,
        key=difference.key,
        first_import=made,
        opened_at=made.imported_at,
        **_facts(made, difference),
    )


def _facts(made: ConsentImport, difference: Difference) -> dict[str, Any]:
    return {
        "service_id": difference.service_id,
        "connection": difference.connection,
        "consent_id": difference.consent_id,
        "observed": difference.observed,
        "recorded": difference.recorded,
        "last_import": made,
    }


def _keep_open(made: ConsentImport, plan: Plan) -> None:
    drifts = Drift.objects.for_tenant(made.tenant_id)
    same = [pk for pk, _, has_changed in plan.known if not has_changed]
    changed = [_changed(made, pk, difference) for pk, difference, has_changed in plan.known if has_changed]
    with deed("drift.found_again", on=Drift, action=Action.UPDATE):
        for ids in batches(same, IDS_AT_ONCE):
            drifts.filter(pk__in=ids).update(last_import=made)
    with deed("drift.changed", on=Drift, action=Action.UPDATE):
        names = [name.removesuffix("_id") for name in _facts(made, plan.differences[0])] if changed else []
        for batch in batches(changed, ONE_BY_ONE):
            drifts.bulk_update(batch, names)


def _changed(made: ConsentImport, pk: int, difference: Difference) -> Drift:
    return Drift(pk=pk, tenant_id=made.tenant_id, **_facts(made, difference))


def _clear(made: ConsentImport, plan: Plan) -> None:
    drifts = Drift.objects.for_tenant(made.tenant_id)
    with deed("drift.cleared", on=Drift, action=Action.UPDATE):
        for batch in batches(plan.cleared, IDS_AT_ONCE):
            drifts.filter(pk__in=[drift.id for drift in batch]).update(
                status=Drift.Status.CLEARED,
                closed_at=made.imported_at,
                closed_by=made.imported_by,
                last_import=made,
            )


def _take_credentials(made: ConsentImport, plan: Plan) -> None:
    credentials, at = Credential.objects.for_tenant(made.tenant_id), made.imported_at
    for one in (*plan.credentials.new, *plan.credentials.changed):
        one.seen_at = at
    with deed("credential.added", on=Credential, action=Action.CREATE):
        for batch in batches(plan.credentials.new, BATCH):
            credentials.bulk_create(batch)
    with deed("credential.changed", on=Credential, action=Action.UPDATE):
        names = [*(name.removesuffix("_id") for name in CHANGING), "seen_at", "retired_at"]
        for batch in batches(plan.credentials.changed, ONE_BY_ONE):
            credentials.bulk_update(batch, names)
    with deed("credential.retired", on=Credential, action=Action.UPDATE, reason="No longer there"):
        for batch in batches(plan.credentials.gone, IDS_AT_ONCE):
            credentials.filter(pk__in=[one.pk for one in batch]).update(retired_at=at)
