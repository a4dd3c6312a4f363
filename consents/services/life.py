"""The life of a consent, once requested: granted or declined, then withdrawn, expired, or followed by a renewal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.context import Action, Context, current, deed
from catalog.models import Edition, Flow, Service
from consents.models import Consent, ConsentPolicy, CoveredFlow
from consents.services.ending import open_checklist
from consents.transfers import needs_safeguard
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import (
    locked,
    name_of,
    person_behind,
    require_foreseeable,
    require_open,
    require_reason,
)
from tenants.roles import Permission


def _require_state(consent: Consent, state: str, deed_name: str) -> None:
    if consent.state != state:
        now = Consent.State(consent.state).label.lower()
        raise Refused(f"not_{state}", f"Only a {state} consent can be {deed_name}; this one is {now}.")


@transaction.atomic
def grant_consent(
    *,
    consent: Consent,
    by: Principal,
    reason: str,
    effective_from: datetime | None = None,
    effective_until: datetime | None = None,
) -> Consent:
    """Authorise what was requested: the flows of the catalog's latest edition. A renewal ends what it renews.

    effective_from: when it begins to hold, now where not given; effective_until: when it ends by itself.
    Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, Permission.GRANT_CONSENT, consent.tenant)
    reason = require_reason(reason)
    require_open(consent.tenant)
    consent = locked(consent)
    _require_state(consent, Consent.State.REQUESTED, "granted")
    _check_policy(consent, by)
    edition = _edition_for(consent)
    now = timezone.now()
    consent.effective_from, consent.effective_until = effective_from or now, effective_until
    consent.ends_at = effective_until
    _check_period(consent)
    _make_room(consent)
    CoveredFlow.objects.for_tenant(consent.tenant).bulk_create(_coverage(consent, edition))
    consent.status = Consent.State.GRANTED
    consent.granted_at, consent.grant_reason = now, reason
    consent.granted_by, consent.granted_by_id = name_of(by, consent.tenant), person_behind(by)
    door = current() or Context()
    consent.granted_role, consent.granted_origin = by.as_actor(consent.tenant)["actor_role"], door.origin
    consent.granted_address = door.ip_address
    consent.edition = edition
    consent.full_clean()
    with deed("consent.granted", on=Consent, action=Action.ASSIGN, reason=reason):
        consent.save()
    return consent


def _check_policy(consent: Consent, by: Principal) -> None:
    """Raise Refused where the tenant's policy wants a second person, or a safeguard that was not named."""
    policy = ConsentPolicy.of(consent.tenant)
    if policy.four_eyes and consent.requested_by_id == person_behind(by):
        raise Refused(
            "four_eyes",
            f"{consent.requested_by} requested this consent; by the tenant's policy somebody else decides.",
        )
    lacks_safeguard = needs_safeguard(consent.tenant, consent.service.third_party) and not consent.safeguard
    if policy.safeguard_required and lacks_safeguard:
        raise Refused(
            "safeguard_missing",
            f"{consent.service.third_party} is in a third country and the request names no transfer safeguard. "
            "Decline it, and request again with the safeguard (GDPR Art. 44 to 49).",
        )


def _check_period(consent: Consent) -> None:
    began, ends = consent.effective_from, consent.effective_until
    require_foreseeable(effective_from=began, effective_until=ends)
    if began is not None and began < consent.tenant.exists_since:
        first = f"{timezone.localtime(consent.tenant.exists_since):%Y-%m-%d %H:%M %Z}"
        raise ValidationError(
            {"effective_from": f"{consent.tenant} exists since {first}; a consent cannot hold before that."}
        )
    if began is not None and ends is not None and ends <= began:
        raise ValidationError({"effective_until": "A consent must end after it starts."})


def _make_room(consent: Consent) -> None:
    """End what this consent renews. Raises Refused where another one holds in the same period."""
    with deed(
        "consent.superseded", on=Consent, action=Action.UPDATE, reason=f"Renewed as {consent.record_id}"
    ):
        _end_superseded(consent)
    if _others_in(consent).exists():
        raise Refused(
            "one_consent_in_force",
            "A consent for this service and connection holds in that period already. Withdraw it, or request a "
            "renewal of it.",
        )


