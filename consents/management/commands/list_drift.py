from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.graph.telling import here, there
from consents.models import Drift
from tenants.commands import ConsoleCommand


class Command(ConsoleCommand):
    help = "List where the service and the register differ, newest first: what is open, unless --status says otherwise."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="Of this tenant alone.")
        parser.add_argument("--status", choices=Drift.Status.values, default=Drift.Status.OPEN.value)
        parser.add_argument("--kind", choices=Drift.Kind.values, help="Of this kind alone.")
        parser.add_argument("--service", metavar="CODE", help="About this service alone: apns, vpp, …")

    def perform(self, *, tenant: str | None, status: str, kind: str | None, **options: Any) -> None:
        drifts = Drift.objects.for_user(self.actor).select_related("tenant", "service").filter(status=status)
        if tenant:
            drifts = drifts.filter(tenant=self.tenant(tenant))
        wanted = {"kind": kind, "service__code": options["service"]}
        drifts = drifts.filter(**{name: value for name, value in wanted.items() if value})
        row = drift_row if self.as_json else summary_row
        self.show([row(drift) for drift in drifts])


def summary_row(drift: Drift) -> dict[str, Any]:
    """What a line of a list says of a difference."""
    return {
        "id": str(drift.pk),
        "tenant": drift.tenant.slug,
        "difference": drift.get_kind_display(),
        "service": drift.service.code if drift.service else "",
        "connection": drift.connection,
        "there": there(drift.observed),
        "here": here(drift.recorded),
        "opened_at": drift.opened_at,
    }


def drift_row(drift: Drift) -> dict[str, Any]:
    """One difference, whole; the names are those of the API."""
    return {
        "id": str(drift.pk),
        "tenant": drift.tenant.slug,
        "kind": drift.kind,
        "key": drift.key,
        "service": drift.service.code if drift.service else None,
        "connection": drift.connection,
        "consent": str(drift.consent_id) if drift.consent_id else None,
        "observed": drift.observed,
        "recorded": drift.recorded,
        "status": drift.status,
        "resolution": drift.resolution,
        "reason": drift.reason,
        "opened_at": drift.opened_at,
        "closed_at": drift.closed_at,
        "closed_by": drift.closed_by,
    }
