"""Ending the sharing for good: the checklist that a withdrawal opens, and its steps."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from consents.checklists import steps_to_end
from consents.models import Consent, EndingStep
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import locked, name_of, require_foreseeable, require_reason
from tenants.models import Membership, Tenant, User
from tenants.roles import Permission


def open_checklist(consent: Consent) -> list[EndingStep]:
    """The steps that end the sharing through the consent's service; each is due so many days from today."""
    today = timezone.localdate()
    steps = [
        EndingStep(
            tenant=consent.tenant,
            consent=consent,
            code=step.code,
            position=position,
            title=step.title,
            instructions=step.instructions,
            source=step.source,
            due_on=today + timedelta(days=step.due_days),
        )
        for position, step in enumerate(steps_to_end(consent.service), start=1)
    ]
    for step in steps:
        step.save()
    return steps


@transaction.atomic
def assign_step(
    *,
    step: EndingStep,
    by: Principal,
    owner: User | None = None,
    due_on: date | None = None,
    reason: str = "",
) -> EndingStep:
    """Say who sees to a step, or by when; what is None stays. Putting it off takes a reason.

    Raises ValidationError (the owner is no member of the tenant), PermissionDenied, Refused.
    """
    require(by, Permission.END_SHARING, step.tenant)
    if owner is None and due_on is None:
        raise ValidationError("Say who sees to it, or by when it has to be done.")
    require_foreseeable(due_on=due_on)
    step = _open(step, "assigned")
    if owner is not None:
        _require_member(owner, step.tenant)
        step.owner = owner
    if due_on is not None:
        reason = require_reason(reason) if due_on > step.due_on else reason
        step.due_on = due_on
    with deed("endingstep.assigned", on=EndingStep, action=Action.ASSIGN, reason=reason):
        step.save(update_fields=["owner", "due_on"])
    return step


@transaction.atomic
def complete_step(*, step: EndingStep, proof: str, by: Principal, reason: str = "") -> EndingStep:
    """A step is done, and this is what shows it. Works in a closing tenant too.

    Raises ValidationError where there is no proof, PermissionDenied, Refused where it is done already.
    """
    require(by, Permission.END_SHARING, step.tenant)
    if not proof.strip():
        raise ValidationError({"proof": "Say what proves that the step was done."})
    step = _open(step, "done")
    step.status, step.proof = EndingStep.Status.DONE, proof.strip()
    step.done_at, step.done_by = timezone.now(), name_of(by, step.tenant)
    with deed("endingstep.done", on=EndingStep, action=Action.UPDATE, reason=reason):
        step.save(update_fields=["status", "proof", "done_at", "done_by"])
    return step


def _open(step: EndingStep, what: str) -> EndingStep:
    """The step, locked. Raises Refused where it is done."""
    found = locked(step)
    if found.status != EndingStep.Status.OPEN:
        raise Refused(
            "step_done", f"Only an open step can be {what}; “{found}” is done, and its proof stays."
        )
    return found


def _require_member(owner: User, tenant: Tenant) -> None:
    if not Membership.objects.for_tenant(tenant).filter(user=owner).exists():
        raise ValidationError({"owner": f"{owner} is no member of {tenant}."})
