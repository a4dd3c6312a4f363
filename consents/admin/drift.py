"""The pages of imports, and of the differences that they found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from catalog.models import Service
from consents.admin.importing import IMPORT, ROWS_SHOWN
from consents.graph.kinds import KINDS
from consents.graph.telling import here, there
from consents.models import Consent, ConsentImport, Drift
from consents.services.drift import resolve_drift
from tenants.drift.pages import DriftPages, course_of, resolving, state_badge
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.moments import moment_of
from tenants.pages.parts import Badge, Code, Link, Panel, Table, admin_url, facts, link_to
from tenants.pages.past import PastModelAdmin, filtered_then
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute

WHAT_TO_DO = {
    Drift.Kind.UNKNOWN_HERE: "Data flows without a consent in the register. Request the consent and have it granted, "
    "or switch the service off there.",
    Drift.Kind.STILL_ON: "The consent has ended, and the service still shares. Work off the checklist of the consent.",
    Drift.Kind.MISSING_THERE: "The consent allows what no longer happens. Withdraw it, unless the service is to be "
    "switched on again.",
    Drift.Kind.EXPIRED_CREDENTIAL: "Renew it at the third party under the same account, and import again.",
    Drift.Kind.OTHER_ADMIN: "Somebody agreed there whom the consent does not name. Find out whether they were to.",
    Drift.Kind.UNKNOWN_SERVICE: "The name is not among the known ones, and nothing is guessed. Find out what it is; "
    "where it shares data, an operator adds the service to the catalog.",
}


RESOLVE = resolving(
    resolve_drift,
    Permission.IMPORT_CONSENTS,
    untouched="Neither the register nor the service is changed by it.",
    panel=lambda drift: what_differs(drift),
)


class StatusFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Drift.Status.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        status = self.value()
        return filtered_then(request, queryset, Q(status=status)) if status else queryset


@admin.register(Drift)
class DriftAdmin(DriftPages, PastModelAdmin):
    view_permission = Permission.VIEW_SHARING
    list_title = "Differences"
    intro = "Where the device-management service says one thing and the register another."
    empty_text = "No difference. Import what Microsoft Graph answers to have it compared with the register."
    related = ("service", "consent", "first_import", "last_import")
    list_display = ("difference", "about", "says", "recorded_here", "state", "tenant_name", "opened")
    list_filter = (StatusFilter, "kind", "service")
    search_fields = ("key", "connection", "service__name")
    search_help_text = "Service or connection."
    deeds = (RESOLVE,)

    def related_queryset(self, model: Any, request: HttpRequest) -> QuerySet[Any]:
        if model is Service:
            return Service.objects.filter(needs_consent=True)
        return super().related_queryset(model, request)

    @column(description="Difference", ordering="kind")
    def difference(self, drift: Drift) -> str:
        return drift.get_kind_display()

    @column(description="About", ordering="service__name")
    def about(self, drift: Drift) -> str:
        return about(drift)

    @column(description="There")
    def says(self, drift: Drift) -> str:
        return there(drift.observed)

    @column(description="Here")
    def recorded_here(self, drift: Drift) -> str:
        return here(drift.recorded)

    def headline(self, request: HttpRequest, obj: Drift) -> Sequence[Any]:
        drift = self.at_moment(obj, moment_of(request))
        state = [] if drift is None else [state_badge(drift)]
        return [*state, Badge(obj.get_kind_display(), "info")]

    def panels(self, request: HttpRequest, obj: Drift) -> list[Panel]:
        moment = moment_of(request)
        drift = self.at_moment(obj, moment)
        if drift is None:
            return [Panel("Not found yet", text="The import that found it came later.", tone="warn")]
        found = [what_differs(drift)]
        if drift.is_open and not moment.is_past:
            may_ask = self.may(request, Permission.REQUEST_CONSENT, obj)
            link = request_link(drift) if may_ask else None
            found.append(Panel("What to do", text=WHAT_TO_DO[Drift.Kind(drift.kind)], link=link, tone="warn"))
        return [*found, self._course(drift)]

    @staticmethod
    def _course(drift: Drift) -> Panel:
        first, last = drift.first_import, drift.last_import
        return course_of(
            drift,
            ("Found first", [drift.opened_at, link_to(first)]),
            ("Found last, or looked for", [last.imported_at, link_to(last)]),
        )


def about(drift: Drift) -> str:
    """What the difference is about, in words."""
    names = (drift.service.name if drift.service else "", drift.connection)
    return ": ".join(name for name in names if name) or drift.key


def what_differs(drift: Drift) -> Panel:
    """Both sides, and the records that the service's side stands in."""
    sources = [f"{one['kind']} {one['id']}".strip() for one in drift.observed.get("sources", ())]
    rows = [
        ("Service", link_to(drift.service)),
        ("Connection", drift.connection),
        ("The service says", there(drift.observed)),
        ("The register says", here(drift.recorded)),
        ("Consent", link_to(drift.consent)),
        ("Seen in", [Code(source) for source in sources]),
    ]
    return Panel("What differs", facts(rows))


