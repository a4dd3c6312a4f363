"""The timeline: one narrow row for every audited change and every deed without a row."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from audit.context import Action, ActorType, Origin
from audit.querysets import EventManager

# Creations and updates are most of what happens: the index by time finds them as fast, and is written once less.
RARE_ACTION = ~models.Q(action__in=[Action.CREATE, Action.UPDATE])


class Attribution(models.Model):
    """Who acted, through which door and why: written by the same trigger as the change itself.

    Names are kept as text, so that they outlive the account (and can be erased without touching the timeline).
    """

    audit_exempt = "It is the audit trail: append-only, its triggers refuse changes."

    id = models.UUIDField(primary_key=True)
    correlation_id = models.UUIDField(db_index=True, help_text="Groups all that one request or command did.")
    actor_type = models.CharField(max_length=16, choices=ActorType)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=254, blank=True)
    actor_role = models.CharField(max_length=32, blank=True)
    on_behalf_of = models.CharField(
        max_length=254, blank=True, help_text="The person behind a service, where it said so."
    )
    ip_address = models.CharField(max_length=45, blank=True)
    origin = models.CharField(max_length=16, choices=Origin)
    reason = models.TextField(blank=True)

    class Meta:
        verbose_name = "attribution"

    def __str__(self) -> str:
        return self.actor_name or f"{self.get_actor_type_display()} ({self.get_origin_display()})"


class EventKeyField(models.BigAutoField):  # type: ignore[type-arg]
    """Numbers events upwards. SQLite counts from the newest event there is, which is never removed; its own table of
    last numbers (AUTOINCREMENT) would be one more page to write with every change."""

    def db_type_suffix(self, connection: BaseDatabaseWrapper) -> str | None:
        return None if connection.vendor == "sqlite" else super().db_type_suffix(connection)


class AuditEvent(models.Model):
    """One entry of a tenant's timeline; where `tenant_id` is empty, of the platform's.

    The names follow Microsoft Graph's auditEvent. Where the event is a row change, its id is also the `history_id`
    of the row in the model's history table: one number names the change and its place in the timeline.
    """

    audit_exempt = "It is the audit trail: append-only, its triggers refuse changes."

    class Result(models.TextChoices):
        SUCCESS = "success", "Success"
        FAILURE = "failure", "Failure"

    id = EventKeyField(primary_key=True)
    # No constraints on the two keys: the trigger writes the attribution in the same act, tenants are never deleted,
    # and a check per row would cost a third of a bulk insert.
    tenant = models.ForeignKey(
        "tenants.Tenant",
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    attribution = models.ForeignKey(
        Attribution, models.DO_NOTHING, db_constraint=False, related_name="events"
    )
    occurred_at = models.DateTimeField()
    action = models.CharField(max_length=16, choices=Action)
    activity = models.CharField(max_length=64)
    category = models.CharField(max_length=32)
    result = models.CharField(max_length=16, choices=Result, default=Result.SUCCESS)
    actor_id = models.CharField(max_length=64, blank=True)
    resource_type = models.CharField(max_length=64)
    resource_id = models.CharField(max_length=64, blank=True)
    resource_name = models.CharField(max_length=254, blank=True)
    details = models.JSONField(null=True, blank=True)

    objects: ClassVar[EventManager] = EventManager()

    class Meta:
        verbose_name = "audit event"
        ordering = ("-occurred_at", "-id")
        indexes = (
            models.Index(fields=("tenant", "occurred_at", "id"), name="event_by_time"),
            models.Index(fields=("tenant", "actor_id", "occurred_at", "id"), name="event_by_actor"),
            models.Index(
                fields=("tenant", "action", "occurred_at", "id"),
                name="event_by_rare_action",
                condition=RARE_ACTION,
            ),
            models.Index(fields=("resource_id", "id"), name="event_by_resource"),
        )

    def __str__(self) -> str:
        return f"{self.activity} {self.resource_name or self.resource_id}".strip()