def _end_superseded(consent: Consent) -> None:
    old = locked(consent.supersedes) if consent.supersedes else None
    if old is None or consent.effective_from is None or not old.is_in_force(consent.effective_from):
        return
    old.ends_at = consent.effective_from
    old.save(update_fields=["ends_at"])


def _others_in(consent: Consent) -> Any:
    """The other consents for the same connection whose period overlaps this one's."""
    same = Consent.objects.for_tenant(consent.tenant_id).for_service(consent.service, consent.connection)
    return same.overlapping(consent.effective_from, consent.ends_at).exclude(pk=consent.pk)


def _edition_for(consent: Consent) -> Edition:
    """The catalog's latest edition. Raises Refused where it no longer has the service, or needs no consent for it."""
    edition = consent.service.catalog.latest_edition
    has_it = edition and Service.objects.recorded_in(edition).filter(
        id=consent.service_id, needs_consent=True
    )
    if edition is None or not has_it:
        raise Refused(
            "service_removed",
            f"{consent.service} is no longer in the catalog, or needs no consent any more. Decline the request.",
        )
    return edition


def _coverage(consent: Consent, edition: Edition) -> list[CoveredFlow]:
    """The service's flows in the edition, each with the history row that says so.

    Read from the history, and so exactly one edition whatever is loaded at this moment: without a lock.
    """
    flows = Flow.objects.recorded_in(edition).filter(service=consent.service_id)
    return [
        CoveredFlow(
            tenant=consent.tenant,
            consent=consent,
            flow_id=flow.id,
            flow_record=flow.history_id,
            code=flow.code,
            name=flow.name,
            direction=flow.direction,
            personal=flow.personal,
        )
        for flow in flows.order_by("code")
    ]


@transaction.atomic
def decline_consent(*, consent: Consent, by: Principal, reason: str) -> Consent:
    """Refuse what was requested. Raises ValidationError, PermissionDenied, Refused."""
    require(by, Permission.GRANT_CONSENT, consent.tenant)
    reason = require_reason(reason)
    consent = locked(consent)
    _require_state(consent, Consent.State.REQUESTED, "declined")
    consent.status = Consent.State.DECLINED
    consent.declined_at, consent.decline_reason = timezone.now(), reason
    consent.declined_by = name_of(by, consent.tenant)
    with deed("consent.declined", on=Consent, action=Action.MANAGE, reason=reason):
        consent.save()
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent, by: Principal, reason: str) -> Consent:
    """End a consent at once: from this moment nothing may flow (GDPR Art. 7(3)), nor by a renewal that has not begun.

    Opens the checklist that ends the sharing at the third party, unless another consent still holds and only what
    was to follow it is withdrawn. Works in a closing tenant too. Raises ValidationError, PermissionDenied, Refused.
    """
    require(by, Permission.WITHDRAW_CONSENT, consent.tenant)
    reason = require_reason(reason)
    consent = locked(consent)
    _require_state(consent, Consent.State.GRANTED, "withdrawn")
    now = timezone.now()
    same = Consent.objects.for_tenant(consent.tenant).for_service(consent.service, consent.connection)
    waiting = same.select_for_update().filter(status=Consent.State.GRANTED, effective_from__gt=now)
    for each in [consent, *waiting.exclude(pk=consent.pk)]:
        _withdraw(each, by, reason, now)
    if not same.in_force(now).exists():
        open_checklist(consent)
    return consent


def _withdraw(consent: Consent, by: Principal, reason: str, now: datetime) -> None:
    consent.status = Consent.State.WITHDRAWN
    consent.withdrawn_at, consent.withdraw_reason = now, reason
    consent.withdrawn_by = name_of(by, consent.tenant)
    consent.ends_at = min(now, consent.ends_at or now)
    with deed("consent.withdrawn", on=Consent, action=Action.MANAGE, reason=reason):
        consent.save()


def expire_ended() -> int:
    """Call every granted consent whose end has passed expired; returns how many. For the schedule, in all tenants.

    Decisions do not wait for it: a consent stops holding at its end.
    """
    ended = Consent.objects.across_tenants().filter(status=Consent.State.GRANTED, ends_at__lte=timezone.now())
    with transaction.atomic(), deed("consent.expired", on=Consent, action=Action.UPDATE):
        return int(ended.update(status=Consent.State.EXPIRED))
