"""Telling tenants what is announced of subcontractors: one e-mail for each announcement and privacy officer.

Who is told has the e-mail in the outbox, under a key that is unique: told once, however often this runs. Announcements
that came into effect and were recorded a month ago are nobody's news; a new officer is told of those that still run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from consents.models import SubcontractorNotice
from tenants.models import Membership, Tenant
from tenants.pages.parts import admin_url
from tenants.roles import Role
from work.digest import absolute, tell
from work.models import Message
from work.places import short_day

NEWS_FOR = timedelta(days=30)
CHANGES = {
    "joins": "{name} becomes a subcontractor of {processor} on {day}",
    "changes": "{name} does something else for {processor} from {day} on",
    "leaves": "{name} is no longer a subcontractor of {processor} from {day} on",
}


def tell_officers(now: datetime | None = None) -> int:
    """Post what officers have not been told yet, each message in a transaction of its own. Returns how many."""
    return sum(_tell(notice, member) for notice in _news(now or timezone.now()) for member in _untold(notice))


def _news(now: datetime) -> list[SubcontractorNotice]:
    matters = Q(effective_on__gt=timezone.localdate(now)) | Q(recorded_at__gt=now - NEWS_FOR)
    return list(
        SubcontractorNotice.objects.filter(matters).select_related("third_party__catalog").order_by("pk")
    )


def _untold(notice: SubcontractorNotice) -> Iterator[Membership]:
    """The officers who have no message about it, in tenants that are not closed; two queries."""
    told = Message.objects.across_tenants().filter(key__startswith=f"{_subject_key(notice)}/")
    keys = set(told.values_list("tenant_id", "key"))
    officers: Any = Membership.objects.across_tenants().filter(
        role=Role.PRIVACY_OFFICER, user__is_active=True
    )
    reachable = officers.exclude(user__email="").exclude(tenant__status=Tenant.Status.CLOSED)
    for member in reachable.select_related("user", "tenant").order_by("pk"):
        if (member.tenant_id, _key(notice, member)) not in keys:
            yield member


def _subject_key(notice: SubcontractorNotice) -> str:
    return f"consents.subcontractor/{notice.pk}"


def _key(notice: SubcontractorNotice, member: Membership) -> str:
    return f"{_subject_key(notice)}/{member.user_id}"


def _tell(notice: SubcontractorNotice, member: Membership) -> bool:
    text = _text(notice, member.tenant)
    return tell(member, member.tenant, subject=_headline(notice), body=text, key=_key(notice, member))


def _headline(notice: SubcontractorNotice) -> str:
    party = notice.third_party
    words = {"name": party.name, "processor": party.catalog.processor, "day": short_day(notice.effective_on)}
    return CHANGES[notice.change].format(**words)


def _text(notice: SubcontractorNotice, tenant: Tenant) -> str:
    country = notice.third_party.country or "not known"
    late = (
        f"That is later than the {notice.notice_days} days ahead that its contract asks for.\n"
        if notice.is_short
        else ""
    )
    page = absolute(admin_url(notice, "change", notice.pk))
    return (
        f"{_headline(notice)}.\n\n"
        f"What it does: {notice.task}\n"
        f"Country: {country}\n"
        f"Announced on: {short_day(notice.announced_on)}\n"
        f"Source: {notice.source}\n{late}\n"
        f"A privacy officer of {tenant} can object to it (GDPR Art. 28(2)):\n{page}\n"
        f"From {short_day(notice.effective_on)} on an objection is marked late.\n"
    )
