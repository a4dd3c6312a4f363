"""Events as people and programs read them: who, when, from where, and what was before and after.

The difference is computed from the event's history row and the row before it, for a whole page at once: two
queries for each kind of object on the page, one for each kind of object that the changed values refer to.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import OuterRef, Subquery, prefetch_related_objects

from audit.history import Stance, stance_of
from audit.models import AuditEvent
from audit.querysets import of_same_object
from privacy_console.timestamps import utc_text

_NATURAL_KEYS = ("code", "slug", "username", "prefix")


def activity_in_words(activity: str) -> str:
    """`member.role_changed` as `Member: role changed`."""
    subject, _, deed = activity.partition(".")
    return f"{subject}: {deed}".replace("_", " ").strip(": ").capitalize()


def resource_in_words(resource_type: str) -> str:
    """What kind of thing an event is about: the model's name; the code itself where it is none of ours."""
    stance = stance_of(resource_type)
    return str(stance.model._meta.verbose_name) if stance else resource_type


@dataclass(frozen=True)
class PropertyChange:
    """One property before and after: as text for programs (None: there was no object), and in words for people."""

    name: str
    label: str
    old_value: str | None
    new_value: str | None
    old_words: str
    new_words: str


@dataclass(frozen=True)
class DescribedEvent:
    """An event of the timeline with what changed."""

    event: AuditEvent
    changes: tuple[PropertyChange, ...]

    @property
    def activity_words(self) -> str:
        return activity_in_words(self.event.activity)

    @property
    def resource_words(self) -> str:
        return resource_in_words(self.event.resource_type)


@dataclass(frozen=True)
class _Reference:
    """How an object that a changed value points to is named."""

    code: str
    name: str


@dataclass(frozen=True)
class _Difference:
    """A field with its raw values; `_ABSENT` where there was no object."""

    field: models.Field[Any, Any]
    old: Any
    new: Any


_ABSENT = object()
_References = Mapping[tuple[type[models.Model], Any], _Reference]


def describe(events: Iterable[AuditEvent]) -> list[DescribedEvent]:
    """The events, in their order, each with its differences. Changes nothing; reads in a bounded number of queries."""
    page = list(events)
    prefetch_related_objects(page, "attribution")
    differences = _differences(page)
    references = _references(one for found in differences.values() for one in found)
    return [
        DescribedEvent(event, tuple(_change(one, references) for one in differences.get(event.pk, ())))
        for event in page
    ]


def _differences(events: list[AuditEvent]) -> dict[int, list[_Difference]]:
    by_type: dict[str, list[int]] = defaultdict(list)
    for event in events:
        by_type[event.resource_type].append(event.pk)
    found: dict[int, list[_Difference]] = {}
    for resource_type, ids in by_type.items():
        stance = stance_of(resource_type)
        if stance is not None:
            found |= {record.pk: _compare(stance, record, before) for record, before in _records(stance, ids)}
    return found


def _records(stance: Stance, event_ids: list[int]) -> list[tuple[Any, Any]]:
    """The history rows of the events, each with the row before it (None at the beginning)."""
    history = stance.history_model._base_manager
    earlier = of_same_object(stance.history_model).filter(history_id__lt=OuterRef("history_id"))
    last = earlier.order_by("-history_id").values("history_id")[:1]
    records = {r.pk: r for r in history.filter(history_id__in=event_ids).annotate(before=Subquery(last))}
    missing = {r.before for r in records.values()} - records.keys() - {None}
    before = {r.pk: r for r in history.filter(history_id__in=missing)} if missing else {}
    return [(record, records.get(record.before) or before.get(record.before)) for record in records.values()]


def _compare(stance: Stance, record: Any, before: Any) -> list[_Difference]:
    return [
        _Difference(field, old, new)
        for field in _shown_fields(stance, record)
        for old, new in [_sides(field.attname, record, before)]
        if old != new and not (_says_nothing(old) and _says_nothing(new))
    ]


def _says_nothing(value: Any) -> bool:
    return value is _ABSENT or value is None or value == ""


def _sides(name: str, record: Any, before: Any) -> tuple[Any, Any]:
    value = getattr(record, name)
    if record.history_type == "-":
        return value, _ABSENT
    return (getattr(before, name) if before is not None else _ABSENT), value


def _shown_fields(stance: Stance, record: Any) -> list[models.Field[Any, Any]]:
    hidden = {stance.model._meta.pk.name, "tenant"}
    return [field for field in record.tracked_fields if field.name not in hidden]


def _references(differences: Iterable[_Difference]) -> dict[tuple[type[models.Model], Any], _Reference]:
    """The names of everything that changed values point to, one query for each kind."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for one in differences:
        if isinstance(one.field, models.ForeignKey):
            wanted[_target(one.field)] |= {v for v in (one.old, one.new) if v not in (None, _ABSENT)}
    return {
        (model, pk): _Reference(str(code), str(name))
        for model, keys in wanted.items()
        for pk, code, name in _names(model, keys)
    }


def _target(field: models.ForeignKey[Any, Any]) -> type[models.Model]:
    target = field.remote_field.model
    return target if isinstance(target, type) else apps.get_model(target)


def _names(model: type[models.Model], keys: set[Any]) -> Iterable[tuple[Any, Any, Any]]:
    stance, columns = stance_of(model._meta.label_lower), {f.name for f in model._meta.concrete_fields}
    name = (stance.label if stance else None) or "pk"
    code = next((key for key in _NATURAL_KEYS if key in columns), name)
    if "number" in columns:  # an edition is known by its number; its note is prose
        code = name = "number"
    return model._base_manager.filter(pk__in=keys).values_list("pk", code, name)


def _change(one: _Difference, references: _References) -> PropertyChange:
    field = one.field
    return PropertyChange(
        name=field.name,
        label=str(field.verbose_name).capitalize(),
        old_value=_text(field, one.old, references),
        new_value=_text(field, one.new, references),
        old_words=_words(field, one.old, references),
        new_words=_words(field, one.new, references),
    )


def _reference(field: models.Field[Any, Any], value: Any, references: _References) -> _Reference | None:
    if not isinstance(field, models.ForeignKey):
        return None
    return references.get((_target(field), value), _Reference(str(value), str(value)))


def _text(field: models.Field[Any, Any], value: Any, references: _References) -> str | None:
    if value is None or value is _ABSENT:
        return None
    reference = _reference(field, value, references)
    return reference.code if reference else _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | list | dict) else str(value)


def _words(field: models.Field[Any, Any], value: Any, references: _References) -> str:
    if value is None or value is _ABSENT:
        return ""
    reference = _reference(field, value, references)
    if reference:
        return reference.name
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return _readable(value)


def _readable(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
