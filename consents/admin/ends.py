"""The page “What ends when”: the ends to come, month by month and one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import formats, timezone
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

from consents.expiries import SOURCES, expiries
from tenants.access import signed_in
from tenants.choice import chosen_tenant, visible_tenants
from tenants.pages.parts import Badge, Link, Panel, Table
from work.places import day_of, end_of
from work.worklist import Asked, Item, Urgency

TITLE = "What ends when"
MOST = 300
MONTHS_SHOWN = 36
TONES = {Urgency.LATE: "bad", Urgency.WEEK: "bad", Urgency.LATER: "info", Urgency.UNDATED: "plain"}
SOON = timedelta(days=60)


@dataclass(frozen=True)
class Month:
    """How much ends in a month. width: of its bar, in percent of the fullest month's."""

    first: date
    kinds: Counter[str]
    width: float
    kind: str = "out"

    @property
    def title(self) -> str:
        return formats.date_format(self.first, "M Y")

    @property
    def number(self) -> int:
        return self.kinds.total()

    @property
    def words(self) -> str:
        return ", ".join(f"{title.lower()}: {number}" for title, number in sorted(self.kinds.items()))


class Narrowing(forms.Form):
    """How the reader narrows the list."""

    until = forms.DateField(
        required=False,
        label="Until and with",
        widget=forms.DateInput(attrs={"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d"),
    )
    kind = forms.ChoiceField(
        required=False,
        label="Ends of",
        choices=[("", "Everything"), *((source.kind, source.title) for source in SOURCES)],
        widget=forms.Select(attrs={"class": " ".join(SELECT_CLASSES)}),
    )

    def clean_until(self) -> date | None:
        day: date | None = self.cleaned_data["until"]
        if day is not None and not 1900 < day.year < 9000:
            raise forms.ValidationError("Give a day after the year 1900 and before 9000.")
        return day


def ends_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """What ends in the tenants in view, in the next year unless another day is given."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    now = timezone.now()
    form = Narrowing(request.GET)
    given = form.cleaned_data if form.is_valid() else {}
    last = given.get("until") or _year_from(day_of(now))
    kinds = frozenset({given["kind"]}) if given.get("kind") else None
    found = expiries(
        signed_in(request),
        visible_tenants(request),
        at=now,
        until=end_of(last),
        asked=Asked(kinds, limit=MOST + 1),
    )
    items = found[:MOST]
    context = model_admin.context(
        request,
        title=TITLE,
        here=TITLE,
        form=form,
        months=months_of(items, day_of(now), last),
        panel=Panel("One by one", table=_table(items, now, names_tenants=chosen_tenant(request) is None)),
        last=last,
        is_narrowed=any(given.values()),
        most=MOST if len(found) > MOST else 0,
    )
    return TemplateResponse(
        request, "admin/consents/ends.html", context, status=200 if form.is_valid() else 400
    )


def _year_from(day: date) -> date:
    """The last day of the month a year from now."""
    first = date(day.year + 1 + day.month // 12, day.month % 12 + 1, 1)
    return first - timedelta(days=1)


def months_of(items: Sequence[Item], first: date, last: date) -> list[Month]:
    """Each month from the first day to the last (at most three years of them), also those in which nothing ends."""
    counts: dict[date, Counter[str]] = {month: Counter() for month in _months(first, last)}
    for item in items:
        month = day_of(item.due).replace(day=1) if item.due else None
        if month in counts:
            counts[month][item.kind_title] += 1
    fullest = max((kinds.total() for kinds in counts.values()), default=0) or 1
    return [Month(month, kinds, round(100 * kinds.total() / fullest, 1)) for month, kinds in counts.items()]


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    for _ in range(MONTHS_SHOWN):
        if month > last:
            return
        yield month
        month = (month + timedelta(days=32)).replace(day=1)


def _table(items: Sequence[Item], now: datetime, *, names_tenants: bool) -> Table:
    headings = ["Ends on", "What", "About", "Kind", *(["Tenant"] if names_tenants else [])]
    rows = [_row(item, now, names_tenants=names_tenants) for item in items]
    return Table(headings, rows, empty="Nothing ends in this time.")


def _row(item: Item, now: datetime, *, names_tenants: bool) -> list[Any]:
    is_soon = item.due is not None and item.due <= now + SOON
    tone = "warn" if is_soon and item.urgency(now) is Urgency.LATER else TONES[item.urgency(now)]
    theirs = [item.tenant.name] if names_tenants else []
    day = day_of(item.due) if item.due else None
    return [day, Link(item.title, item.url), item.about, Badge(item.kind_title, tone), *theirs]
