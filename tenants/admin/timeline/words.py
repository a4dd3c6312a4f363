"""How an entry of the timeline is put into words."""

from __future__ import annotations

from typing import Any

from audit.models import AuditEvent
from audit.timeline import activity_in_words, resource_in_words

PLATFORM = "platform"


def activity_words(activity: str, resource_type: str = "") -> str:
    """`consent.granted` as Consent: granted; the kind of object in words where the activity begins with it."""
    subject, _, deed = activity.partition(".")
    if deed and resource_type.endswith(f".{subject}"):
        return f"{kind_words(resource_type)}: {deed.replace('_', ' ')}"
    return activity_in_words(activity)


def words_of(event: AuditEvent) -> str:
    return activity_words(event.activity, event.resource_type)


def kind_words(resource_type: str) -> str:
    """What kind of thing an event is about."""
    return resource_in_words(resource_type).replace("_", " ").capitalize()


def name_of(event: AuditEvent) -> str:
    """What the object was called when it happened."""
    return event.resource_name or event.resource_id


def slug_of(event: AuditEvent) -> str:
    return event.tenant.slug if event.tenant else PLATFORM


def plain(value: Any) -> Any:
    """Nested details as one line each."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {plain(inner)}" for key, inner in value.items())
    return value
