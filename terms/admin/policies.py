"""The pages of terms policies: how far each has come, its settings, its versions, and who still owes it an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone

from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed
from tenants.pages.lists import ConsoleChangeList
from tenants.pages.parts import Badge, Fact, Link, Panel, Several, Table, admin_url, facts, link_to
from tenants.roles import Permission
from terms.admin.bars import percent, share
from terms.admin.comparing import difference_view
from terms.admin.course import course_view
from terms.admin.exporting import export_view, files_panels
from terms.admin.outstanding import outstanding_view
from terms.admin.overview import Overview, overviews
from terms.admin.settings import CREATE, DEEDS, help_of
from terms.admin.states import state_badge, with_followers
from terms.models import Acceptance, TermsPolicy, TermsRevision, TermsTarget, TermsVersion
from terms.models.version import Publication
from terms.progress import progress
from terms.services.reminders import Reminded
from terms.standing import Standing, version_asked

REVISIONS_SHOWN = 20
HEADINGS = ("Wording", "State", "Asked for", "Languages", "Drafted", "Published")
TONES = {
    Standing.ACCEPTED_LATEST: "good",
    Standing.ACCEPTED_OLDER: "info",
    Standing.DECLINED: "bad",
    Standing.OUTSTANDING: "warn",
}
NOTHING_ASKED = "No version is in force: nobody is asked. Draft one, write its texts and publish it."


class PolicyChangeList(ConsoleChangeList):
    """Knows how far each policy of the page has come."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        policies: list[Any] = list(self.result_list)
        found = overviews(policies, timezone.now())
        for policy in policies:
            policy.overview = found[policy.pk]
        self.result_list = policies


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("in_use", "In use"), ("retired", "Retired")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "in_use":
            return queryset.in_use()
        return queryset.filter(retired_at__isnull=False) if self.value() == "retired" else queryset


def audience(policy: TermsPolicy) -> str:
    """Whom it is for, in a few words; from the counts that the list brings along."""
    included, excluded = policy.included_groups, policy.excluded_groups  # type: ignore[attr-defined]
    who = "everybody" if policy.for_everybody else _groups(included)
    return f"{who}, without {_groups(excluded)}" if excluded else who


def _groups(number: int) -> str:
    return "1 group" if number == 1 else f"{number} groups"


@admin.register(TermsPolicy)
class TermsPolicyAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_TERMS
    list_title = "Terms policies"
    intro = "What the company asks its employees to accept, from whom, and how many of them have."
    empty_text = "No terms yet. Create them, draft a version, write its texts and publish it."
    list_display = ("policy", "assigned_to", "in_force", "accepted", "drafts", "tenant_name")
    list_filter = (StateFilter,)
    search_fields = ("name", "description")
    search_help_text = "Name or description."
    ordering = ("name", "id")
    adding = CREATE
    deeds = DEEDS

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .annotate(
                included_groups=Count("targets", Q(targets__excluded=False), distinct=True),
                excluded_groups=Count("targets", Q(targets__excluded=True), distinct=True),
                waiting=Count(
                    "versions__revisions", Q(versions__revisions__status=Publication.DRAFT), distinct=True
                ),
            )
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PolicyChangeList]:
        return PolicyChangeList

    def pages(self) -> Sequence[tuple[str, Any, str]]:
        return [
            ("<path:object_id>/outstanding/", self.outstanding_view, "terms_termspolicy_outstanding"),
            ("<path:object_id>/difference/", self.difference_view, "terms_termspolicy_difference"),
            ("<path:object_id>/course/", self.course_view, "terms_termspolicy_course"),
            ("<path:object_id>/export/", self.export_view, "terms_termspolicy_export"),
        ]

    def outstanding_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Who still owes the policy an answer."""
        return outstanding_view(self, request, self.required_object(request, object_id))

    def difference_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Any two of its texts side by side."""
        return difference_view(self, request, self.required_object(request, object_id))

    def after(self, request: HttpRequest, deed: Deed, obj: Any, result: Any) -> HttpResponse:
        """Reminding leads back to who is outstanding."""
        if isinstance(result, Reminded):
            (messages.success if result.reminded or result.later else messages.warning)(request, str(result))
            return HttpResponseRedirect(admin_url(obj, "outstanding", obj.pk))
        return super().after(request, deed, obj, result)

    def course_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How acceptance went over time."""
        return course_view(self, request, self.required_object(request, object_id))

    def export_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The acceptance report as a file."""
        return export_view(self, request, self.required_object(request, object_id))

    @column(description="Terms", ordering="name")
    def policy(self, policy: TermsPolicy) -> str:
        return policy.name

    @column(description="For")
    def assigned_to(self, policy: TermsPolicy) -> str:
        return audience(policy)

    @column(description="In force", empty_value="nothing")
    def in_force(self, policy: Any) -> str | None:
        overview: Overview = policy.overview
        if policy.is_retired:
            return "retired"
        return f"version {overview.version.number}" if overview.version else None

    @column(description="Accepted", empty_value="nobody is asked")
    def accepted(self, policy: Any) -> str | None:
        overview: Overview = policy.overview
        is_asking = overview.version is not None and not policy.is_retired
        return share(overview.accepted, overview.asked) if is_asking else None

    @column(description="Drafts", ordering="waiting")
    def drafts(self, policy: Any) -> int:
        return int(policy.waiting)

    def headline(self, request: HttpRequest, obj: TermsPolicy) -> Sequence[Any]:
        if obj.is_retired:
            return [Badge("Retired", "plain")]
        version = version_asked(obj, timezone.now())
        return [
            Badge(f"Version {version.number} in force", "good") if version else Badge("Asks nothing", "warn")
        ]

    def panels(self, request: HttpRequest, obj: TermsPolicy) -> list[Panel]:
        return [
            *([_retired(obj)] if obj.is_retired else [_progress(obj)]),
            _versions(obj),
            _audience(obj),
            _settings(obj),
            *files_panels(request, obj),
        ]


