"""The pages of the processor's subcontractors: who acts for it on a day, and what it announced of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from consents.models import Objection, SubcontractorNotice
from consents.services.subcontractors import announce
from consents.subcontractors import PUBLISHED_AT, Subcontractor, agents, subcontractors
from tenants.access import signed_in
from tenants.choice import visible_tenants
from tenants.pages.bases import PlatformModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import DayField, Deed, DeedForm
from tenants.pages.moments import Moment, moment_of
from tenants.pages.parts import Badge, Link, Panel, Several, Table, admin_url, facts, link_to
from tenants.roles import Permission

NONE_LISTED = (
    "The catalog lists no subcontractor. The packaged catalog has none: the processor publishes its list apart, at "
    f"{PUBLISHED_AT}, and that list is not among the catalog's sources. An operator enters each as a third party that "
    "acts for the processor, and then what was announced of it."
)
STATE_TONES = {"joining": "info", "acting": "good", "left": "plain"}
ANNOUNCEMENTS_SHOWN = 20


class AnnounceForm(DeedForm):
    """What the processor told its customers of one of its agents."""

    change = forms.ChoiceField(choices=SubcontractorNotice.Change.choices)
    announced_on = DayField(help_text="When the processor told its customers.")
    effective_on = DayField(help_text="From when it holds.")
    notice_days = forms.IntegerField(
        min_value=0,
        max_value=3650,
        help_text="How many days ahead the processor has to tell, by its contract.",
    )
    task = forms.CharField(max_length=300, help_text="What the agent does for the processor.")
    source = forms.CharField(
        max_length=300, help_text="Where it was announced: an address, a message, its date."
    )

    def prepare(self) -> None:
        self.fields["third_party"] = forms.ModelChoiceField(
            agents(on=timezone.localdate()).order_by("name"),
            help_text="An agent of the processor. Who is not offered has to be added to the catalog's third parties "
            "first, as acting for the processor.",
        )
        self.order_fields(["third_party"])


ANNOUNCE = Deed(
    "add",
    "Record an announcement",
    Permission.ANNOUNCE,
    lambda request, _, data: announce(by=signed_in(request), **data),
    form=AnnounceForm,
    done="“{subject}” is recorded. The officers of every tenant are told.",
    icon="campaign",
    consequences=lambda _: [
        "Every tenant sees it, and its privacy officers are told by e-mail.",
        "It cannot be changed or deleted afterwards; a correction is another announcement.",
    ],
)


def short_notice(notice: SubcontractorNotice) -> Badge:
    given = (notice.effective_on - notice.announced_on).days
    if notice.is_short:
        return Badge(f"{given} days, {notice.notice_days} agreed", "bad")
    return Badge(f"{given} days", "good")


def _row(one: Subcontractor) -> list[Any]:
    return [
        link_to(one.third_party),
        one.third_party.country,
        one.task,
        Badge(Subcontractor.State(one.state).label, STATE_TONES[one.state]),
        one.since or "before announcements were recorded",
        one.until,
        Several([Badge("Short notice", "bad")] if one.came_at_short_notice else []),
    ]


HEADINGS = ("Subcontractor", "Country", "What it does", "State", "Since", "Until", "Remarks")


def _announcement_row(notice: SubcontractorNotice) -> list[Any]:
    return [link_to(notice), notice.task, notice.announced_on, notice.effective_on, short_notice(notice)]


class ChangeFilter(admin.SimpleListFilter):
    title = "effect"
    parameter_name = "effect"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running", "Not in effect yet"), ("done", "In effect")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        today = timezone.localdate()
        if self.value() == "running":
            return queryset.filter(effective_on__gt=today)
        return queryset.filter(effective_on__lte=today) if self.value() == "done" else queryset


@admin.register(SubcontractorNotice)
class SubcontractorNoticeAdmin(PlatformModelAdmin):
    view_permission = Permission.VIEW_CATALOG
    list_title = "Announcements"
    intro = "What the processor announced of its subcontractors: who joins, changes and leaves, and with what notice."
    empty_text = "No announcement is recorded."
    list_display = ("announcement", "task", "announced_on", "effective_on", "notice_given")
    list_filter = ("change", ChangeFilter)
    search_fields = ("third_party__name", "third_party__code", "task", "source")
    search_help_text = "Subcontractor, task or source."
    ordering = ("-announced_on", "-id")
    adding = ANNOUNCE

    def get_queryset(self, request: HttpRequest) -> QuerySet[SubcontractorNotice]:
        return SubcontractorNotice.objects.select_related("third_party").order_by(*self.ordering)

    def pages(self) -> Sequence[tuple[str, Any, str]]:
        return [("subcontractors/", self.subcontractors_view, "consents_subcontractornotice_subcontractors")]

    @column(description="Announcement", ordering="third_party__name")
    def announcement(self, notice: SubcontractorNotice) -> str:
        return str(notice)

    @column(description="Notice given")
    def notice_given(self, notice: SubcontractorNotice) -> str:
        given = (notice.effective_on - notice.announced_on).days
        return f"{given} days, too short" if notice.is_short else f"{given} days"

    # --- Who acts for the processor ---

    def subcontractors_view(self, request: HttpRequest) -> HttpResponse:
        """The subcontractors now or at a past moment, and what was announced last."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        moment = moment_of(request)
        context = self.context(
            request,
            title="Subcontractors",
            moment=moment,
            panels=_panels_at(moment),
            may_announce=self.has_add_permission(request),
        )
        return TemplateResponse(request, "admin/consents/subcontractors.html", context, status=moment.status)

    # --- One announcement ---

    def headline(self, request: HttpRequest, obj: SubcontractorNotice) -> Sequence[Any]:
        is_running = obj.is_running(timezone.localdate())
        badges = [Badge("Not in effect yet", "info") if is_running else Badge("In effect", "plain")]
        return [*badges, Badge("Short notice", "bad")] if obj.is_short else badges

    def panels(self, request: HttpRequest, obj: SubcontractorNotice) -> list[Panel]:
        about = [
            ("Subcontractor", link_to(obj.third_party)),
            ("Country", obj.third_party.country),
            ("What is announced", obj.get_change_display()),
            ("What it does for the processor", obj.task),
            ("Announced on", obj.announced_on),
            ("Takes effect on", obj.effective_on),
            ("Notice", [short_notice(obj), f"the contract asks for {obj.notice_days}"]),
            ("Source", obj.source),
            ("Recorded", obj.recorded_at),
        ]
        return [Panel(str(obj), facts(about)), self._objections(request, obj)]

    def _objections(self, request: HttpRequest, notice: SubcontractorNotice) -> Panel:
        """Those of the tenants in view; of others not even the number."""
        person = signed_in(request)
        objections: Any = Objection.objects.across_tenants().filter(
            notice=notice, tenant__in=visible_tenants(request)
        )
        rows = [
            [link_to(one, one.tenant.name), one.get_status_display(), one.reason, one.raised_at]
            for one in objections.select_related("tenant", "notice__third_party")
        ]
        may_object = person.may(Permission.OBJECT)
        return Panel(
            "Objections",
            table=Table(("Tenant", "State", "Why", "Raised"), rows, "Nobody has objected."),
            link=Link("Object to this", f"{admin_url(Objection, 'add')}?notice={notice.pk}")
            if may_object
            else None,
        )


def _panels_at(moment: Moment) -> list[Panel]:
    found = subcontractors(known_at=moment.asked)
    shown = [*(one for one in found if one.state != "left"), *(one for one in found if one.state == "left")]
    notices = sorted(
        (notice for one in found for notice in _named(one)),
        key=lambda n: (n.announced_on, n.pk),
        reverse=True,
    )
    rows = [_announcement_row(notice) for notice in notices[:ANNOUNCEMENTS_SHOWN]]
    acting = sum(one.state == "acting" for one in found)
    return [
        Panel(
            f"Agents of the processor: {acting} acting" if found else "Agents of the processor",
            table=Table(HEADINGS, [_row(one) for one in shown], NONE_LISTED),
        ),
        Panel(
            "Announcements",
            table=Table(
                ("Announcement", "What it does", "Announced", "Takes effect", "Notice"),
                rows,
                "No announcement is recorded.",
            ),
            link=Link("All announcements", admin_url(SubcontractorNotice, "changelist")),
        ),
    ]


def _named(one: Subcontractor) -> Sequence[SubcontractorNotice]:
    """Its notices, which know it already."""
    for notice in one.notices:
        notice.third_party = one.third_party
    return one.notices
