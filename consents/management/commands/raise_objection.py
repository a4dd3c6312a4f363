from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.models import Objection, SubcontractorNotice
from consents.services.subcontractors import raise_objection
from privacy_console.errors import Refused
from tenants.commands import ConsoleCommand


class Command(ConsoleCommand):
    help = (
        "Object, for a tenant, to what the processor announced of a subcontractor. It needs a --reason; raised after "
        "the change took effect, it is kept and marked late."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "notice", type=int, help="Id of the announcement, as list_subcontractors --json shows it."
        )
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")

    def perform(self, *, notice: int, tenant: str, **options: Any) -> None:
        owner = self.tenant(tenant)
        found = SubcontractorNotice.objects.select_related("third_party").filter(pk=notice).first()
        if found is None:
            raise Refused(
                "not_found", f"There is no announcement {notice}. list_subcontractors --json shows them."
            )
        objection = raise_objection(notice=found, tenant=owner, reason=self.reason, by=self.actor)
        self.show(_row(objection), text=_sentence(objection))


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
