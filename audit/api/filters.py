"""What a timeline can be narrowed by."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from audit.context import Action, Origin
from audit.models import AuditEvent
from privacy_console.rest.filters import ChoiceFilter, FilterSet, InstantFilter, TextFilter, UuidFilter


class EventFilters(FilterSet):
    actor = TextFilter(method="by_actor", help_text="The actor's id, or their name to the letter.")
    action = ChoiceFilter(choices=Action.choices)
    activity = TextFilter(help_text="For example consent.granted.")
    category = TextFilter(help_text="For example consents.")
    result = ChoiceFilter(choices=AuditEvent.Result.choices)
    origin = ChoiceFilter(field_name="attribution__origin", choices=Origin.choices)
    resource_type = TextFilter(help_text="For example consents.consent.")
    resource_id = TextFilter()
    correlation_id = UuidFilter(
        field_name="attribution__correlation_id", help_text="All that one request or command did."
    )
    occurred_after = InstantFilter(
        field_name="occurred_at", lookup_expr="gte", help_text="From this instant on."
    )
    occurred_before = InstantFilter(
        field_name="occurred_at", lookup_expr="lt", help_text="Before this instant."
    )
    search = TextFilter(method="by_words", help_text="Words in the resource, activity, actor or reason.")

    def by_actor(self, events: Any, name: str, value: str) -> Any:
        return events.filter(Q(actor_id=value) | Q(attribution__actor_name=value))

    def by_words(self, events: Any, name: str, value: str) -> Any:
        return events.matching(value)
