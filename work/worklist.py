"""One dated list of everything that waits for somebody. Apps declare what waits in their `worklist.py`:

    @source("consents.awaiting", title="Decision awaited", permission=Permission.VIEW_CONSENTS)
    def awaited_decisions(look: Look) -> Iterator[Item]:
        rows = Consent.objects.across_tenants().filter(tenant__in=look.tenants).awaiting_decision()
        for consent in look.longest(rows.select_related("tenant"), "requested_at"):
            yield look.item(consent, title=f"Decide on {consent}", since=consent.requested_at, url=…)

Dated things come first, the nearest first; then what waits without a date, the longest first. Each source costs the
same few queries, however many tenants it looks at, and reads no more rows than are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from tenants.access import Principal
from tenants.choice import tenants_allowing
from tenants.models import Tenant, User
from tenants.pages.parts import admin_url
from tenants.roles import Permission
from work.places import Place, cut, day_of, is_day

SHOWN = 200
THIS_WEEK = timedelta(days=7)


class Severity(models.TextChoices):
    """How bad it is to leave it."""

    HIGH = "high", "High"
    NORMAL = "normal", "Normal"
    LOW = "low", "Low"


class Urgency(models.TextChoices):
    """How near the due time is."""

    LATE = "late", "Late"
    WEEK = "week", "This week"
    LATER = "later", "Later"
    UNDATED = "undated", "Without a date"


@dataclass(frozen=True)
class Item:
    """Something that waits for somebody. key: the same for as long as it waits. url: its admin page.

    due: until when; since: from when on it waits. Each has a due time, or a time since when.
    """

    key: str
    kind: str
    kind_title: str
    title: str
    about: str
    tenant: Tenant
    url: str
    due: datetime | None
    since: datetime | None
    severity: str
    resource_type: str
    resource_id: str
    owner: User | None = None

    @property
    def place(self) -> Place:
        when = self.due or self.since
        if when is None:
            raise ValueError(f"{self.key} says neither until when nor since when it waits.")
        return Place(self.due is not None, when, self.kind, int(self.resource_id), self.tenant.pk)

    def urgency(self, at: datetime) -> Urgency:
        if self.due is None:
            return Urgency.UNDATED
        if self.due <= at:
            return Urgency.LATE
        return Urgency.WEEK if self.due <= at + THIS_WEEK else Urgency.LATER


@dataclass(frozen=True)
class Look:
    """What a source is asked for: these tenants (those where its permission holds), at this instant, so many at most.

    after: only what comes after this place in the list (before it, where `backwards`). due_before, owner: only these.
    """

    tenants: QuerySet[Tenant]
    at: datetime
    limit: int = SHOWN
    kind: str = ""
    kind_title: str = ""
    after: Place | None = None
    backwards: bool = False
    due_before: datetime | None = None
    owner: User | None = None

    def nearest(self, rows: QuerySet[Any], due: str, *, owner: str = "") -> QuerySet[Any]:
        """Of these rows those asked for, by their field or annotation `due`, a time or a day; `owner` names a field."""
        if self.due_before is not None:
            end = day_of(self.due_before) if is_day(rows, due) else self.due_before
            rows = rows.filter(**{f"{due}__lt": end})
        return self._cut(self._owned(rows, owner), due, is_dated=True)

    def longest(self, rows: QuerySet[Any], since: str, *, owner: str = "") -> QuerySet[Any]:
        """The same for what waits without a date, by the field that says since when."""
        return rows.none() if self.due_before else self._cut(self._owned(rows, owner), since, is_dated=False)

    def _owned(self, rows: QuerySet[Any], owner: str) -> QuerySet[Any]:
        if self.owner is None:
            return rows
        return rows.filter(**{owner: self.owner}) if owner else rows.none()

    def _cut(self, rows: QuerySet[Any], field: str, *, is_dated: bool) -> QuerySet[Any]:
        return cut(rows, field, self.kind, self.after, is_dated=is_dated, backwards=self.backwards)[
            : self.limit
        ]

    def item(
        self,
        row: Any,
        *,
        title: str,
        about: str,
        url: str,
        due: datetime | None = None,
        since: datetime | None = None,
        severity: str = Severity.NORMAL,
        tenant: Tenant | None = None,
        owner: User | None = None,
    ) -> Item:
        """An item about a row. tenant: where the row itself belongs to none."""
        about_whom = tenant or row.tenant
        key = f"{self.kind}:{row.pk}" if tenant is None else f"{self.kind}:{row.pk}:{tenant.pk}"
        return Item(
            key=key,
            kind=self.kind,
            kind_title=self.kind_title,
            title=title,
            about=about,
            tenant=about_whom,
            url=url,
            due=due,
            since=since,
            severity=severity,
            resource_type=row._meta.label_lower,
            resource_id=str(row.pk),
            owner=owner,
        )


Find = Callable[[Look], Iterable[Item]]


@dataclass(frozen=True)
class Source:
    """A kind of things that wait. permission: what one has to be allowed to in a tenant to be told of them."""

    kind: str
    title: str
    permission: Permission
    find: Find


_sources: dict[str, Source] = {}


def source(kind: str, *, title: str, permission: Permission) -> Callable[[Find], Find]:
    """Declare what waits: a function from a `Look` to items. Raises ValueError where the kind is declared already."""

    def declare(find: Find) -> Find:
        known = _sources.get(kind)
        if known is not None and known.find.__qualname__ != find.__qualname__:
            raise ValueError(f"{kind}: two sources have this kind.")
        _sources[kind] = Source(kind, title, permission, find)
        return find

    return declare


def page_about(*rows: models.Model) -> str:
    """The admin page of the first of these rows that has one; the first screen, where none has."""
    shown = (row for row in rows if admin.site.is_registered(type(row)))
    row = next(shown, None)
    return reverse("admin:index") if row is None else admin_url(row, "change", row.pk)


def sources() -> list[Source]:
    """Every declared source, by kind."""
    return [_sources[kind] for kind in sorted(_sources)]


def kinds() -> list[tuple[str, str]]:
    """Choices: each kind with its title."""
    return [(each.kind, each.title) for each in sources()]


@dataclass(frozen=True)
class Asked:
    """How the list is narrowed: all of it, if by nothing. `after` and `backwards` turn its pages."""

    kinds: frozenset[str] | None = None
    due_before: datetime | None = None
    owner: User | None = None
    after: Place | None = None
    backwards: bool = False
    limit: int = SHOWN


def worklist(
    principal: Principal, tenants: QuerySet[Tenant], at: datetime | None = None, asked: Asked | None = None
) -> list[Item]:
    """What waits in these tenants as far as the principal may see it: the dated, nearest first, then the undated.

    At most `asked.limit` items. It is about what is recorded now; `at` is the instant from which lead times count.
    """
    return merged(
        sources(), principal, tenants_allowing(principal, Permission.VIEW_WORKLIST, tenants), at, asked
    )


def merged(
    among: Iterable[Source],
    principal: Principal,
    tenants: QuerySet[Tenant],
    at: datetime | None = None,
    asked: Asked | None = None,
) -> list[Item]:
    """What these sources find, as one list; each looks at those of the tenants where its permission holds."""
    asked = asked or Asked()
    look = Look(
        tenants,
        at or timezone.now(),
        asked.limit,
        after=asked.after,
        backwards=asked.backwards,
        due_before=asked.due_before,
        owner=asked.owner,
    )
    wanted = [each for each in among if asked.kinds is None or each.kind in asked.kinds]
    found = [item for each in wanted for item in _found_by(each, principal, look)]
    found = sorted((item for item in found if _is_asked(item, asked)), key=lambda item: item.place.order)
    return found[-asked.limit :] if asked.backwards else found[: asked.limit]


def _found_by(each: Source, principal: Principal, look: Look) -> Iterable[Item]:
    allowed = tenants_allowing(principal, each.permission, look.tenants)
    return each.find(replace(look, kind=each.kind, kind_title=each.title, tenants=allowed))


def _is_asked(item: Item, asked: Asked) -> bool:
    """Sources that are no single query may answer with more than was asked for."""
    is_due = asked.due_before is None or (item.due is not None and item.due < asked.due_before)
    is_theirs = asked.owner is None or item.owner == asked.owner
    if asked.after is None or not is_due or not is_theirs:
        return is_due and is_theirs
    before, mine = asked.after.order, item.place.order
    return mine < before if asked.backwards else mine > before
