"""Bringing consents back from their records: after a loss, or from another console. All of them, or none."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from consents.models import Consent, CoveredFlow, EndingStep
from consents.records.matching import Match, People, Unmatched, match
from consents.records.reading import Given, Source, day, instant, moment, read_records
from privacy_console.errors import Refused, first_of
from tenants.access import Principal, require
from tenants.deeds import held, require_open, require_reason
from tenants.models import Tenant
from tenants.roles import Permission

TOLD = 10


@dataclass(frozen=True)
class Outcome:
    """The consents that were brought back, and what their reader should know."""

    restored: list[Consent]
    remarks: list[str] = field(default_factory=list)


@transaction.atomic
def restore_consents(
    *,
    tenant: Tenant,
    sources: Iterable[Source],
    by: Principal,
    reason: str,
    from_other_tenant: bool = False,
) -> Outcome:
    """Recreate consents with their dates, states, coverage and checklists, as their records tell them.

    sources: JSON files with one record or a list of them, as exported. from_other_tenant: also records whose
    controller is another directory. Raises ValidationError without a reason, PermissionDenied, and Refused where a
    file is no record, was changed, is in the register already, overlaps it, or names what the catalog does not have.
    """
    require(by, Permission.RESTORE_CONSENTS, tenant)
    reason = require_reason(reason)
    require_open(tenant)
    held(tenant)
    records, problems = read_records(sources)
    matches, more = _matches(records)
    problems += more + list(_against(tenant, records, from_other_tenant))
    if problems:
        shown = first_of(problems, TOLD, of=len(problems))
        raise Refused("cannot_restore", f"{shown}. Nothing was restored.")
    restoring = _Restoring(tenant, matches)
    with deed("consent.restored", on=Consent, action=Action.CREATE, reason=reason):
        return Outcome([restoring.one(given) for given in _in_order(records)], restoring.remarks)


def _matches(records: Iterable[Given]) -> tuple[dict[str, Match], list[str]]:
    found: dict[str, Match] = {}
    problems: list[str] = []
    for given in records:
        try:
            found[given.record_id] = match(given)
        except Unmatched as lack:
            problems.append(f"{given.record_id}: {lack}")
    return found, problems


# --- Against the register at hand ---


def _against(tenant: Tenant, records: Sequence[Given], from_other_tenant: bool) -> Iterable[str]:
    """What of the records the register cannot take."""
    ids = [given.record_id for given in records]
    rows = Consent.objects.for_tenant(tenant)
    here = {str(one) for one in rows.filter(record_id__in=ids).values_list("record_id", flat=True)}
    before = [given.replaces for given in records if given.replaces and given.replaces not in ids]
    known = {str(one) for one in rows.filter(record_id__in=before).values_list("record_id", flat=True)}
    for given in records:
        if ids.count(given.record_id) > 1:
            yield f"{given.record_id}: the files hold it more than once"
        if given.record_id in here:
            yield f"{given.record_id}: it is in the register already"
        if given.directory_id != str(tenant.directory_id) and not from_other_tenant:
            yield (
                f"{given.record_id}: it is of another tenant (directory {given.directory_id}); "
                "--from-other-tenant takes it all the same"
            )
        if given.replaces and given.replaces not in known | set(ids):
            yield f"{given.record_id}: it renews {given.replaces}, which has to be restored before it or with it"
        yield from _dates(tenant, given)


def _dates(tenant: Tenant, given: Given) -> Iterable[str]:
    now = timezone.now()
    if any(moment(event) > now for event in given.body["pc:event"]):
        yield f"{given.record_id}: it tells of what has not happened yet"
    began = instant(given.part("pc:holds").get("pc:from"))
    if began and began < tenant.exists_since:
        yield (
            f"{given.record_id}: it holds from {began:%Y-%m-%d}, and {tenant} exists since "
            f"{tenant.exists_since:%Y-%m-%d}; say first since when the tenant exists"
        )


def _in_order(records: Sequence[Given]) -> list[Given]:
    """What is renewed before its renewal, what still waits for a decision last."""
    waiting = {
        given.record_id: given
        for given in sorted(records, key=lambda g: (g.state == "requested", g.record_id))
    }
    ordered: list[Given] = []
    while waiting:
        ready = [given for given in waiting.values() if given.replaces not in waiting]
        if not ready:
            raise Refused("cannot_restore", f"{', '.join(waiting)} renew each other. Nothing was restored.")
        ordered += ready
        for given in ready:
            del waiting[given.record_id]
    return ordered


# --- Writing ---


class _Restoring:
    """Goes through a consent's life again, step by step: the database lets nobody begin in the middle."""

    def __init__(self, tenant: Tenant, matches: dict[str, Match]) -> None:
        self.tenant, self.matches, self.people = tenant, matches, People(tenant)
        self.remarks: list[str] = []

    def one(self, given: Given) -> Consent:
        found = self.matches[given.record_id]
        consent = self._requested(given, found)
        if given.event("granted"):
            self._grant(given, found, consent)
        if given.event("declined"):
            self._decline(given, consent)
        if given.event("withdrawn"):
            self._withdraw(given, consent)
        if given.state == Consent.State.EXPIRED:
            consent.status = Consent.State.EXPIRED
            consent.save()
        self._steps(given, consent)
        return consent

    def _requested(self, given: Given, found: Match) -> Consent:
        consent = Consent(
            tenant=self.tenant,
            service=found.service,
            requested_at=moment(given.event("requested")),
            requested_by=given.event("requested").get("pc:by", ""),
            requested_by_id=self.people.actor_id(given.event("requested").get("pc:by", "")),
            restored_from=given.source.label,
            supersedes=self._before(given),
            **_grounds(given),
        )
        self._check_place(consent)
        _cleaned(given, consent)
        consent.save()
        return consent

    def _before(self, given: Given) -> Consent | None:
        rows = Consent.objects.for_tenant(self.tenant)
        before: Consent | None = rows.filter(record_id=given.replaces).first() if given.replaces else None
        return before

    def _check_place(self, consent: Consent) -> None:
        same = Consent.objects.for_tenant(self.tenant).for_service(consent.service, consent.connection)
        if same.awaiting_decision().exists():
            raise Refused(
                "cannot_restore",
                f"A request for {consent.name} waits for a decision: decide it first. Nothing was restored.",
            )

    def _grant(self, given: Given, found: Match, consent: Consent) -> None:
        granted, holds = given.event("granted"), given.part("pc:holds")
        consent.status, consent.edition = Consent.State.GRANTED, found.edition
        consent.granted_at, consent.grant_reason = moment(granted), granted.get("pc:reason", "")
        consent.granted_by = granted.get("pc:by", "")
        consent.granted_by_id = self.people.actor_id(consent.granted_by)
        consent.granted_role, consent.granted_origin = (
            granted.get("pc:role", ""),
            granted.get("pc:origin", ""),
        )
        consent.granted_address = granted.get("pc:ipAddress", "")
        consent.effective_from, consent.ends_at = (
            instant(holds.get(name)) for name in ("pc:from", "pc:until")
        )
        consent.effective_until = instant(holds.get("pc:agreedUntil"))
        self._check_apart(consent)
        CoveredFlow.objects.for_tenant(self.tenant).bulk_create(self._coverage(given, found, consent))
        _cleaned(given, consent)
        consent.save()
        if not found.is_same_edition:
            self.remarks.append(
                f"{given.record_id}: the edition that was agreed to is not here; recorded against {found.edition}"
            )

    def _check_apart(self, consent: Consent) -> None:
        same = Consent.objects.for_tenant(self.tenant).for_service(consent.service, consent.connection)
        other = same.overlapping(consent.effective_from, consent.ends_at).exclude(pk=consent.pk).first()
        if other is not None and _lasts(consent):
            raise Refused(
                "cannot_restore",
                f"{consent.record_id}: for {consent.name} the consent {other.record_id} holds in the same period. "
                "Nothing was restored.",
            )

    def _coverage(self, given: Given, found: Match, consent: Consent) -> list[CoveredFlow]:
        return [
            CoveredFlow(
                tenant=self.tenant,
                consent=consent,
                flow=found.flows[flow["dct:identifier"]],
                flow_record=found.flow_records[found.flows[flow["dct:identifier"]].pk],
                code=flow["dct:identifier"],
                name=flow["dct:title"],
                direction=flow["pc:direction"],
                personal=flow["pc:personal"],
            )
            for flow in given.flows
        ]

    def _decline(self, given: Given, consent: Consent) -> None:
        event = given.event("declined")
        consent.status, consent.declined_at = Consent.State.DECLINED, moment(event)
        consent.declined_by, consent.decline_reason = event.get("pc:by", ""), event.get("pc:reason", "")
        consent.save()

    def _withdraw(self, given: Given, consent: Consent) -> None:
        event = given.event("withdrawn")
        consent.status, consent.withdrawn_at = Consent.State.WITHDRAWN, moment(event)
        consent.withdrawn_by, consent.withdraw_reason = event.get("pc:by", ""), event.get("pc:reason", "")
        _cleaned(given, consent)
        consent.save()

    def _steps(self, given: Given, consent: Consent) -> None:
        for position, step in enumerate(given.steps, start=1):
            owner = str(step.get("pc:owner", ""))
            if owner and self.people.key(owner) is None:
                self.remarks.append(
                    f"{given.record_id}: {owner} is no member here; the step waits for an owner"
                )
            EndingStep.objects.for_tenant(self.tenant).create(
                tenant=self.tenant,
                consent=consent,
                position=position,
                code=step["dct:identifier"],
                title=step["dct:title"],
                instructions=step.get("dct:description", ""),
                source=step.get("dct:source", ""),
                due_on=day(step["pc:dueOn"]),
                owner_id=self.people.key(owner),
                status=step["pc:status"],
                proof=step.get("pc:proof", ""),
                done_at=instant(step.get("pc:doneAt")),
                done_by=step.get("pc:doneBy", ""),
            )


