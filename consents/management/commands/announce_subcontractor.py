from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import F
from django.utils import timezone

from catalog.models import ThirdParty
from consents.models import SubcontractorNotice
from consents.services.subcontractors import announce
from tenants.commands import ConsoleCommand, day


class Command(ConsoleCommand):
    help = (
        "Record what the processor announced of one of its agents: that it joins, changes or leaves. The officers of "
        "every tenant are told by e-mail. For operators."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("third_party", metavar="CODE", help="The agent's code in the catalog.")
        parser.add_argument("--change", required=True, choices=SubcontractorNotice.Change.values)
        parser.add_argument(
            "--announced-on",
            type=day,
            metavar="DATE",
            help="When the processor told its customers; else today.",
        )
        parser.add_argument(
            "--effective-on", type=day, required=True, metavar="DATE", help="From when it holds."
        )
        parser.add_argument(
            "--notice-days",
            type=int,
            required=True,
            metavar="DAYS",
            help="How many days ahead its contract wants it told.",
        )
        parser.add_argument("--task", required=True, help="What the agent does for the processor.")
        parser.add_argument("--source", required=True, help="Where it was announced.")

    def perform(self, *, third_party: str, announced_on: date | None, **given: Any) -> None:
        newest_first = ThirdParty.objects.order_by(F("removed_in").desc(nulls_first=True))
        party: ThirdParty = self.find(newest_first, "code", third_party, "third party")
        wanted = ("change", "effective_on", "notice_days", "task", "source")
        notice = announce(
            third_party=party,
            announced_on=announced_on or timezone.localdate(),
            by=self.actor,
            **{name: given[name] for name in wanted},
        )
        self.show(_row(notice), text=_sentence(notice))


def _row(notice: SubcontractorNotice) -> dict[str, Any]:
    return {
        "id": str(notice.pk),
        "subcontractor": notice.third_party.code,
        "change": notice.change,
        "announced_on": notice.announced_on,
        "effective_on": notice.effective_on,
        "notice_days": notice.notice_days,
        "is_short": notice.is_short,
        "task": notice.task,
        "source": notice.source,
    }


def _sentence(notice: SubcontractorNotice) -> str:
    short = f" That is less notice than the {notice.notice_days} days agreed." if notice.is_short else ""
    return f"Announcement {notice.pk}: {notice}.{short}"
