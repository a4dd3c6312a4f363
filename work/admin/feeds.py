"""Calendar feeds: one's own secret addresses for what waits; and beside them the page of the worklist itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from tenants.access import signed_in
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, DeedForm, InTenantForm
from tenants.pages.parts import Badge, Panel, facts
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute
from work.admin.waiting import worklist_page
from work.models import CalendarFeed
from work.notifications import make_feed, revoke_feed

LABELS = {"Open": "success", "Closed": "danger"}


class NewFeedForm(InTenantForm):
    name = forms.CharField(
        max_length=100, help_text="Which calendar will read it, for example “Outlook on my laptop”."
    )


class NoQuestionForm(DeedForm):
    """Nothing to ask: one's own feed is one's own matter."""


@admin.register(CalendarFeed)
class CalendarFeedAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_WORKLIST
    history_permission = Permission.VIEW_WORKLIST
    list_title = "Calendar feeds"
    intro = (
        "Your calendar can show what waits and until when. Make an address for each calendar of yours; it opens your "
        "worklist of one tenant, for reading only, until you revoke it or leave the tenant."
    )
    empty_text = "No calendar reads your worklist. Make a feed, and give its address to your calendar."
    related = ("user",)
    list_display = ("name", "state", "tenant_name", "made", "last_used")
    ordering = ("-created_at", "-id")
    adding = Deed(
        "add",
        "Make calendar feed",
        Permission.VIEW_WORKLIST,
        lambda request, _, data: make_feed(by=signed_in(request), **data),
        form=NewFeedForm,
        icon="calendar_add_on",
    )
    deeds = (
        Deed(
            "revoke",
            "Revoke",
            Permission.VIEW_WORKLIST,
            lambda request, feed, data: revoke_feed(feed=feed, by=signed_in(request)),
            form=NoQuestionForm,
            is_offered=lambda feed: feed.revoked_at is None,
            consequences=lambda feed: [
                "The address answers nobody from now on; calendars that read it stop showing what waits.",
                "It cannot be undone: make another feed where one is still needed.",
            ],
            done="{subject} is revoked.",
            icon="event_busy",
            tone="danger",
        ),
    )

    def pages(self) -> Sequence[tuple[str, Any, str]]:
        return [("worklist/", self.worklist_view, "work_calendarfeed_worklist")]

    def worklist_view(self, request: HttpRequest) -> HttpResponse:
        return worklist_page(self, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CalendarFeed]:
        return self._theirs(super().get_queryset(request), request)

    def reachable(self, request: HttpRequest) -> QuerySet[CalendarFeed]:
        return self._theirs(super().reachable(request), request)

    @staticmethod
    def _theirs(rows: QuerySet[CalendarFeed], request: HttpRequest) -> QuerySet[CalendarFeed]:
        """One's own; an operator finds everybody's, to close one that got into wrong hands."""
        return rows if signed_in(request).is_operator else rows.filter(user=request.user.pk)

    def after(self, request: HttpRequest, deed: Deed, obj: Any, result: Any) -> HttpResponse:
        """The secret stands on the answer itself, and nowhere else: no address leads back to it."""
        if deed is not self.adding:
            return super().after(request, deed, obj, result)
        feed, secret = result
        address = request.build_absolute_uri(reverse("calendar", args=[secret]))
        context = self.context(request, feed, title=f"Calendar feed made: {feed}", address=address)
        answer = TemplateResponse(request, "admin/work/feed_made.html", context)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @column(description="State", label=LABELS)
    def state(self, feed: CalendarFeed) -> str:
        return "Open" if feed.revoked_at is None else "Closed"

    @column(description="Made", ordering="created_at")
    def made(self, feed: CalendarFeed) -> str:
        return minute(feed.created_at)

    @column(description="Last read", ordering="last_used_at", empty_value="never")
    def last_used(self, feed: CalendarFeed) -> str | None:
        return minute(feed.last_used_at) if feed.last_used_at else None

    def headline(self, request: HttpRequest, obj: CalendarFeed) -> Sequence[Any]:
        return [Badge("Open", "good") if obj.is_open else Badge("Closed", "bad")]

    def panels(self, request: HttpRequest, obj: CalendarFeed) -> list[Panel]:
        about = [
            ("Whose", str(obj.user)),
            ("Made", obj.created_at),
            ("Last read", obj.last_used_at or "never"),
            ("Revoked", obj.revoked_at),
        ]
        return [Panel("The feed", facts(about))]
