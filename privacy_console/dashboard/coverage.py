"""What is switched on, and whether all that flows was agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from catalog.models import Service
from consents.models import Consent, CoveredFlow
from privacy_console.dashboard.reader import SHOWN, Reader
from tenants.pages.parts import admin_url


@dataclass(frozen=True)
class Coverage:
    """A service as the tenants at hand use it: how many connections, and whether all that flows was agreed to."""

    service: Service
    connections: int
    waiting: int
    flows: int
    personal: int
    uncovered: int

    @property
    def url(self) -> str:
        return admin_url(self.service, "change", self.service.pk)


def coverage_of(reader: Reader) -> list[Coverage]:
    """Every service that needs consent, with what is agreed to, and what flows today without having been."""
    now = timezone.now()
    in_force, waiting = (
        _per_service(reader.own(Consent).in_force(now)),
        _per_service(reader.own(Consent).awaiting_decision()),
    )
    agreed = _agreed(reader, now)
    services = (
        Service.objects.current()
        .filter(needs_consent=True)
        .select_related("third_party")
        .annotate(flows_now=Count("flows", filter=Q(flows__removed_in__isnull=True)))
        .order_by("third_party__name", "name")
    )
    return [
        _coverage(row, in_force.get(row.pk, 0), waiting.get(row.pk, 0), agreed.get(row.pk))
        for row in services
    ]


def _per_service(consents: Any) -> dict[int, int]:
    return dict(consents.order_by().values_list("service").annotate(Count("pk")))


def _agreed(reader: Reader, now: datetime) -> dict[int, dict[str, int]]:
    """By service: the flows under the consents in force, how many are personal, how many still in the catalog."""
    consents = reader.own(Consent).in_force(now).order_by()
    covered = reader.own(CoveredFlow).filter(consent__in=consents).order_by()
    rows = covered.values("consent__service").annotate(
        flows=Count("flow", distinct=True),
        personal=Count("flow", filter=Q(personal=True), distinct=True),
        current=Count("pk", filter=Q(flow__removed_in__isnull=True)),
    )
    return {row["consent__service"]: row for row in rows}


def _coverage(service: Service, connections: int, waiting: int, agreed: dict[str, int] | None) -> Coverage:
    agreed = agreed or {"flows": 0, "personal": 0, "current": 0}
    flowing: int = service.flows_now * connections  # type: ignore[attr-defined]
    uncovered = max(0, flowing - agreed["current"])
    return Coverage(service, connections, waiting, agreed["flows"], agreed["personal"], uncovered)


def consents_in_force(reader: Reader) -> Any:
    """The newest consents in force, each with its numbers of flows."""
    consents = reader.own(Consent).in_force().with_coverage()
    return consents.select_related("service__third_party", "tenant").order_by("-granted_at", "-id")[:SHOWN]
