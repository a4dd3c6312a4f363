"""What the commands about consents have in common: naming a service or a consent, and showing one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import F

from catalog.models import Service
from consents.models import Consent, EndingStep
from consents.renewal import difference, differences
from tenants.commands import ConsoleCommand, Error
from tenants.models import Tenant


class ConsentCommand(ConsoleCommand):
    def add_selection(self, parser: CommandParser) -> None:
        """A consent is named by its id, or by tenant, service and connection."""
        parser.add_argument(
            "consent", nargs="?", type=int, help="Id of the consent, as list_consents shows it."
        )
        parser.add_argument("--tenant", metavar="SLUG", help="Instead of the id: short name of the tenant …")
        parser.add_argument("--service", metavar="CODE", help="… and the service: apns, vpp, …")
        parser.add_argument(
            "--connection", default="", metavar="NAME", help="Which connection, where the tenant has several."
        )

    def service(self, code: str) -> Service:
        """The service with this code, rather one that the catalog still has. Raises Refused that lists similar ones."""
        newest_first = Service.objects.order_by(F("removed_in").desc(nulls_first=True))
        service: Service = self.find(newest_first, "code", code, "service")
        return service

    def consent(self, pk: int) -> Consent:
        found: Consent = self.owned(Consent, pk, "consent", listed_by="list_consents")
        return found

    def selected(self, status: str, *, consent: int | None, connection: str, **names: Any) -> Consent | None:
        """The consent named by id or, in this status, by tenant, service and connection; None where there is none."""
        if consent is not None:
            return self.consent(consent)
        tenant, service = self.named(**names)
        consents = Consent.objects.for_tenant(tenant).for_service(service, connection.strip())
        found: Consent | None = consents.filter(status=status).first()
        return found

    def named(self, *, tenant: str | None, service: str | None, **_: Any) -> tuple[Tenant, Service]:
        """The tenant and the service that were named in place of a consent's id."""
        if not tenant or not service:
            raise Error("Name the consent by its id, or by --tenant and --service.", returncode=2)
        return self.tenant(tenant), self.service(service)


def consent_row(consent: Consent) -> dict[str, Any]:
    """One consent, whole; the names are those of the API."""
    return summary_row(consent) | {
        "record_id": str(consent.record_id),
        "needs_renewal": _needs_renewal(consent),
        "supersedes": str(consent.supersedes_id) if consent.supersedes_id else None,
        "legal_basis": consent.legal_basis,
        "safeguard": consent.safeguard,
        "safeguard_reference": consent.safeguard_reference,
        "contract_reference": consent.contract_reference,
        "contract_parties": consent.contract_parties,
        "contract_signed_on": consent.contract_signed_on,
        "contract_ends_on": consent.contract_ends_on,
        "terms_url": consent.terms_url,
        "terms_sha256": consent.terms_sha256,
        "justification": consent.justification,
        "requested_by": consent.requested_by,
        "granted_by": consent.granted_by,
        "grant_reason": consent.grant_reason,
        "withdrawn_by": consent.withdrawn_by,
        "withdraw_reason": consent.withdraw_reason,
        "flows": [flow.code for flow in consent.covered_flows.all()],
    }


def summary_row(consent: Consent) -> dict[str, Any]:
    """What a line of a list says of a consent."""
    return {
        "id": str(consent.pk),
        "tenant": consent.tenant.slug,
        "service": consent.service.code,
        "connection": consent.connection,
        "state": consent.state,
        "requested_at": consent.requested_at,
        "granted_at": consent.granted_at,
        "effective_from": consent.effective_from,
        "effective_until": consent.effective_until,
        "ends_at": consent.ends_at,
        "withdrawn_at": consent.withdrawn_at,
        "steps_open": _steps_open(consent),
    }


def with_renewals(consents: Iterable[Consent]) -> list[Consent]:
    """The consents, all asked at once whether they need a renewal."""
    found = list(consents)
    asked = differences(found)
    for consent in found:
        consent.needs_renewal = asked[consent.pk].needs_renewal  # type: ignore[attr-defined]
    return found


def _needs_renewal(consent: Consent) -> bool:
    known: bool | None = getattr(consent, "needs_renewal", None)  # by `with_renewals`
    return difference(consent).needs_renewal if known is None else known


def _steps_open(consent: Consent) -> int:
    known: int | None = getattr(consent, "steps_open", None)  # by `with_open_steps`
    if known is not None:
        return known
    steps = EndingStep.objects.for_tenant(consent.tenant_id).filter(consent=consent)
    return int(steps.filter(status=EndingStep.Status.OPEN).count())


def sentence(consent: Consent) -> str:
    """One consent in a line, for a person."""
    covered = consent.covered_flows.count()
    flows = f" It covers {covered} flows." if consent.state == Consent.State.GRANTED else ""
    steps = _steps_open(consent)
    ending = f" {steps} steps are open until the sharing has ended: list_steps shows them." if steps else ""
    begins = f" It begins at {consent.effective_from:%Y-%m-%d %H:%M %Z}." if consent.is_yet_to_begin else ""
    return f"Consent {consent.pk}: {consent} for {consent.tenant} is {consent.state}.{begins}{flows}{ending}"