def request_link(drift: Drift) -> Link | None:
    """Where the consent that is missing here is requested, with service and connection filled in."""
    if drift.kind != Drift.Kind.UNKNOWN_HERE or drift.service is None:
        return None
    is_one = drift.service.connections == Service.Connections.ONE
    given = {"service": drift.service.code, **({} if is_one else {"connection": drift.connection})}
    return Link("Request the consent", f"{admin_url(Consent, 'add')}?{urlencode(given)}")


@admin.register(ConsentImport)
class ConsentImportAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_SHARING
    list_title = "Imports"
    intro = "What was read of the service's own answers, and how far it differed from the register."
    empty_text = "No import yet. Import the answers of Microsoft Graph to see whether the register is right."
    list_display = (
        "name",
        "records",
        "differences",
        "new",
        "gone",
        "unreadable",
        "tenant_name",
        "imported",
        "by",
    )
    search_fields = ("name", "imported_by", "sha256")
    search_help_text = "File, person or SHA-256."
    ordering = ("-imported_at", "-id")
    adding = IMPORT

    @column(description="Differences", ordering="found")
    def differences(self, made: ConsentImport) -> int:
        return made.found

    @column(description="New", ordering="opened")
    def new(self, made: ConsentImport) -> int:
        return made.opened

    @column(description="No longer found", ordering="cleared")
    def gone(self, made: ConsentImport) -> int:
        return made.cleared

    @column(description="Not readable")
    def unreadable(self, made: ConsentImport) -> int:
        return len(made.problems)

    @column(description="Imported", ordering="imported_at")
    def imported(self, made: ConsentImport) -> str:
        return minute(made.imported_at)

    @column(description="By", ordering="imported_by")
    def by(self, made: ConsentImport) -> str:
        return made.imported_by

    def panels(self, request: HttpRequest, obj: ConsentImport) -> list[Panel]:
        about = [
            ("Imported", [obj.imported_at, f"by {obj.imported_by}"]),
            ("Records", obj.records),
            ("Kinds", [Code(kind) for kind in obj.kinds if kind in KINDS]),
            ("Differences", f"{obj.found}, of them {obj.opened} new; {obj.cleared} no longer found"),
            ("SHA-256 of what was read", Code(obj.sha256)),
        ]
        return [Panel("The import", facts(about)), *_unreadable(obj), self._opened(obj)]

    @staticmethod
    def _opened(made: ConsentImport) -> Panel:
        drifts = Drift.objects.for_tenant(made.tenant_id).filter(first_import=made).select_related("service")
        rows = [
            [link_to(drift, about(drift)), drift.get_kind_display(), drift.get_status_display()]
            for drift in drifts.order_by("id")[:ROWS_SHOWN]
        ]
        table = Table(("About", "Difference", "State now"), rows, "It found nothing new.")
        everything = Link("All differences", admin_url(Drift, "changelist"))
        return Panel("What it found first", table=table, link=everything)


def _unreadable(made: ConsentImport) -> list[Panel]:
    rows = [[_place(problem), problem["detail"]] for problem in made.problems[:ROWS_SHOWN]]
    table = Table(("Where", "Why"), rows)
    return [Panel("What could not be read", table=table, tone="warn")] if rows else []


def _place(problem: dict[str, Any]) -> str:
    line = f"line {problem['line']}" if problem.get("line") else ""
    return ", ".join(part for part in (problem.get("file"), line, problem.get("pointer")) if part)
