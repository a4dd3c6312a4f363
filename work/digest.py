"""A summary of what waits, by e-mail: each morning or once a week, to the members who want it, where anything waits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from tenants.commands import one_line
from tenants.models import Membership, Tenant, User
from tenants.roles import Permission, Role, is_allowed
from work.mail import post
from work.models import MailPreference, Message
from work.places import day_of, short_day
from work.registry import Running, job
from work.worklist import Asked, Item, Urgency, worklist

logger = logging.getLogger(__name__)

MOST = 40
SUBJECT_LENGTH = 200
TITLES = {
    Urgency.LATE: "LATE",
    Urgency.WEEK: "IN THE NEXT SEVEN DAYS",
    Urgency.LATER: "LATER",
    Urgency.UNDATED: "WAITING WITHOUT A DATE",
}
OFTEN = {MailPreference.Digest.DAILY: "every morning", MailPreference.Digest.WEEKLY: "once a week"}


@job("work.digest", daily_at=time(6, 0), title="Tell members what waits")
def tell_what_waits(run: Running) -> str:
    posted = send_digests()
    return f"Posted {posted:,} summaries." if posted else "Nobody has to be told anything."


def send_digests(now: datetime | None = None) -> int:
    """Post the summary of the day, or of the week, to each member who has not got it. Returns how many were posted.

    Each is a transaction of its own, and its key is unique: a second run, at the same time or later, posts none again.
    """
    now = now or timezone.now()
    return in_each_tenant(lambda tenant: _send_in(tenant, now))


def in_each_tenant(post_in: Callable[[Tenant], int]) -> int:
    """How many messages were posted in the tenants that are not closed.

    What fails in one tenant keeps no other from being told; it is raised at the end, so that the run counts as failed.
    """
    posted, failures = 0, []
    for tenant in list(Tenant.objects.exclude(status=Tenant.Status.CLOSED)):
        try:
            posted += post_in(tenant)
        except Exception as error:
            logger.exception("Members of %s cannot be told", tenant)
            failures.append(error)
    if failures:
        raise failures[0]
    return posted


def members_with_mail(tenant: Tenant, permission: Permission) -> Any:
    """The tenant's members who have an e-mail address and whose role allows it."""
    roles = [role for role in Role if is_allowed(role, permission)]
    members = Membership.objects.for_tenant(tenant).filter(role__in=roles, user__is_active=True)
    return members.exclude(user__email="").select_related("user").order_by("pk")


def preferences(tenant: Tenant) -> dict[int, MailPreference]:
    """What members chose, by the person's id."""
    return {wish.user_id: wish for wish in MailPreference.objects.for_tenant(tenant)}


def _send_in(tenant: Tenant, now: datetime) -> int:
    wishes, told = preferences(tenant), _told(tenant, now)
    waiting: dict[str, list[Item]] = {}
    posted = 0
    for member in members_with_mail(tenant, Permission.VIEW_WORKLIST):
        often = wishes.get(member.user_id, MailPreference()).digest
        key = _key(often, member.user, now)
        if often == MailPreference.Digest.OFF or key in told:
            continue
        if member.role not in waiting:  # what waits is told by the role alone
            waiting[member.role] = _waiting(member.user, tenant, now)
        posted += _send(member, tenant, waiting[member.role], often, key, now)
    return posted


def _waiting(person: User, tenant: Tenant, now: datetime) -> list[Item]:
    return worklist(person, Tenant.objects.filter(pk=tenant.pk), now, Asked(limit=MOST + 1))


def _key(often: str, person: User, now: datetime) -> str:
    """One for each day or week: who missed the day that a week begins with gets it on the next."""
    day = day_of(now)
    year, week, _ = day.isocalendar()
    period = f"{year}-W{week:02}" if often == MailPreference.Digest.WEEKLY else day.isoformat()
    return f"work.digest/{period}/{person.pk}"


def _told(tenant: Tenant, now: datetime) -> set[str]:
    """The keys of what was posted for this day and this week."""
    nobody = User(pk=0)
    prefixes = [_key(often, nobody, now).removesuffix("0") for often in OFTEN]
    messages = Message.objects.for_tenant(tenant)
    return {
        key
        for prefix in prefixes
        for key in messages.filter(key__startswith=prefix).values_list("key", flat=True)
    }


def _send(
    member: Membership, tenant: Tenant, items: Sequence[Item], often: str, key: str, now: datetime
) -> bool:
    return bool(items) and tell(
        member, tenant, subject=_subject(tenant, items, now), body=_body(tenant, items, often, now), key=key
    )


def tell(member: Membership, tenant: Tenant, *, subject: str, body: str, key: str) -> bool:
    """Post a message to a member, in a transaction of its own. Returns whether it was posted, and not before.

    An address that is none keeps nobody else from being told.
    """
    try:
        with transaction.atomic():
            to, subject = member.user.email, one_line(subject)[:SUBJECT_LENGTH]
            return post(tenant=tenant, to=to, subject=subject, body=body, key=key) is not None
    except ValidationError as error:
        logger.warning("%s of %s cannot be written to: %s", member.user, tenant, "; ".join(error.messages))
        return False


def _subject(tenant: Tenant, items: Sequence[Item], now: datetime) -> str:
    late = sum(item.urgency(now) is Urgency.LATE for item in items)
    number = f"more than {MOST}" if len(items) > MOST else str(len(items))
    matters = "matter waits" if len(items) == 1 else "matters wait"
    return f"{tenant}: {number} {matters}" + (f", {late} late" if late else "")


def _body(tenant: Tenant, items: Sequence[Item], often: str, now: datetime) -> str:
    rest = ["", f"The worklist shows the others: {page_url('admin:work_calendarfeed_worklist')}"]
    lines = [
        f"What waits at {tenant}, as of {short_day(day_of(now))}.",
        *_groups(items[:MOST], now),
        *(rest if len(items) > MOST else []),
        "",
        "--",
        f"You get this {OFTEN[MailPreference.Digest(often)]}, if anything waits. Change it under My notifications:",
        page_url("admin:work_mailpreference_changelist"),
    ]
    return "\n".join(lines) + "\n"


def _groups(items: Sequence[Item], now: datetime) -> Iterator[str]:
    for urgency in Urgency:
        found = [item for item in items if item.urgency(now) is urgency]
        if found:
            yield from ("", TITLES[urgency])
        for item in found:
            yield from ("", f"* {item.title}", f"  {_when(item)}. {item.about}.", f"  {absolute(item.url)}")


def _when(item: Item) -> str:
    if item.due is not None:
        return f"Until {short_day(day_of(item.due))}"
    return f"Since {short_day(day_of(item.since))}" if item.since else ""


def absolute(path: str) -> str:
    """An address that works in an e-mail, where settings.CONSOLE_URL says where the console is."""
    return f"{settings.CONSOLE_URL}{path}"


def page_url(name: str) -> str:
    return absolute(reverse(name))
