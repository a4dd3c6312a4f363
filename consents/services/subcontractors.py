"""What the processor announces of its subcontractors, and what tenants object to.

A tenant can object from the announcement on. An objection raised after the change took effect is kept all the same, and
shown as late: GDPR Art. 28(2) names no end of the right, and what a late one is worth is for the contract to say.
"""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from catalog.models import ThirdParty
from consents.models import Objection, SubcontractorNotice
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import locked, name_of, require_reason
from tenants.models import Tenant
from tenants.roles import Permission


@transaction.atomic
def announce(
    *,
    third_party: ThirdParty,
    change: str,
    announced_on: date,
    effective_on: date,
    notice_days: int,
    task: str,
    source: str,
    by: Principal,
) -> SubcontractorNotice:
    """Record that the processor told its customers of an agent that joins, changes or leaves (GDPR Art. 28(2)).

    announced_on: the day it told, not in the future; effective_on: from when it holds; notice_days: how many days ahead
    its contract wants it told. Raises ValidationError, PermissionDenied, and Refused for who is no agent.
    """
    require(by, Permission.ANNOUNCE)
    _require_agent(third_party, change)
    if announced_on > timezone.localdate():
        raise ValidationError({"announced_on": "This day has not come: record it once it is announced."})
    notice = SubcontractorNotice(
        third_party=third_party,
        change=change,
        announced_on=announced_on,
        effective_on=effective_on,
        notice_days=notice_days,
        task=task.strip(),
        source=source.strip(),
    )
    notice.full_clean()
    with deed("subcontractor.announced", on=SubcontractorNotice, action=Action.CREATE):
        notice.save()
    return notice


def _require_agent(third_party: ThirdParty, change: str) -> None:
    if not third_party.agent_of_processor:
        raise Refused(
            "not_an_agent",
            f"{third_party} acts on its own, not for the processor, and so is no subcontractor: a tenant consents to "
            "what goes there. The catalog says who acts for the processor.",
        )
    if not third_party.is_current and change != SubcontractorNotice.Change.LEAVES:
        raise Refused("removed", f"{third_party} is no longer in the catalog. Add it again first.")


@transaction.atomic
def raise_objection(*, notice: SubcontractorNotice, tenant: Tenant, reason: str, by: Principal) -> Objection:
    """Object, for a tenant, to what was announced; one objection to each announcement can be open.

    Works in a closing tenant too. Raises ValidationError, PermissionDenied.
    """
    require(by, Permission.OBJECT, tenant)
    reason = require_reason(reason)
    objection = Objection(tenant=tenant, notice=notice, reason=reason, raised_by=name_of(by, tenant))
    objection.full_clean()
    with deed("objection.raised", on=Objection, action=Action.CREATE, reason=reason):
        objection.save()
    return objection


@transaction.atomic
def answer_objection(*, objection: Objection, answer: str, by: Principal) -> Objection:
    """Write down what the processor answered; that closes it. Raises ValidationError, PermissionDenied, Refused."""
    require(by, Permission.OBJECT, objection.tenant)
    if not answer.strip():
        raise ValidationError({"answer": "Write down what the processor answered."})
    objection = _open(objection, "answered")
    objection.answer = answer.strip()
    return _closed(objection, Objection.Status.ANSWERED, by, reason=objection.answer)


@transaction.atomic
def withdraw_objection(*, objection: Objection, reason: str, by: Principal) -> Objection:
    """Take an open objection back. Raises ValidationError, PermissionDenied, Refused."""
    require(by, Permission.OBJECT, objection.tenant)
    reason = require_reason(reason)
    return _closed(_open(objection, "withdrawn"), Objection.Status.WITHDRAWN, by, reason=reason)


def _open(objection: Objection, deed_name: str) -> Objection:
    """The objection, locked. Raises Refused where it is closed."""
    objection = locked(objection)
    if objection.status != Objection.Status.OPEN:
        now = objection.get_status_display().lower()
        raise Refused("not_open", f"Only an open objection can be {deed_name}; this one is {now}.")
    return objection


def _closed(objection: Objection, status: str, by: Principal, *, reason: str) -> Objection:
    objection.status = status
    objection.closed_at, objection.closed_by = timezone.now(), name_of(by, objection.tenant)
    with deed(f"objection.{status}", on=Objection, action=Action.MANAGE, reason=reason):
        objection.save()
    return objection
