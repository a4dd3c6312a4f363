"""Reminders by e-mail before something ends, at the lead times of the tenant's policy, to officers and admins.

For each end, lead time and person there is one message in the outbox, under a key that is unique. Where days were
missed only the nearest lead time is reminded of: whoever hears of an end thirty days ahead need not hear of sixty.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.utils import timezone

from consents.expiries import expiries
from consents.models import ConsentPolicy
from tenants.access import Shell
from tenants.models import Membership, Tenant
from tenants.roles import Permission
from work.digest import absolute, in_each_tenant, members_with_mail, page_url, preferences, tell
from work.models import Message
from work.places import Place, day_of, short_day
from work.worklist import Asked, Item

AT_ONCE = 500


def send_reminders(now: datetime | None = None) -> int:
    """Post the reminders that are due and were not posted. Returns how many; two runs at once post none twice."""
    now = now or timezone.now()
    return in_each_tenant(lambda tenant: _remind_in(tenant, now))


def _remind_in(tenant: Tenant, now: datetime) -> int:
    leads: list[int] = ConsentPolicy.of(tenant).reminder_days
    members = _recipients(tenant) if leads else []
    if not members:
        return 0
    told = _told(tenant)
    return sum(
        _remind(tenant, member, item, lead, now)
        for item in _ends(tenant, now, max(leads))
        if (lead := nearest_lead(leads, item, now)) is not None
        for member in members
        if _key(item, lead, member) not in told
    )


def _recipients(tenant: Tenant) -> list[Membership]:
    """Those who can renew a consent, unless they want no reminders."""
    wishes = preferences(tenant)
    members = members_with_mail(tenant, Permission.REQUEST_CONSENT)
    return [each for each in members if each.user_id not in wishes or wishes[each.user_id].reminders]


def _ends(tenant: Tenant, now: datetime, days: int) -> Iterator[Item]:
    """What ends within so many days and a bit: which day it is depends on the zone."""
    tenants, until = Tenant.objects.filter(pk=tenant.pk), now + timedelta(days=days + 2)
    after: Place | None = None
    while found := expiries(Shell(), tenants, at=now, until=until, asked=Asked(after=after, limit=AT_ONCE)):
        yield from found
        after = found[-1].place


def nearest_lead(leads: list[int], item: Item, now: datetime) -> int | None:
    """The lead time that the end has come within, and the nearest of them; None where none has been reached."""
    left = (_last_day(item) - day_of(now)).days
    return min((lead for lead in leads if left <= lead), default=None)


def _last_day(item: Item) -> date:
    if item.due is None:
        raise ValueError(f"{item.key} has no end.")
    return day_of(item.due)


def _key(item: Item, lead: int, member: Membership) -> str:
    """With the day: an end that is put off is another end."""
    return f"consents.remind/{item.key}/{_last_day(item)}/{lead}/{member.user_id}"


def _told(tenant: Tenant) -> set[str]:
    posted = Message.objects.for_tenant(tenant).filter(key__startswith="consents.remind/")
    return set(posted.values_list("key", flat=True))


def _remind(tenant: Tenant, member: Membership, item: Item, lead: int, now: datetime) -> bool:
    day, left = short_day(_last_day(item)), _in_days((_last_day(item) - day_of(now)).days)
    return tell(
        member,
        tenant,
        subject=f"{tenant}: {item.title}, {left}",
        body=(
            f"{item.title}: {day}, {left}.\n\n{item.about}.\n{absolute(item.url)}\n\n--\n"
            f"How long before an end {tenant} is reminded, its consent policy says. Whether you are told:\n"
            f"{page_url('admin:work_mailpreference_changelist')}\n"
        ),
        key=_key(item, lead, member),
    )


def _in_days(left: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(left, f"in {left} days")
