"""The list of consents, the overviews, and the page of one consent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from audit.models import AuditEvent
from audit.timeline import describe
from catalog.models import Service
from consents.admin.deciding import DECISIONS
from consents.admin.difference import difference_panels
from consents.admin.ends import ends_page
from consents.admin.exporting import export_pages, files_panels
from consents.admin.file import (
    OpenFile,
    agreed_panel,
    before_panel,
    checklist_panel,
    decided_panel,
    renewal_panels,
    state_panel,
    timeline_panel,
)
from consents.admin.flows import what_flows
from consents.admin.matrix import matrix_of
from consents.admin.picture import consent_panels, picture_page
from consents.admin.requesting import REQUEST, RequestForm, offered_services
from consents.admin.steps import ASSIGN, COMPLETE
from consents.admin.words import state_badge
from consents.models import Consent, EndingStep
from consents.querysets import in_state
from tenants.access import signed_in
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, DeedForm
from tenants.pages.moments import Moment, as_they_were, moment_of
from tenants.pages.parts import Badge, Link, Panel, admin_url
from tenants.pages.past import PastModelAdmin, filtered_then, seen_at
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute

LABELS = {"info": "info", "good": "success", "bad": "danger", "warn": "warning"}
EVENTS_SHOWN = 20


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Consent.State.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        state, moment = self.value(), moment_of(request)
        return filtered_then(request, queryset, in_state(state, moment.at)) if state else queryset


@admin.register(Consent)
class ConsentAdmin(PastModelAdmin):
    view_permission = Permission.VIEW_CONSENTS
    list_title = "Sharing consents"
    intro = "What the tenant allows to flow to third parties: by whom, when, why, and exactly which data."
    empty_text = "No consent yet. Request one for each service at a third party that you switch on."
    related = ("service__third_party", "service__catalog", "edition__catalog")
    list_display = ("name", "party", "state_badge", "covers", "tenant_name", "requested", "decided")
    list_filter = (StateFilter, "service")
    search_fields = (
        "service__name",
        "service__code",
        "service__third_party__name",
        "connection",
        "contract_reference",
    )
    search_help_text = "Service, third party, connection or contract."
    ordering = ("-requested_at", "-id")
    adding = REQUEST
    change_list_template = "admin/consents/consents.html"
    deeds = DECISIONS

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.with_coverage().with_open_steps()

    def related_queryset(self, model: Any, request: HttpRequest) -> QuerySet[Any]:
        return (
            Service.objects.filter(needs_consent=True)
            if model is Service
            else super().related_queryset(model, request)
        )

    def carry_over(self, present: Any, past: Any) -> None:
        super().carry_over(present, past)
        past.flows_covered = getattr(present, "flows_covered", 0)
        past.personal_flows_covered = getattr(present, "personal_flows_covered", 0)

    @column(description="Consent", ordering="service__name")
    def name(self, consent: Consent) -> str:
        return str(consent)

    @column(description="Third party", ordering="service__third_party__name")
    def party(self, consent: Consent) -> str:
        return consent.service.third_party.name

    @column(description="State", label=LABELS, ordering="status")
    def state_badge(self, consent: Any) -> tuple[str, str]:
        badge = state_badge(consent, seen_at(consent), getattr(consent, "steps_open", 0))
        return badge.tone, badge.text

    @column(description="Covers", empty_value="nothing yet")
    def covers(self, consent: Any) -> str | None:
        if not consent.flows_covered or consent.granted_at is None:
            return None
        return f"{consent.flows_covered} data, {consent.personal_flows_covered} personal"

    @column(description="Requested", ordering="requested_at")
    def requested(self, consent: Consent) -> str:
        return minute(consent.requested_at)

    @column(description="Decided", empty_value="waiting")
    def decided(self, consent: Consent) -> str | None:
        at = consent.withdrawn_at or consent.declined_at or consent.granted_at
        return minute(at) if at else None

    # --- Requesting: first the service, then the rest ---

    def deed_context(self, request: HttpRequest, deed: Deed, obj: Any, form: DeedForm) -> dict[str, Any]:
        context = super().deed_context(request, deed, obj, form)
        if not isinstance(form, RequestForm):
            return context
        service = form.chosen_service
        if service is None:
            return context | {"services": offered_services(request)}
        return context | {"service": service, "title": f"Request consent: {service}"}

    # --- Everything at a glance ---

    def pages(self) -> list[tuple[str, Any, str]]:
        return [
            ("glance/", self.glance_view, f"{self._prefix}_glance"),
            ("flowing/", self.picture_view, f"{self._prefix}_picture"),
            ("ends/", self.ends_view, f"{self._prefix}_ends"),
            *export_pages(self),
        ]

    def ends_view(self, request: HttpRequest) -> HttpResponse:
        """What ends when."""
        return ends_page(self, request)

    def glance_view(self, request: HttpRequest) -> HttpResponse:
        """Every service and connection, with how each tenant stands with it."""
        return self._overview(request, "Consents at a glance", "glance", matrix_of)

    def picture_view(self, request: HttpRequest) -> HttpResponse:
        """Where the data of a tenant flows, as a picture and as a table."""
        return self._overview(request, "Where data flows", "flowing", picture_page)

    def _overview(self, request: HttpRequest, title: str, template: str, build: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        found = build(request, self.view_permission)
        context = self.context(request, title=title, here=title, **found)
        status = found["moment"].status
        return TemplateResponse(request, f"admin/consents/{template}.html", context, status=status)

    # --- A consent's page ---

    def _opened(self, request: HttpRequest, obj: Consent) -> OpenFile | None:
        """The file as it was at the moment asked for; None where there was none. Read once for the whole page."""
        if not hasattr(obj, "_opened"):
            moment = moment_of(request)
            consent = self.at_moment(obj, moment)
            obj._opened = consent and OpenFile.of(consent, moment)  # type: ignore[attr-defined]
        opened: OpenFile | None = obj._opened  # type: ignore[attr-defined]
        return opened

    def headline(self, request: HttpRequest, obj: Consent) -> Sequence[Any]:
        opened = self._opened(request, obj)
        return [Badge("Not yet requested")] if opened is None else opened.badges

    def panels(self, request: HttpRequest, obj: Consent) -> list[Panel]:
        """The parts of the file, in the order in which one asks for them."""
        opened = self._opened(request, obj)
        if opened is None:
            return [before_panel(obj)]
        consent, moment, steps = opened.consent, opened.moment, opened.steps
        events = self._events(request, consent, moment)
        found = [state_panel(consent, moment, opened.open_steps)]
        if steps:
            found.append(checklist_panel(steps, moment, self._step_deeds(request, steps, moment)))
        found += difference_panels(opened.difference)
        found += consent_panels(consent, moment)
        found += [agreed_panel(consent), decided_panel(consent, events)]
        found += what_flows(request, consent, moment)
        found += renewal_panels(consent, self._renewals(consent, moment), moment)
        found += files_panels(request, consent, moment)
        return [*found, timeline_panel(consent, describe(events[:EVENTS_SHOWN]))] if events else found

    def _events(self, request: HttpRequest, consent: Consent, moment: Moment) -> list[AuditEvent]:
        """The trail of the consent up to the moment, newest first, for whoever may read it."""
        if not self.sees_events_of(request, consent):
            return []
        return list(self.events_of(consent).filter(occurred_at__lte=moment.at))

    def _renewals(self, consent: Consent, moment: Moment) -> list[Consent]:
        rows = moment.rows(Consent, [consent.tenant_id]).filter(supersedes=consent.pk)
        return as_they_were(rows.order_by("requested_at", "id"))

    def _step_deeds(self, request: HttpRequest, steps: Any, moment: Moment) -> dict[int, list[Link]]:
        if moment.is_past or not signed_in(request).may(Permission.END_SHARING, steps[0].tenant):
            return {}
        return {
            step.pk: [Link(deed.label, admin_url(step, deed.name, step.pk)) for deed in (COMPLETE, ASSIGN)]
            for step in steps
            if step.status == EndingStep.Status.OPEN
        }
