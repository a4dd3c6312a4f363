"""Answers in the audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction

from audit.context import Action
from audit.models import Attribution, AuditEvent

ACTIVITY = "decision.asked"
CATEGORY = "decisions"


def write_down(lines: Sequence[dict[str, Any]]) -> int:
    """Append the lines' answers to their timelines, but those that are there; how many were appended."""
    with transaction.atomic():
        there = Attribution.objects.filter(id__in=[line["by"]["id"] for line in lines])
        known = {str(pk) for pk in there.values_list("pk", flat=True)}
        fresh = list({line["by"]["id"]: line for line in lines if line["by"]["id"] not in known}.values())
        Attribution.objects.bulk_create(Attribution(**line["by"]) for line in fresh)
        events = [event for line in fresh for event in _events(line)]
        AuditEvent.objects.across_tenants().bulk_create(events, batch_size=1000)
    return len(events)


def _events(line: dict[str, Any]) -> Iterator[AuditEvent]:
    for subject, details in line["answers"]:
        yield AuditEvent(
            tenant_id=line["tenant"],
            attribution_id=line["by"]["id"],
            occurred_at=line["at"],
            action=Action.MANAGE,
            activity=ACTIVITY,
            category=CATEGORY,
            actor_id=line["by"]["actor_id"],
            resource_type=CATEGORY,
            resource_name=subject[:254],
            details=details,
        )
