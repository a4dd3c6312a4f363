"""The database itself keeps tenants apart, whoever writes and however."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from audit.history import stance_of
from catalog.models import Flow
from consents.models import Consent, CoveredFlow, Drift
from tenants.models import TenantOwned
from tests.audit import makers
from tests.audit.test_every_way_of_writing import insert_raw, sql
from tests.cast import Cast

pytestmark = pytest.mark.django_db
# What is no record for itself, and so has no triggers, says why: `audit_exempt`.
OWNED = [
    model
    for model in apps.get_models()
    if issubclass(model, TenantOwned) and stance_of(model._meta.label_lower)
]
every_owned = pytest.mark.parametrize("model", OWNED, ids=lambda model: model._meta.label)


def stored(model: type[Any], cast: Cast) -> Any:
    stance = stance_of(model._meta.label_lower)
    assert stance
    return makers.stored(stance, cast)


@every_owned
def test_a_row_never_moves_to_another_tenant(model: type[Any], cast: Cast) -> None:
    row = stored(model, cast)
    moved = model._base_manager.filter(pk=row.pk)
    row.tenant = cast.fabrikam
    for attempt in (
        row.save,
        lambda: moved.update(tenant=cast.fabrikam),
        lambda: moved.update(tenant_id=F("tenant_id") + 1),
        lambda: sql(f'UPDATE "{model._meta.db_table}" SET tenant_id = %s', [cast.fabrikam.pk]),
    ):
        with pytest.raises(DatabaseError, match=r"another tenant|its own tenant"), transaction.atomic():
            attempt()
    assert moved.get().tenant == cast.contoso


def covered(consent: Consent, tenant: Any) -> CoveredFlow:
    flow = Flow.objects.earliest("pk")
    facts = {"code": flow.code, "name": flow.name, "direction": flow.direction, "personal": True}
    return CoveredFlow(tenant=tenant, consent=consent, flow=flow, flow_record=1, **facts)


def test_a_row_never_refers_to_another_tenants(cast: Cast) -> None:
    ours = stored(Consent, cast)
    theirs = covered(ours, cast.fabrikam)
    for attempt in (
        theirs.save,
        lambda: insert_raw(theirs),
        lambda: CoveredFlow.objects.for_tenant(cast.fabrikam).bulk_create([theirs]),
    ):
        with pytest.raises(DatabaseError, match="rows of its own tenant"), transaction.atomic():
            attempt()


def test_a_reference_never_changes_to_another_tenants(cast: Cast) -> None:
    ours = stored(Drift, cast)
    theirs = makers.consent(cast)
    theirs.tenant = cast.fabrikam
    theirs.save()
    table = Drift._meta.db_table
    ours.consent = theirs
    for attempt in (
        ours.save,
        lambda: Drift.objects.for_tenant(cast.contoso).update(consent=theirs),
        lambda: sql(f"UPDATE {table} SET consent_id = %s WHERE id = %s", [theirs.pk, ours.pk]),
        lambda: sql(f"UPDATE {table} SET consent_id = %s, tenant_id = %s", [theirs.pk, cast.fabrikam.pk]),
    ):
        with pytest.raises(DatabaseError, match=r"own tenant|another tenant"), transaction.atomic():
            attempt()


def _point_to(row: Drift, key: int) -> None:
    sql(f"UPDATE {row._meta.db_table} SET consent_id = %s WHERE id = %s", [key, row.pk])
    connection.check_constraints()


def test_a_reference_to_nothing_is_refused_too(cast: Cast) -> None:
    row = stored(Drift, cast)
    with pytest.raises(DatabaseError), transaction.atomic():
        _point_to(row, 987654)


def test_another_reference_within_the_tenant_is_fine(cast: Cast) -> None:
    row, other = stored(Drift, cast), stored(Consent, cast)
    row.consent = other
    row.save()
    assert Drift.objects.for_tenant(cast.contoso).get(pk=row.pk).consent == other
