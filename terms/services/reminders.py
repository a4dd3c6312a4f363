"""Reminding employees who owe a decision: by hand, and by the console itself at the policy's intervals.

Whoever reminds holds the policy's row: two at once come one after the other, and the second finds what the first did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from audit.context import Action, deed
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.commands import one_line
from tenants.deeds import locked, person_asking, person_kept, require_open
from tenants.models import Tenant
from tenants.roles import Permission
from terms.chasing import PORTION, Debt, is_chased, next_debts, owing
from terms.languages import best_of
from terms.models import Reminder, TermsPolicy, TermsText
from terms.reminder_words import LANGUAGES, day, say
from terms.services.policies import in_use
from terms.services.texts import latest_revision
from terms.standing import Place, Standing, version_asked
from work.digest import SUBJECT_LENGTH, absolute, in_each_tenant
from work.jobs import enqueue
from work.mail import post_all
from work.models import Message

REMIND_JOB = "terms.remind_everybody"


@dataclass(frozen=True)
class Reminded:
    """How many were reminded; how many not, as no e-mail reaches them, or as they were within a day before; how many
    owe a decision and were left to the worker."""

    reminded: int = 0
    unreachable: int = 0
    lately: int = 0
    later: int = 0

    def __add__(self, other: Reminded) -> Reminded:
        return Reminded(
            self.reminded + other.reminded, self.unreachable + other.unreachable, self.lately + other.lately
        )

    def __str__(self) -> str:
        if self.later:
            return f"{self.later:,} employees owe a decision. The worker reminds them now, {PORTION:,} at a time."
        parts = [_people(self.reminded, "reminded")]
        if self.unreachable:
            parts.append(_people(self.unreachable, "without an e-mail address"))
        if self.lately:
            parts.append(_people(self.lately, "reminded within a day before, and so not again"))
        return "; ".join(parts) + "."


def _people(number: int, what: str) -> str:
    return f"{number:,} {'employee' if number == 1 else 'employees'} {what}"


@transaction.atomic
def remind(
    *, policy: TermsPolicy, by: Principal, employees: Collection[int] | None = None, reason: str = ""
) -> Reminded:
    """Remind now whoever owes the policy a decision. employees: of these alone, by their keys.

    Whoever has decided, declined or left is passed over, and so is who was reminded within a day. Everybody, where that
    is more than a portion, is left to the worker. Raises PermissionDenied, and Refused where nothing is asked or the
    portal's address is not known.
    """
    require(by, Permission.CHASE_TERMS, policy.tenant)
    policy, now = _asking(policy), timezone.now()
    if employees is None and (waiting := owing(policy).count()) > PORTION:
        _portal_page(policy)
        arguments = {"policy": policy.pk, "person": person_kept(by), "reason": reason}
        enqueue(REMIND_JOB, arguments=arguments, tenant=policy.tenant, by=by)
        return Reminded(later=waiting)
    return sum((_by_hand(policy, debts, reason, now) for debts in _portions(policy, employees)), Reminded())


def remind_asked_for(*, tenant: Tenant, arguments: Mapping[str, Any]) -> Reminded:
    """Do what `remind` left to the worker. Each portion is a transaction of its own; done again, nobody is told twice.

    Raises PermissionDenied where the person may not any more, Refused where nothing is asked any more.
    """
    require(person_asking(arguments["person"]), Permission.CHASE_TERMS, tenant)
    policy = TermsPolicy.objects.for_tenant(tenant).get(pk=arguments["policy"])
    after, told = 0, Reminded()
    while True:
        with transaction.atomic():
            debts = next_debts(_asking(policy), after)
            told += _by_hand(policy, debts, arguments["reason"], timezone.now())
        if not debts:
            return told
        after = debts[-1].employee.pk


def _asking(policy: TermsPolicy) -> TermsPolicy:
    """The policy, its row held. Raises Refused where it asks nobody."""
    require_open(policy.tenant)
    policy = in_use(policy)
    if version_asked(policy, timezone.now()) is None:
        raise Refused("nothing_asked", "No version is in force: there is nothing to remind anybody of.")
    return policy


def _portions(policy: TermsPolicy, among: Collection[int] | None) -> Iterator[list[Debt]]:
    after = 0
    while debts := next_debts(policy, after, among):
        yield debts
        after = debts[-1].employee.pk


def _by_hand(policy: TermsPolicy, debts: Sequence[Debt], reason: str, now: datetime) -> Reminded:
    reachable = [debt for debt in debts if debt.is_reachable]
    rested = [debt for debt in reachable if not debt.was_reminded_lately(now)]
    _send(policy, rested, now, by_hand=True, reason=reason)
    return Reminded(len(rested), len(debts) - len(reachable), len(reachable) - len(rested))


def remind_due() -> int:
    """Send the reminders that are due by their policies. Returns how many.

    Each portion is a transaction of its own; what was sent before a kill is found, and not sent again.
    """
    return in_each_tenant(_remind_due_in)


def _remind_due_in(tenant: Tenant) -> int:
    policies = TermsPolicy.objects.for_tenant(tenant).in_use().filter(remind_days__isnull=False)
    return sum(_remind_due_of(policy) for policy in policies.filter(remind_paused=False))


def _remind_due_of(policy: TermsPolicy) -> int:
    after, sent = 0, 0
    while True:
        with transaction.atomic():
            policy, now = locked(policy), timezone.now()
            debts = next_debts(policy, after) if is_chased(policy) else []
            due = [debt for debt in debts if debt.is_due(now)]
            _send(policy, due, now, by_hand=False)
        if not debts:
            return sent
        after, sent = debts[-1].employee.pk, sent + len(due)


def _send(
    policy: TermsPolicy, debts: Sequence[Debt], now: datetime, *, by_hand: bool, reason: str = ""
) -> None:
    """Put an e-mail for each into the outbox, with the record that they were reminded."""
    if not debts:
        return
    writer = _Writer(policy, now)
    messages = [writer.message(debt) for debt in debts]
    post_all(messages)
    reminders = [
        Reminder(
            tenant=policy.tenant,
            employee=debt.employee,
            policy=policy,
            version=debt.place.version,
            round=debt.place.round,
            number=len(debt.reminders) + 1,
            reminded_at=now,
            message=message,
            by_hand=by_hand,
        )
        for debt, message in zip(debts, messages, strict=True)
    ]
    with deed("terms.reminded", on=Reminder, action=Action.CREATE, reason=reason):
        Reminder.objects.for_tenant(policy.tenant_id).bulk_create(reminders)


class _Writer:
    """Writes the e-mails about one policy, each in its reader's language."""

    def __init__(self, policy: TermsPolicy, now: datetime) -> None:
        self.policy, self.now = policy, now
        self.link = _portal_page(policy)
        version = version_asked(policy, now)
        self.version = version.pk if version else 0
        revision = latest_revision(version) if version else None
        texts = TermsText.objects.for_tenant(policy.tenant_id).filter(revision=revision)
        self.titles: dict[str, str] = dict(texts.values_list("language", "title"))

    def message(self, debt: Debt) -> Message:
        """Not saved. Its key says which reminder it is, so that none is posted twice."""
        employee, place, number = debt.employee, debt.place, len(debt.reminders) + 1
        wished = [employee.language or self.policy.default_language]
        language = best_of(wished, LANGUAGES, LANGUAGES[0])
        values = {
            "tenant": self.policy.tenant.name,
            "name": str(employee),
            "title": self.titles[best_of(wished, list(self.titles), self.policy.default_language)],
            "link": self.link,
            "number": number,
            "day": day(language, place.due) if place.due else "",
        }
        sentences = ("asked", "grace", "link", "end") if self._has_grace(place) else ("asked", "link", "end")
        return Message(
            tenant=self.policy.tenant,
            to=employee.address,
            subject=one_line(say(language, "subject", **values))[:SUBJECT_LENGTH],
            body="\n\n".join(say(language, key, **values) for key in sentences) + "\n",
            key=f"terms.remind/{self.version}/{place.round}/{number}/{employee.pk}",
        )

    def _has_grace(self, place: Place) -> bool:
        """Whether what they accepted before still counts."""
        is_older = place.standing == Standing.ACCEPTED_OLDER
        return is_older and place.due is not None and place.due > self.now


def _portal_page(policy: TermsPolicy) -> str:
    """The address of the terms in the portal. Raises Refused where nobody has said where the console is."""
    if not settings.CONSOLE_URL:
        raise Refused(
            "no_console_url", "The e-mail would lead nowhere: set CONSOLE_URL to the console's address first."
        )
    return absolute(reverse("portal:read", kwargs={"tenant": policy.tenant.slug, "policy": policy.pk}))
