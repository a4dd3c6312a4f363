from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from audit.context import Action
from audit.history import part_types
from audit.models import AuditEvent
from audit.timeline import describe
from tenants.commands import ConsoleCommand, moment
from tenants.management.events import event_line, event_row

# Each option, and the lookup of the timeline that it stands for.
LOOKUPS = {
    "actor": "attribution__actor_name__iexact",
    "action": "action",
    "activity": "activity",
    "category": "category",
    "resource_type": "resource_type",
    "resource_id": "resource_id",
    "correlation_id": "attribution__correlation_id",
    "occurred_after": "occurred_at__gte",
    "occurred_before": "occurred_at__lt",
}


class Command(ConsoleCommand):
    help = (
        "Show the audit trail of one tenant or of the platform (the catalog, the accounts), newest first: who did "
        "what, when, from where and why. --json shows every change with its old and new values."
    )

    def add_options(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--tenant", metavar="SLUG", help="The trail of this tenant.")
        whose.add_argument("--platform", action="store_true", help="The platform's own trail.")
        parser.add_argument("--limit", type=int, default=50, help="How many at most; 50 where not given.")
        parser.add_argument(
            "--parts",
            action="store_true",
            help="Also the parts of a deed, such as each flow that a grant covers.",
        )
        _add_filters(parser.add_argument_group("which events"))

    def perform(self, *, tenant: str | None, search: str, limit: int, parts: bool, **options: Any) -> None:
        events = AuditEvent.objects
        timeline = events.for_tenant(self.tenant(tenant)) if tenant else events.of_platform()
        wanted = {lookup: options[name] for name, lookup in LOOKUPS.items() if options[name] is not None}
        chosen = timeline.matching(search).filter(**wanted).select_related("attribution")
        if not (self.as_json or parts or options["resource_type"] or options["correlation_id"]):
            chosen = chosen.exclude(resource_type__in=part_types())
        found = describe(chosen[: max(limit, 0)])
        self.show([event_row(one) for one in found] if self.as_json else [event_line(one) for one in found])


def _add_filters(group: Any) -> None:
    group.add_argument("--actor", metavar="USERNAME", help="By this person, or the token with this name.")
    group.add_argument("--action", choices=Action.values)
    group.add_argument("--activity", metavar="NAME", help="For example consent.granted.")
    group.add_argument("--category", metavar="NAME", help="The area: consents, members, tokens, catalog, …")
    group.add_argument("--resource-type", metavar="APP.MODEL", help="For example consents.consent.")
    group.add_argument("--resource-id", metavar="ID")
    group.add_argument(
        "--correlation-id", type=UUID, metavar="ID", help="All that one request or command did."
    )
    group.add_argument("--occurred-after", type=moment, metavar="DATE", help="At this time or later.")
    group.add_argument("--occurred-before", type=moment, metavar="DATE", help="Before this time.")
    group.add_argument(
        "--search", default="", metavar="WORDS", help="With these words in object, actor or reason."
    )
