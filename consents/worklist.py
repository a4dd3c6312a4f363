"""What of the consents waits for somebody: decisions, ends, steps, differences, announcements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from catalog.models import Edition
from consents.expiries import consent_end, contract_end, credential_end, credentials, own, unfollowed_consents
from consents.leads import within_lead
from consents.models import Consent, Drift, EndingStep, Objection, SubcontractorNotice
from consents.renewal import needing_renewal
from consents.transfers import protected_countries
from tenants.roles import Permission
from work.places import day_of, end_of, short_day
from work.worklist import Item, Look, Severity, page_about, source

SEE = Permission.VIEW_CONSENTS
NOTICES_AT_ONCE = 100
TENANTS_AT_ONCE = 1000
URGENT_DRIFT = (Drift.Kind.UNKNOWN_HERE, Drift.Kind.STILL_ON)


@source("consents.awaiting", title="Decision awaited", permission=SEE)
def awaited_decisions(look: Look) -> Iterator[Item]:
    rows = own(Consent, look).awaiting_decision().select_related("service__third_party")
    for consent in look.longest(rows, "requested_at"):
        yield look.item(
            consent,
            title=f"Decide on {consent}",
            about=f"{consent.service.third_party}, requested by {consent.requested_by}",
            url=page_about(consent),
            since=consent.requested_at,
        )


@source("consents.ending", title="Consent ends", permission=SEE)
def ending_consents(look: Look) -> Iterator[Item]:
    rows = within_lead(unfollowed_consents(look), "ends_at", look.tenants, look.at)
    return (consent_end(look, consent) for consent in look.nearest(rows, "ends_at"))


@source("consents.contracts", title="Contract ends", permission=SEE)
def ending_contracts(look: Look) -> Iterator[Item]:
    """Also those that have ended, as long as a consent still rests on them."""
    rows = within_lead(unfollowed_consents(look), "contract_ends_on", look.tenants, look.at)
    return (contract_end(look, consent) for consent in look.nearest(rows, "contract_ends_on"))


@source("consents.steps", title="Step of a withdrawal", permission=SEE)
def open_steps(look: Look) -> Iterator[Item]:
    rows = own(EndingStep, look).filter(status=EndingStep.Status.OPEN).select_related("consent", "owner")
    for step in look.nearest(rows, "due_on", owner="owner"):
        whose = f", {step.owner} sees to it" if step.owner else ", nobody sees to it yet"
        yield look.item(
            step,
            title=step.title,
            about=f"Ends the sharing of {step.consent}{whose}",
            url=page_about(step, step.consent),
            due=end_of(step.due_on),
            severity=Severity.HIGH,
            owner=step.owner,
        )


@source("consents.drift", title="Difference from the service", permission=SEE)
def open_drift(look: Look) -> Iterator[Item]:
    rows = own(Drift, look).filter(status=Drift.Status.OPEN).select_related("service", "consent")
    for drift in look.longest(rows, "opened_at"):
        what = f"{drift.service or drift.key}" + (f" ({drift.connection})" if drift.connection else "")
        yield look.item(
            drift,
            title=f"{drift.get_kind_display()}: {what}",
            about="The service and the register say different things",
            url=page_about(drift, *([drift.consent] if drift.consent else [])),
            since=drift.opened_at,
            severity=Severity.HIGH if drift.kind in URGENT_DRIFT else Severity.NORMAL,
        )


@source("consents.renewals", title="Renewal needed", permission=SEE)
def needed_renewals(look: Look) -> Iterator[Item]:
    """Consents that cover less than what their service receives since a newer edition of the catalog."""
    newer = Edition.objects.filter(
        catalog=OuterRef("edition__catalog"), number__gt=OuterRef("edition__number")
    ).order_by("number")
    behind_since = Coalesce(Subquery(newer.values("loaded_at")[:1]), "effective_from")
    rows = needing_renewal(unfollowed_consents(look), look.at).annotate(behind_since=behind_since)
    for consent in look.longest(rows, "behind_since"):
        yield look.item(
            consent,
            title=f"{consent} needs a renewal",
            about=f"More flows to or from {consent.service.third_party} than was agreed to",
            url=page_about(consent),
            since=consent.behind_since,
            severity=Severity.HIGH,
        )


@source("consents.safeguards", title="Transfer without safeguard", permission=SEE)
def missing_safeguards(look: Look) -> Iterator[Item]:
    """Consents in force under which data leaves the EU and EFTA, and that name nothing to allow it (GDPR Art. 44)."""
    inside = protected_countries()
    leaves = Q(tenant__country__in=inside) & ~Q(service__third_party__country__in=inside)
    rows = unfollowed_consents(look).in_force(look.at).filter(leaves, safeguard="")
    for consent in look.longest(rows, "effective_from"):
        yield look.item(
            consent,
            title=f"{consent} names no transfer safeguard",
            about=f"Data goes to {consent.service.third_party} in a third country: renew it with the safeguard",
            url=page_about(consent),
            since=consent.effective_from,
            severity=Severity.HIGH,
        )


@source("consents.credentials", title="Certificate or token expires", permission=SEE)
def expiring_credentials(look: Look) -> Iterator[Item]:
    """Also those that have expired, until they are renewed or retired."""
    rows = within_lead(credentials(look), "expires_at", look.tenants, look.at)
    return (credential_end(look, credential) for credential in look.nearest(rows, "expires_at"))


@source("subcontractors.notices", title="Change of a subcontractor", permission=SEE)
def running_notices(look: Look) -> Iterator[Item]:
    """Announcements that a tenant can still object to, and has not.

    They concern each tenant alike; who sees more than a thousand tenants is told of them for the first thousand.
    """
    today = day_of(look.at)
    running = SubcontractorNotice.objects.filter(announced_on__lte=today, effective_on__gt=today)
    notices = list(running.select_related("third_party").order_by("effective_on", "pk")[:NOTICES_AT_ONCE])
    if not notices or look.owner is not None:
        return
    tenants = list(look.tenants.order_by("pk")[:TENANTS_AT_ONCE])
    answered = Objection.objects.across_tenants().filter(tenant__in=look.tenants, notice__in=notices)
    objected = set(answered.values_list("tenant", "notice"))
    for notice in notices:
        for tenant in tenants:
            if (tenant.pk, notice.pk) not in objected:
                yield _notice_to(look, tenant, notice)


def _notice_to(look: Look, tenant: Any, notice: SubcontractorNotice) -> Item:
    return look.item(
        notice,
        title=f"{notice.third_party} {notice.get_change_display().lower()} as the processor's subcontractor",
        about=f"From {short_day(notice.effective_on)} on; until then your objection can change it",
        url=page_about(notice),
        due=end_of(notice.effective_on - timedelta(days=1)),
        tenant=tenant,
        severity=Severity.LOW,
    )


@source("subcontractors.objections", title="Objection not answered", permission=SEE)
def open_objections(look: Look) -> Iterator[Item]:
    rows = own(Objection, look).filter(status=Objection.Status.OPEN).select_related("notice__third_party")
    for objection in look.longest(rows, "raised_at"):
        yield look.item(
            objection,
            title=f"Objection to {objection.notice.third_party} waits for the processor's answer",
            about=f"Raised by {objection.raised_by}",
            url=page_about(objection, objection.notice),
            since=objection.raised_at,
            severity=Severity.LOW,
        )
