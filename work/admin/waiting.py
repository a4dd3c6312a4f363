"""The page “Worklist”: everything that waits for somebody, narrowed as the reader likes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import CHECKBOX_CLASSES, SELECT_CLASSES

from tenants.access import signed_in
from tenants.choice import chosen_tenant, visible_tenants
from tenants.models import User
from tenants.pages.parts import Badge, Link, Panel, Table
from work.places import Place
from work.worklist import Asked, Item, Severity, Urgency, kinds, worklist

TITLE = "Worklist"
PAGE = 50
PERIODS = {"late": timedelta(0), "week": timedelta(days=7), "month": timedelta(days=30)}
TONES = {Urgency.LATE: "bad", Urgency.WEEK: "warn", Urgency.LATER: "info", Urgency.UNDATED: "plain"}
PANEL_TITLES = {
    Urgency.LATE: "Late",
    Urgency.WEEK: "In the next seven days",
    Urgency.LATER: "Later",
    Urgency.UNDATED: "Waiting without a date",
}


class Narrowing(forms.Form):
    """How the reader narrows the list."""

    kind = forms.ChoiceField(required=False, label="What")
    due = forms.ChoiceField(
        required=False,
        label="Until when",
        choices=[
            ("", "At any time, or without a date"),
            ("late", "Late"),
            ("week", "In seven days or late"),
            ("month", "In thirty days or late"),
        ],
    )
    mine = forms.BooleanField(required=False, label="Only mine")

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["kind"].choices = [("", "Everything"), *kinds()]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = " ".join(CHECKBOX_CLASSES if name == "mine" else SELECT_CLASSES)

    def asked(self, person: Any, now: datetime, after: Place | None) -> Asked:
        """All of it, where what was asked for makes no sense; the form says what does not."""
        given = self.cleaned_data if self.is_valid() else {}
        period = PERIODS.get(given.get("due", ""))
        return Asked(
            kinds=frozenset({given["kind"]}) if given.get("kind") else None,
            due_before=None if period is None else now + period,
            owner=person if given.get("mine") and isinstance(person, User) else None,
            after=after,
            limit=PAGE + 1,
        )


def worklist_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The list, a page at a time, for whoever may see it in some tenant."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    now, form = timezone.now(), Narrowing(request.GET)
    asked = form.asked(request.user, now, _place_asked(request))
    items = worklist(signed_in(request), visible_tenants(request), now, asked)
    shown, is_more = items[:PAGE], len(items) > PAGE
    context = model_admin.context(
        request,
        title=TITLE,
        here=TITLE,
        form=form,
        panels=list(_panels(shown, now, names_tenants=chosen_tenant(request) is None)),
        next_url=_next_url(request, shown[-1]) if is_more else "",
        is_narrowed=any(request.GET.get(name) for name in form.fields),
    )
    return TemplateResponse(request, "admin/work/worklist.html", context)


def _place_asked(request: HttpRequest) -> Place | None:
    text = request.GET.get("after")
    try:
        return Place.decode(text) if text else None
    except ValueError:
        raise Http404("There is no such page of the worklist.") from None


def _next_url(request: HttpRequest, last: Item) -> str:
    kept = {name: value for name, value in request.GET.items() if name != "after"}
    return "?" + urlencode(kept | {"after": last.place.encode()})


def _panels(items: Sequence[Item], now: datetime, *, names_tenants: bool) -> Iterator[Panel]:
    for urgency in Urgency:
        found = [item for item in items if item.urgency(now) is urgency]
        if found:
            yield Panel(PANEL_TITLES[urgency], table=_table(urgency, found, names_tenants=names_tenants))


def _table(urgency: Urgency, items: Sequence[Item], *, names_tenants: bool) -> Table:
    when = "Since" if urgency is Urgency.UNDATED else "Until"
    headings = [when, "What", "About", "Kind", *(["Tenant"] if names_tenants else [])]
    return Table(headings, [_row(urgency, item, names_tenants=names_tenants) for item in items])


def _row(urgency: Urgency, item: Item, *, names_tenants: bool) -> list[Any]:
    day = timezone.localtime(item.due or item.since).date()
    tone = "bad" if item.severity == Severity.HIGH and urgency is Urgency.WEEK else TONES[urgency]
    theirs = [item.tenant.name] if names_tenants else []
    return [day, Link(item.title, item.url), item.about, Badge(item.kind_title, tone), *theirs]
