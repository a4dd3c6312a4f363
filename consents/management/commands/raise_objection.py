from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from catalog.models import ThirdParty
from consents.models import Objection, SubcontractorNotice
from consents.services.subcontractors import raise_objection
from consents.subcontractors import agents
from privacy_console.errors import Refused
from tenants.commands import ConsoleCommand


class Command(ConsoleCommand):
    help = (
        "Object, for a tenant, to what the processor announced of a subcontractor. It needs a --reason; raised after "
        "the change took effect, it is kept and marked late."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("subcontractor", metavar="CODE", help="The subcontractor's code in the catalog.")
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument(
            "--notice",
            type=int,
            metavar="ID",
            help="Which announcement, as list_subcontractors --json shows it; else the newest.",
        )

    def perform(self, *, subcontractor: str, tenant: str, notice: int | None, **options: Any) -> None:
        owner = self.tenant(tenant)
        objection = raise_objection(
            notice=self._notice(subcontractor, notice), tenant=owner, reason=self.reason, by=self.actor
        )
        self.show(_row(objection), text=_sentence(objection))

    def _notice(self, code: str, pk: int | None) -> SubcontractorNotice:
        """The announcement meant. Raises Refused."""
        known = agents(on=timezone.localdate()).order_by("catalog_id")
        party: ThirdParty = self.find(known, "code", code, "subcontractor")
        notices = SubcontractorNotice.objects.select_related("third_party").filter(third_party=party)
        found = (notices if pk is None else notices.filter(pk=pk)).first()
        if found is None:
            which = "Nothing" if pk is None else f"No announcement {pk}"
            raise Refused(
                "not_found", f"{which} is recorded of {party}. list_subcontractors --json shows what is."
            )
        return found


def _row(objection: Objection) -> dict[str, Any]:
    return {
        "id": str(objection.pk),
        "tenant": objection.tenant.slug,
        "notice": str(objection.notice_id),
        "subcontractor": objection.notice.third_party.code,
        "status": objection.status,
        "is_late": objection.is_late,
        "reason": objection.reason,
        "raised_at": objection.raised_at,
        "raised_by": objection.raised_by,
    }


def _sentence(objection: Objection) -> str:
    late = " It is late: the change is in effect." if objection.is_late else ""
    return f"Objection {objection.pk} of {objection.tenant} to {objection.notice} is recorded.{late}"