def _lasts(consent: Consent) -> bool:
    """Whether there is an instant at which it held: one withdrawn before it began has none."""
    began: datetime | None = consent.effective_from
    return began is not None and (consent.ends_at is None or consent.ends_at > began)


def _grounds(given: Given) -> dict[str, Any]:
    """What the request said: on what grounds, under which terms and contract."""
    terms, contract = given.part("dpv:hasNotice"), given.part("pc:contract")
    return {
        "record_id": uuid.UUID(given.record_id),
        "name": given.body["dct:title"],
        "connection": given.body.get("pc:connection", ""),
        "justification": given.body.get("pc:justification", ""),
        "terms_url": terms.get("pc:address", ""),
        "terms_text": terms.get("pc:text", ""),
        "terms_sha256": terms.get("pc:sha256", ""),
        "contract_reference": contract.get("dct:identifier", ""),
        "contract_parties": contract.get("pc:parties", ""),
        "contract_signed_on": day(contract.get("pc:signedOn")),
        "contract_ends_on": day(contract.get("pc:endsOn")),
        "legal_basis": given.legal_basis,
        "safeguard": given.safeguard,
        "safeguard_reference": given.part("pc:transfer").get("dct:description", ""),
    }


def _cleaned(given: Given, consent: Consent) -> None:
    """Refuse, with the record's name, what the model does not allow."""
    try:
        consent.full_clean()
    except ValidationError as error:
        found = "; ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
        raise Refused("cannot_restore", f"{given.record_id}: {found} Nothing was restored.") from None
