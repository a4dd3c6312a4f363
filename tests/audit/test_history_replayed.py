"""Whatever is done, in whatever way: replaying the history gives the rows as they were, after every event."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from simple_history.manager import HistoryManager

from audit.models import AuditEvent
from catalog.models import Catalog, Edition, Region
from tests.audit.test_every_way_of_writing import insert_raw
from tests.audit.trail import door, last_event

KEYS = range(1_000_001, 1_000_005)
COUNTRIES = st.lists(st.sampled_from(["DE", "SE", "US", "\U0001f512"]), max_size=3)
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)
WAYS = [
    "save",
    "bulk_create",
    "upsert",
    "bulk_update",
    "update",
    "update_all",
    "raw_update",
    "delete",
    "delete_all",
    "raw_delete",
    "undone",
]
STEPS = st.lists(st.tuples(st.sampled_from(WAYS), st.sampled_from(KEYS), TEXTS, COUNTRIES), max_size=12)
State = dict[int, tuple[str, tuple[str, ...]]]
regions = Region._base_manager.filter(pk__in=KEYS)


def stored(rows: Any) -> State:
    return {row.pk: (row.note, tuple(row.countries)) for row in rows}


class Garden:
    """A few rows of the catalog, and the ways of writing them."""

    def __init__(self) -> None:
        self.catalog = Catalog.objects.get(code="intune")
        self.edition = Edition.objects.filter(catalog=self.catalog).earliest()

    def row(self, key: int, note: str, countries: list[str]) -> Region:
        return Region(
            pk=key,
            catalog=self.catalog,
            code=f"made.{key}",
            name="Made",
            note=note,
            kind="geography",
            provider="Microsoft",
            countries=countries,
            added_in=self.edition,
            changed_in=self.edition,
        )

    def do(self, way: str, key: int, note: str, countries: list[str]) -> None:
        getattr(self, way)(key, note, countries)

    def save(self, key: int, note: str, countries: list[str]) -> None:
        self.row(key, note, countries).save()

    def bulk_create(self, key: int, note: str, countries: list[str]) -> None:
        absent = [
            self.row(k, note, countries) for k in KEYS if k >= key and not regions.filter(pk=k).exists()
        ]
        Region.objects.bulk_create(absent)

    def upsert(self, key: int, note: str, countries: list[str]) -> None:
        rows = [self.row(k, note, countries) for k in KEYS if k >= key]
        Region.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["id"], update_fields=["note", "countries"]
        )

    def bulk_update(self, key: int, note: str, countries: list[str]) -> None:
        Region.objects.bulk_update([self.row(k, note, countries) for k in KEYS], ["note"])

    def update(self, key: int, note: str, countries: list[str]) -> None:
        regions.filter(pk=key).update(note=note, countries=countries)

    def update_all(self, key: int, note: str, countries: list[str]) -> None:
        regions.update(note=note)

    def raw_update(self, key: int, note: str, countries: list[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE catalog_region SET note = note || %s WHERE id = %s", [note, key])

    def delete(self, key: int, note: str, countries: list[str]) -> None:
        Region.objects.filter(pk=key).delete()

    def delete_all(self, key: int, note: str, countries: list[str]) -> None:
        regions.filter(pk__gte=key).delete()

    def raw_delete(self, key: int, note: str, countries: list[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM catalog_region WHERE id = %s", [key])

    def undone(self, key: int, note: str, countries: list[str]) -> None:
        with transaction.atomic():
            regions.all().delete()
            insert_raw(self.row(key, note, countries))
            transaction.set_rollback(True)


def replayed(until: int) -> State:
    """The state after an event, told by the history rows alone, one after the other."""
    state: State = {}
    history: HistoryManager = Region.history  # type: ignore[attr-defined]
    for record in history.filter(id__in=KEYS, history_id__lte=until).order_by("history_id"):
        if record.history_type == "-":
            del state[record.id]
        else:
            assert (record.history_type == "+") == (record.id not in state)
            state[record.id] = (record.note, tuple(record.countries))
    return state


def assert_told(after: dict[int, State]) -> None:
    """The state after each of these events is found by replaying, by event and by instant."""
    history = Region.history  # type: ignore[attr-defined]
    for event, state in after.items():
        assert replayed(event) == state
        assert stored(history.filter(id__in=KEYS).up_to_event(event).as_instances()) == state


class Replaying(TestCase):
    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(steps=STEPS)
    def test_gives_the_rows_after_every_event(self, steps: list[Any]) -> None:
        garden, after = Garden(), {last_event(): stored(regions.all())}
        with door():
            for way, key, note, countries in steps:
                before, events = stored(regions.all()), last_event()
                garden.do(way, key, note, countries)
                now = stored(regions.all())
                changed = [k for k in KEYS if before.get(k) != now.get(k)]
                recorded = AuditEvent.objects.of_platform().filter(pk__gt=events)
                assert sorted(int(event.resource_id) for event in recorded) == changed
                after[last_event()] = now
        assert_told(after)


class ByInstant(TransactionTestCase):
    """Outside one transaction, where each change has an instant of its own."""

    def test_what_was_known_then(self) -> None:
        garden, known = Garden(), []
        with door():
            for number, way in enumerate(["save", "upsert", "update", "delete", "upsert", "delete_all"]):
                garden.do(way, KEYS[0], f"note {number}", ["DE"])
                instant = AuditEvent.objects.of_platform().latest("pk").occurred_at
                known.append((instant, stored(regions.all())))
        history = Region.history  # type: ignore[attr-defined]
        for instant, state in known:
            assert stored(history.filter(id__in=KEYS).known_at(instant).as_instances()) == state
