from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from consents.subcontractors import PUBLISHED_AT, Subcontractor, subcontractors
from privacy_console.errors import Refused
from tenants.commands import ConsoleCommand, Row, moment


class Command(ConsoleCommand):
    help = (
        "List the processor's subcontractors: since and until when, for what, and what was announced of them. --json "
        "shows the announcements too, with the ids that raise_objection takes."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of", type=moment, metavar="DATE", help="As it was, and was known, at this time."
        )

    def perform(self, *, as_of: datetime | None, **options: Any) -> None:
        if as_of is not None and as_of > timezone.now():
            raise Refused("in_the_future", "Nobody knows yet what will be known then.")
        found = subcontractors(known_at=as_of)
        self.show([_row(one) | ({"notices": _notices(one)} if self.as_json else {}) for one in found])
        if not found:
            self.remark(f"The catalog lists none. The processor publishes its list at {PUBLISHED_AT}.")


def _row(one: Subcontractor) -> dict[str, Any]:
    return {
        "code": one.third_party.code,
        "name": one.third_party.name,
        "country": one.third_party.country,
        "state": str(one.state),
        "since": one.since,
        "until": one.until,
        "came_at_short_notice": one.came_at_short_notice,
        "task": one.task,
    }


def _notices(one: Subcontractor) -> list[Row]:
    return [
        {
            "id": str(notice.pk),
            "change": notice.change,
            "announced_on": notice.announced_on,
            "effective_on": notice.effective_on,
            "notice_days": notice.notice_days,
            "is_short": notice.is_short,
            "is_running": notice.is_running(one.on),
            "task": notice.task,
            "source": notice.source,
        }
        for notice in one.notices
    ]
