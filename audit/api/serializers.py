"""How an event of the timeline is shown; the names follow Microsoft Graph's auditEvent."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.context import Action, ActorType, Origin
from audit.models import AuditEvent
from audit.timeline import DescribedEvent
from privacy_console.rest.instants import InstantField


class ActorSerializer(serializers.Serializer[Any]):
    """Who acted."""

    type = serializers.ChoiceField(source="actor_type", choices=ActorType.choices)
    id = serializers.CharField(source="actor_id")
    name = serializers.CharField(source="actor_name")
    role = serializers.CharField(source="actor_role")
    ip_address = serializers.CharField()
    on_behalf_of = serializers.CharField()


class ModifiedPropertySerializer(serializers.Serializer[Any]):
    """A property before and after; null where there was no object or no value."""

    name = serializers.CharField()
    old_value = serializers.CharField(allow_null=True)
    new_value = serializers.CharField(allow_null=True)


class ResourceSerializer(serializers.Serializer[Any]):
    """What the event was about."""

    type = serializers.CharField()
    id = serializers.CharField()
    name = serializers.CharField()
    modified_properties = ModifiedPropertySerializer(many=True)


class EventSerializer(serializers.Serializer[DescribedEvent]):
    """Of a described event (`audit.timeline.describe`)."""

    id = serializers.CharField(source="event.pk")
    occurred_at = InstantField(source="event.occurred_at")
    action = serializers.ChoiceField(source="event.action", choices=Action.choices)
    activity = serializers.CharField(source="event.activity")
    category = serializers.CharField(source="event.category")
    result = serializers.ChoiceField(source="event.result", choices=AuditEvent.Result.choices)
    actor = ActorSerializer(source="event.attribution")
    origin = serializers.ChoiceField(source="event.attribution.origin", choices=Origin.choices)
    reason = serializers.CharField(source="event.attribution.reason")
    correlation_id = serializers.UUIDField(source="event.attribution.correlation_id")
    resources = serializers.SerializerMethodField()
    details = serializers.DictField(source="event.details", allow_null=True)
    seal = serializers.SerializerMethodField()

    @extend_schema_field(ResourceSerializer(many=True))
    def get_resources(self, described: DescribedEvent) -> list[dict[str, Any]]:
        """The object that it was about; none for a deed without one."""
        event = described.event
        if not (event.resource_id or event.resource_name):
            return []
        resource = {
            "type": event.resource_type,
            "id": event.resource_id,
            "name": event.resource_name,
            "modified_properties": described.changes,
        }
        return [ResourceSerializer(resource).data]

    @extend_schema_field({"type": "null"})
    def get_seal(self, described: DescribedEvent) -> None:
        """The seal that covers the event; null while none does."""
