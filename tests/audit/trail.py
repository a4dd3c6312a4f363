"""What a block of work left in the trail, and whether that is what it should have left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Max, Model

from audit.context import Origin, acting
from audit.history import Stance, audited_models, stance_of
from audit.models import AuditEvent

CREATED, UPDATED, DELETED = "+", "~", "-"
WHO = {
    "actor_type": "user",
    "actor_id": "user:7",
    "actor_name": "officer@contoso.example",
    "actor_role": "privacy_officer",
    "ip_address": "192.0.2.7",
    "origin": Origin.API,
    "reason": "because the works council agreed",
}


def door(**changed: Any) -> Any:
    """An open door with a known actor."""
    return acting(**(WHO | changed))


@dataclass
class Trail:
    """The events and history rows that a block left, in their order."""

    events: list[AuditEvent] = field(default_factory=list)
    records: list[Any] = field(default_factory=list)

    @property
    def types(self) -> list[str]:
        return [record.history_type for record in self.records]


def last_event() -> int:
    return AuditEvent.objects.across_tenants().aggregate(last=Max("pk"))["last"] or 0


@contextmanager
def recording() -> Iterator[Trail]:
    """Collect what the block leaves in every history table and in every timeline."""
    before, trail = last_event(), Trail()
    yield trail
    events = AuditEvent.objects.across_tenants().filter(pk__gt=before)
    trail.events = list(events.select_related("attribution").order_by("pk"))
    for model in _touched(before):
        trail.records += model._base_manager.filter(history_id__gt=before)
    trail.records.sort(key=lambda record: record.history_id)


def _touched(before: int) -> list[type[Model]]:
    """The history tables with rows after that event, found in one query for all of them."""
    models = {stance.history_model._meta.db_table: stance.history_model for stance in audited_models()}
    tables = (
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table} WHERE history_id > %s)" for table in models
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(tables), [before] * len(models))
        return [models[table] for (table,) in cursor.fetchall()]


def tracked(stance: Stance) -> list[str]:
    """The columns that a history row repeats."""
    return [f.attname for f in stance.history_model.tracked_fields]  # type: ignore[attr-defined]


def values(stance: Stance, row: Any) -> dict[str, Any]:
    """The stored values of a row or of a history row, as the database has them."""
    found = type(row)._base_manager.filter(pk=row.pk).values(*tracked(stance)).get()
    return dict(found)


def assert_recorded(
    trail: Trail, stance: Stance, history_type: str, before: Sequence[dict[str, Any]]
) -> None:
    """One event and one history row for each of `before` (its values at the time), and nothing else."""
    assert trail.types == [history_type] * len(before)
    assert [e.pk for e in trail.events] == [r.history_id for r in trail.records]
    assert {type(r) for r in trail.records} == {stance.history_model}
    by_key = {str(v[stance.model._meta.pk.attname]): v for v in before}  # type: ignore[union-attr]
    assert {e.resource_id for e in trail.events} == by_key.keys()
    for event, record in zip(trail.events, trail.records, strict=True):
        expected = by_key[event.resource_id]
        assert values(stance, record) == expected
        assert record.history_date == event.occurred_at
        assert_event(event, stance, history_type, expected)


def assert_event(event: AuditEvent, stance: Stance, history_type: str, row: dict[str, Any]) -> None:
    assert stance_of(event.resource_type) is stance
    assert event.action == stance.actions[history_type]
    assert event.activity == stance.activity(history_type)
    assert (event.category, event.result) == (stance.category, "success")
    assert event.tenant_id == (row[stance.tenant_column] if stance.tenant_column else None)
    assert event.resource_name == label_of(stance, row)
    who = event.attribution
    assert {name: getattr(who, name) for name in WHO} == WHO
    assert event.actor_id == who.actor_id


def label_of(stance: Stance, row: dict[str, Any]) -> str:
    """What should name the object: a field of its own, or `key__field` of the row that a key points to."""
    label = stance.label or ""
    name, _, through = label.partition("__")
    if not through:
        return str(row[name])[:254] if name else ""
    field = stance.model._meta.get_field(name)
    key = row[field.attname]  # type: ignore[union-attr]
    target = field.related_model._base_manager.filter(pk=key)  # type: ignore[union-attr]
    return str(target.values_list(through, flat=True).get())[:254]
