"""django-simple-history's tables, written by database triggers instead of by signals.

The library defines the history model, its diffs and its `as_of`; what it would do on `post_save` the triggers of
`audit.triggers` do inside the database, so that no way of writing passes them by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from simple_history.manager import SIMPLE_HISTORY_REVERSE_ATTR_NAME, HistoryDescriptor, HistoryManager
from simple_history.models import HistoricalRecords

from audit.context import Action
from audit.querysets import PastQuerySet

if TYPE_CHECKING:
    from audit.models import AuditEvent

HISTORY_TYPES = {"+": "created", "~": "updated", "-": "deleted"}
DEFAULT_ACTIONS = {"+": Action.CREATE, "~": Action.UPDATE, "-": Action.DELETE}


@dataclass(frozen=True)
class Stance:
    """What the triggers need to know of one audited model."""

    model: type[models.Model]
    category: str
    tenant_column: str | None
    label: str | None
    actions: Mapping[str, str]
    is_part: bool

    @property
    def resource_type(self) -> str:
        return self.model._meta.label_lower

    @property
    def history_model(self) -> type[models.Model]:
        return self.model.history.model  # type: ignore[attr-defined, no-any-return]

    def activity(self, history_type: str) -> str:
        return f"{self.model._meta.model_name}.{HISTORY_TYPES[history_type]}"


_stances: dict[str, Stance] = {}


def audited_models() -> list[Stance]:
    """Every audited model's stance, in a stable order."""
    return [_stances[label] for label in sorted(_stances)]


def stance_of(resource_type: str) -> Stance | None:
    """The stance of the model with this label (`app.model`), None for what is not audited."""
    return _stances.get(resource_type)


def part_types() -> list[str]:
    """The resource types whose events are parts of a deed on another object."""
    return [stance.resource_type for stance in audited_models() if stance.is_part]


def _instance_of(record: Any) -> models.Model:
    """The object as it was; what its history leaves out (a password, a digest) has its default."""
    values = {field.attname: getattr(record, field.attname) for field in record.tracked_fields}
    instance: models.Model = record.instance_type(**values)
    setattr(instance, SIMPLE_HISTORY_REVERSE_ATTR_NAME, record)
    return instance


def _event_of(record: Any) -> AuditEvent:
    events = apps.get_model("audit", "AuditEvent").objects.across_tenants()
    event: AuditEvent = events.select_related("attribution").get(pk=record.history_id)
    return event


class EventIdField(models.BigIntegerField):  # type: ignore[type-arg]
    """A key that is given, not made. On SQLite it is the row's own number, which saves each history table an index."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


class PastDescriptor(HistoryDescriptor):
    """What `Model.history` is. Its manager's class is made once; the library makes one at every look."""

    def __init__(self, given: HistoryDescriptor) -> None:
        super().__init__(given.model, given.manager_class, given.queryset_class)
        self._managers = self.manager_class.from_queryset(self.queryset_class)

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> HistoryManager:
        return self._managers(self.model, instance)


class AuditedRecords(HistoricalRecords):
    """Declare a model audited: `history = AuditedRecords(category="catalog", label="name")`.

    category: the area of the console, shown and filtered in the timeline.
    label: what names the object in the timeline: a field, or `key__field` of the row that a key points to.
    tenant: the column that holds the owning tenant's id; None for what the platform owns.
    part: whether its rows are parts of a deed on another object, which the timeline need not list one by one.
    actions: where a row's creation, change or deletion is another of the six actions than its own name says.
    """

    def __init__(
        self,
        *,
        category: str,
        label: str | None = None,
        tenant: str | None = None,
        part: bool = False,
        actions: Mapping[str, str] | None = None,
        excluded_fields: Sequence[str] = (),
        history_manager: type[HistoryManager] = HistoryManager,
    ) -> None:
        self.category, self.label, self.tenant, self.part = category, label, tenant, part
        self.actions = {**DEFAULT_ACTIONS, **(actions or {})}
        super().__init__(
            history_id_field=EventIdField(),
            excluded_fields=list(excluded_fields),
            history_manager=history_manager,
            historical_queryset=PastQuerySet,
        )

    def get_extra_fields(self, model: type[models.Model], fields: dict[str, Any]) -> dict[str, Any]:
        """History rows carry the change only; who, why and from where stand once, in the event of the same id."""
        extra: dict[str, Any] = super().get_extra_fields(model, fields)
        for name in ("history_user", "history_user_id", "history_change_reason"):
            extra.pop(name, None)
        event = cached_property(_event_of)
        event.__set_name__(model, "event")
        return extra | {
            "audit_exempt": "It is the history of an audited model, written by triggers; append-only.",
            "event": event,
            "object_key": self._object_key(model),
            "instance": property(_instance_of),
            "history_user": property(lambda record: record.event.attribution),
            "history_change_reason": property(lambda record: record.event.attribution.reason),
        }

    def finalize(self, sender: type[models.Model], **kwargs: Any) -> None:
        if self.cls is not sender:
            return
        super().finalize(sender, **kwargs)
        setattr(sender, self.manager_name, PastDescriptor(sender.__dict__[self.manager_name]))
        models.signals.post_save.disconnect(self.post_save, sender=sender)
        models.signals.post_delete.disconnect(self.post_delete, sender=sender)
        models.signals.pre_delete.disconnect(self.pre_delete, sender=sender)
        _stances[sender._meta.label_lower] = Stance(
            sender, self.category, self.tenant, self.label, self.actions, self.part
        )

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        """One index finds an object's rows, and a tenant's: history is written more often than it is read."""
        fields: dict[str, Any] = super().copy_fields(model)
        for name, field in fields.items():
            field.db_index = (name,) == self._object_key(model)
        return fields

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        options: dict[str, Any] = super().get_meta_options(model)
        key = self._object_key(model)
        return options | ({"indexes": (models.Index(fields=key),)} if len(key) > 1 else {})

    def _object_key(self, model: type[models.Model]) -> tuple[str, ...]:
        """The fields that say which object a history row is of, as they are indexed: its tenant first."""
        pk = model._meta.pk.name
        tenant = [f.name for f in model._meta.fields if f.attname == self.tenant and f.name != pk]
        return (*tenant, pk)
