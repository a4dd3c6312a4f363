"""The worklist as a calendar (RFC 5545), read by whoever has the secret address of somebody's feed.

What is due is an all-day event on its day; what waits without a date is a to-do, which not every calendar shows.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event, Todo, vDuration

from tenants.models import Tenant, User
from work.models import CalendarFeed
from work.places import day_of
from work.worklist import Asked, Item, Severity, worklist

MOST = 500
USE_IS_NOTED_EVERY = timedelta(hours=1)
READ_AGAIN = timedelta(hours=6)
# RFC 5545, 3.8.1.9: 1 is the highest.
PRIORITIES = {Severity.HIGH: 1, Severity.NORMAL: 5, Severity.LOW: 9}


@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar behind a secret address; 404 for one that never was, was revoked, or whose person left."""
    feed = _feed_of(secret)
    _note_use(feed)
    content = calendar_of(feed, request.build_absolute_uri("/")).to_ical()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") in (tag, f"W/{tag}", "*"):
        return HttpResponseNotModified(headers=headers)
    name = f'inline; filename="{feed.tenant.slug}.ics"'
    return HttpResponse(
        content, "text/calendar; charset=utf-8", headers={**headers, "Content-Disposition": name}
    )


def _feed_of(secret: str) -> CalendarFeed:
    """Raises Http404. The digest is looked up, so that how long it takes says nothing about the secret."""
    rows = CalendarFeed.objects.across_tenants().select_related("tenant", "user")
    feed: CalendarFeed | None = rows.filter(digest=CalendarFeed.digest_of(secret)).first()
    if feed is None or not feed.is_open:
        raise Http404("There is no such calendar.")
    return feed


def _note_use(feed: CalendarFeed) -> None:
    now = timezone.now()
    if feed.last_used_at is None or now - feed.last_used_at > USE_IS_NOTED_EVERY:
        CalendarFeed.objects.for_tenant(feed.tenant_id).filter(pk=feed.pk).update(last_used_at=now)


def calendar_of(feed: CalendarFeed, home: str) -> Calendar:
    """What the feed's person would see in the worklist of its tenant. home: the console's own address."""
    person: User = feed.user
    tenants = Tenant.objects.filter(pk=feed.tenant_id)
    items = worklist(person, tenants, asked=Asked(limit=MOST))
    found = Calendar()
    found.add("prodid", "-//Privacy Console//Worklist//EN")
    found.add("version", "2.0")
    found.add("x-wr-calname", f"Privacy Console: {feed.tenant}")
    found.add("refresh-interval", READ_AGAIN, parameters={"value": "DURATION"})
    found.add("x-published-ttl", vDuration(READ_AGAIN))
    for item in items:
        found.add_component(_component(item, feed, home))
    return found


def _component(item: Item, feed: CalendarFeed, home: str) -> Event | Todo:
    entry = _event(item.due) if item.due is not None else _todo(item.since)
    entry.add("uid", f"{item.key}@{feed.tenant.slug}.privacy-console")
    # When the entry was last revised: a time of its own would make the calendar a new one at each reading.
    entry.add("dtstamp", (item.since or feed.created_at).astimezone(UTC).replace(microsecond=0))
    entry.add("summary", item.title)
    entry.add("description", f"{item.kind_title}. {item.about}.")
    entry.add("categories", [item.kind_title])
    entry.add("priority", PRIORITIES[Severity(item.severity)])
    entry.add("url", home.rstrip("/") + item.url)
    entry.add("class", "CONFIDENTIAL")
    return entry


def _event(due: datetime) -> Event:
    """All day, and nobody's time is taken by it."""
    event, day = Event(), day_of(due)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    return event


def _todo(since: datetime | None) -> Todo:
    todo = Todo()
    if since is not None:
        todo.add("dtstart", day_of(since))
    todo.add("status", "NEEDS-ACTION")
    return todo
