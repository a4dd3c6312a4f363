"""What ends when: consents, contracts, certificates and tokens, and the days of grace after these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from consents.models import Consent, Credential
from tenants.access import Principal
from tenants.models import Tenant
from tenants.roles import Permission
from work.places import day_of, end_of, short_day
from work.worklist import Asked, Item, Look, Severity, Source, merged, page_about

SEE = Permission.VIEW_CONSENTS
# SQLite multiplies spans by plain integers only.
GRACE_DAYS = Cast("grace_days", IntegerField())
GRACE = ExpressionWrapper(GRACE_DAYS * Value(timedelta(days=1)), output_field=DurationField())
GRACE_ENDS = ExpressionWrapper(F("expires_at") + GRACE, output_field=DateTimeField())


def own(model: Any, look: Look) -> Any:
    """The rows of the tenants that are looked at, each with its tenant."""
    return model.objects.across_tenants().filter(tenant__in=look.tenants).select_related("tenant")


def unfollowed_consents(look: Look) -> Any:
    """Granted consents that have not ended and that no other one follows without a gap."""
    others = Consent.objects.across_tenants().filter(
        tenant=OuterRef("tenant"), service=OuterRef("service"), connection=OuterRef("connection")
    )
    followed = others.filter(status=Consent.State.GRANTED, effective_from=OuterRef("ends_at"))
    rows = own(Consent, look).filter(status=Consent.State.GRANTED).exclude(ends_at__lte=look.at)
    return rows.filter(~Exists(followed)).select_related("service__third_party")


def credentials(look: Look) -> Any:
    rows = own(Credential, look).filter(retired_at__isnull=True)
    return rows.select_related("service__third_party")


def consent_ends(look: Look) -> Iterator[Item]:
    rows = unfollowed_consents(look).filter(ends_at__isnull=False)
    return (consent_end(look, consent) for consent in look.nearest(rows, "ends_at"))


def consent_end(look: Look, consent: Consent) -> Item:
    return look.item(
        consent,
        title=f"{consent} ends",
        about=f"Sharing with {consent.service.third_party} stops unless a new consent follows",
        url=page_about(consent),
        due=consent.ends_at,
        severity=Severity.HIGH,
    )


def contract_ends(look: Look) -> Iterator[Item]:
    rows = unfollowed_consents(look).filter(contract_ends_on__gte=day_of(look.at))
    return (contract_end(look, consent) for consent in look.nearest(rows, "contract_ends_on"))


def contract_end(look: Look, consent: Consent) -> Item:
    named = f" {consent.contract_reference}" if consent.contract_reference else ""
    return look.item(
        consent,
        title=f"Contract{named} with {consent.service.third_party} ends",
        about=f"{consent} rests on it: renew both, or withdraw the consent",
        url=page_about(consent),
        due=end_of(consent.contract_ends_on) if consent.contract_ends_on else None,
    )


def credential_ends(look: Look) -> Iterator[Item]:
    rows = credentials(look).filter(expires_at__gt=look.at)
    return (credential_end(look, credential) for credential in look.nearest(rows, "expires_at"))


def credential_end(look: Look, credential: Credential) -> Item:
    has_ended = credential.expires_at <= look.at
    grace = f"; can be renewed as the same until {_last_day(credential)}" if credential.grace_days else ""
    return look.item(
        credential,
        title=f"{credential} {'has expired' if has_ended else 'expires'}",
        about=f"{credential.get_kind_display()} of {credential.service}{grace}",
        url=page_about(credential),
        due=credential.expires_at,
        severity=Severity.HIGH,
    )


def _last_day(credential: Credential) -> str:
    return short_day(day_of(credential.expires_at + timedelta(days=credential.grace_days)))


def grace_ends(look: Look) -> Iterator[Item]:
    rows = credentials(look).filter(grace_days__gt=0).annotate(grace_ends=GRACE_ENDS)
    for credential in look.nearest(rows.filter(grace_ends__gt=look.at), "grace_ends"):
        yield look.item(
            credential,
            title=f"Last day to renew {credential} as the same",
            about=f"{credential.get_kind_display()} of {credential.service}: then devices have to be enrolled again",
            url=page_about(credential),
            due=credential.grace_ends,
            severity=Severity.HIGH,
        )


SOURCES = (
    Source("consent", "Consent", SEE, consent_ends),
    Source("contract", "Contract", SEE, contract_ends),
    Source("credential", "Certificate or token", SEE, credential_ends),
    Source("grace", "Days of grace", SEE, grace_ends),
)


def expiries(
    principal: Principal,
    tenants: QuerySet[Tenant],
    *,
    at: datetime | None = None,
    until: datetime | None = None,
    asked: Asked | None = None,
) -> list[Item]:
    """What ends from an instant (now, where none is given) on, before `until`, the nearest first; four queries and one
    for the roles, however many the tenants. At most `asked.limit` items."""
    asked = asked or Asked()
    return merged(SOURCES, principal, tenants, at, replace(asked, due_before=until))