def _retired(policy: TermsPolicy) -> Panel:
    about = [
        ("Retired", [policy.retired_at, f"by {policy.retired_by}"]),
        ("Why", policy.retire_reason),
        ("Accepted and declined before", _decisions(policy)),
    ]
    return Panel("Retired: nobody is asked any more", facts(about), tone="warn")


def _decisions(policy: TermsPolicy) -> Link:
    url = f"{admin_url(Acceptance, 'changelist')}?policy__id__exact={policy.pk}"
    return Link("Everything that was decided", url)


def _progress(policy: TermsPolicy) -> Panel:
    """Where those whom it is for stand, each standing with its bar."""
    numbers = progress(policy)
    if version_asked(policy, timezone.now()) is None:
        return Panel("Nobody is asked", text=NOTHING_ASKED, tone="warn")
    rows = [
        [
            Badge(standing.label, tone),
            share(count, numbers.asked, tone),
            f"{percent(count, numbers.asked):.1f} %",
        ]
        for standing, tone in TONES.items()
        for count in [getattr(numbers, standing.value)]
    ]
    return Panel(
        f"{numbers.accepted_latest:,} of {numbers.asked:,} accepted the latest version",
        facts(
            [
                ("Decisions", _decisions(policy)),
                ("Over time", Link("How it went", admin_url(policy, "course", policy.pk))),
            ]
        ),
        Table(("Standing", "Employees", "Share"), rows),
        link=Link("Outstanding people", admin_url(policy, "outstanding", policy.pk)),
    )


def _versions(policy: TermsPolicy) -> Panel:
    revisions = TermsRevision.objects.for_tenant(policy.tenant_id).filter(version__policy=policy)
    shown = with_followers(revisions).select_related("version__policy").prefetch_related("texts")
    newest = list(shown.order_by("-version__number", "-number")[: REVISIONS_SHOWN + 1])
    rows = [_row(one) for one in newest[:REVISIONS_SHOWN]]
    more = f"The newest {REVISIONS_SHOWN}. All of them are under Versions and texts."
    table = Table(HEADINGS, rows, "No version yet. Draft the first one.")
    compare = Link("Compare two texts", admin_url(policy, "difference", policy.pk))
    return Panel(
        "Versions and their revisions",
        table=table,
        text=more if len(newest) > len(rows) else "",
        link=compare if rows else None,
    )


def _row(revision: TermsRevision) -> list[Any]:
    version = revision.version
    what = (
        f"Version {version.number}"
        if revision.number == 0
        else f"Revision {version.number}.{revision.number}"
    )
    published = [revision.published_at, f"by {revision.published_by}"] if revision.published_at else None
    return [
        link_to(revision, what),
        state_badge(revision),
        asked_for(version) if revision.number == 0 else "asks nobody again",
        ", ".join(text.language for text in revision.texts.all()),
        [revision.drafted_at, f"by {revision.drafted_by}"],
        published,
    ]


def asked_for(version: TermsVersion) -> Any:
    """From when, with how many days of grace, until when."""
    if version.effective_from is None:
        return None
    days = "1 day" if version.grace_days == 1 else f"{version.grace_days} days"
    grace = [f"{days} of grace"] if version.grace_days else []
    expiry = [Several(["until", version.expires_at])] if version.expires_at else []
    return [Several(["from", version.effective_from]), *grace, *expiry]


def _audience(policy: TermsPolicy) -> Panel:
    targets = TermsTarget.objects.for_tenant(policy.tenant_id).filter(policy=policy).select_related("group")
    included = [link_to(target.group) for target in targets if not target.excluded]
    excluded = [link_to(target.group) for target in targets if target.excluded]
    who: Any = "every employee" if policy.for_everybody else included or "nobody: no group is chosen"
    return Panel("Whom it is for", facts([("For", who), ("Without", excluded)]))


def _settings(policy: TermsPolicy) -> Panel:
    again = f"after {policy.reaccept_months} months" if policy.reaccept_months else "never"
    about = [
        Fact("Default language", policy.default_language, help_of("default_language")),
        Fact("Four eyes", policy.four_eyes, help_of("four_eyes")),
        Fact("Asked for again", again, help_of("reaccept_months")),
        Fact("Reminders", _reminders(policy)),
    ]
    return Panel("Settings", [*facts([("Description", policy.description)]), *about])


def _reminders(policy: TermsPolicy) -> str:
    if not policy.remind_days:
        return "none"
    every = "every day" if policy.remind_days == 1 else f"every {policy.remind_days} days"
    paused = ", paused" if policy.remind_paused else ""
    return f"{every}, {policy.remind_at_most} at most{paused}"
