"""The list of consents, and the page of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from audit.models import AuditEvent
from audit.timeline import describe
from catalog.models import Service
from consents.admin.deciding import DECISIONS, is_granted
from consents.admin.flows import what_flows
from consents.admin.requesting import REQUEST, RequestForm, offered_services
from consents.models import Consent
from consents.querysets import in_state
from tenants.models import Tenant
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, DeedForm
from tenants.pages.parts import Badge, Code, Link, Panel, admin_url, facts, link_to
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute

TONES = {"requested": "info", "granted": "good", "withdrawn": "bad", "declined": "bad", "expired": "warn"}
LABELS = {
    "Requested": "info",
    "Granted": "success",
    "Withdrawn": "danger",
    "Declined": "danger",
    "Expired": "warning",
}
EVENTS_SHOWN = 20


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Consent.State.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        state = self.value()
        return queryset.filter(in_state(state, timezone.now())) if state else queryset


@admin.register(Consent)
class ConsentAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_CONSENTS
    history_permission = Permission.VIEW_EVENTS
    list_title = "Sharing consents"
    intro = "What the tenant allows to flow to third parties: by whom, when, why, and exactly which data."
    empty_text = "No consent yet. Request one for each service at a third party that you switch on."
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
    deeds = DECISIONS

    def scope(self, tenants: QuerySet[Tenant]) -> QuerySet[Consent]:
        rows: QuerySet[Consent] = super().scope(tenants)
        return rows.select_related("tenant", "service__third_party", "service__catalog", "edition__catalog")

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.with_coverage()

    def related_queryset(self, model: Any, request: HttpRequest) -> QuerySet[Any]:
        return (
            Service.objects.filter(needs_consent=True)
            if model is Service
            else super().related_queryset(model, request)
        )

    @column(description="Consent", ordering="service__name")
    def name(self, consent: Consent) -> str:
        return str(consent)

    @column(description="Third party", ordering="service__third_party__name")
    def party(self, consent: Consent) -> str:
        return consent.service.third_party.name

    @column(description="State", label=LABELS, ordering="status")
    def state_badge(self, consent: Consent) -> str:
        return str(Consent.State(consent.state).label)

    @column(description="Covers", empty_value="nothing yet")
    def covers(self, consent: Any) -> str | None:
        if not consent.flows_covered:
            return None
        return f"{consent.flows_covered} data, {consent.personal_flows_covered} personal"

    @column(description="Tenant", ordering="tenant__name")
    def tenant_name(self, consent: Consent) -> str:
        return consent.tenant.name

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

    # --- A consent's page ---

    def headline(self, request: HttpRequest, obj: Consent) -> Sequence[Any]:
        state = Consent.State(obj.state)
        begins_later = obj.state == Consent.State.GRANTED and not obj.is_in_force()
        later = [Badge("Does not hold yet", "warn")] if begins_later else []
        return [Badge(state.label, TONES[state]), *later]

    def panels(self, request: HttpRequest, obj: Consent) -> list[Panel]:
        found = [self._state(obj), *what_flows(request, obj), self._terms(obj)]
        if self.sees_events_of(request, obj):
            found.append(self._timeline(obj))
        return found

    @staticmethod
    def _state(consent: Consent) -> Panel:
        service = consent.service
        about = [
            ("Service", link_to(service)),
            ("Third party", link_to(service.third_party)),
            ("Connection", consent.connection),
            ("Why it is needed", consent.justification),
            ("Requested", _step(consent.requested_at, consent.requested_by)),
            ("Granted", _step(consent.granted_at, consent.granted_by)),
            ("Reason of the grant", consent.grant_reason),
            ("Holds from", consent.effective_from),
            ("Holds until", consent.effective_until or ("it is withdrawn" if is_granted(consent) else None)),
            ("Declined", _step(consent.declined_at, consent.declined_by)),
            ("Reason of the refusal", consent.decline_reason),
            ("Withdrawn", _step(consent.withdrawn_at, consent.withdrawn_by)),
            ("Reason of the withdrawal", consent.withdraw_reason),
            ("Catalog edition agreed to", link_to(consent.edition)),
        ]
        tone = {"granted": "good", "requested": "warn"}.get(consent.state, "bad")
        return Panel(_sentence(consent), facts(about), tone=tone)

    @staticmethod
    def _terms(consent: Consent) -> Panel:
        about = facts(
            [
                ("Your contract with the third party", consent.contract_reference),
                (
                    "Address of the terms",
                    Link(consent.terms_url, consent.terms_url) if consent.terms_url else None,
                ),
                ("SHA-256 of the text", Code(consent.terms_sha256) if consent.terms_sha256 else None),
            ]
        )
        if not about:
            return Panel(
                "Terms", text="Neither a contract nor the third party's terms were given with the request."
            )
        template = "admin/consents/terms.html" if consent.terms_text else ""
        return Panel("Terms", about, template=template, context={"text": consent.terms_text})

    def _timeline(self, consent: Consent) -> Panel:
        events = describe(self.events_of(consent)[:EVENTS_SHOWN])
        everything = (
            f"{admin_url(AuditEvent, 'changelist')}?timeline={consent.tenant.slug}&kind=consents.consent"
        )
        return Panel(
            "Timeline",
            template="admin/history/events.html",
            context={"events": events, "sees_addresses": True},
            link=Link("All of the tenant's consents in the timeline", everything),
        )


def _step(at: Any, by: str) -> Any:
    return [at, f"by {by}"] if at else None


def _sentence(consent: Consent) -> str:
    """The state, in words."""
    match consent.state:
        case Consent.State.REQUESTED:
            return "Waits for a decision: nothing may flow yet"
        case Consent.State.GRANTED:
            return "In force" if consent.is_in_force() else "Granted, and not yet in force"
        case Consent.State.WITHDRAWN:
            return "Withdrawn: nothing may flow"
        case Consent.State.DECLINED:
            return "Declined: nothing may flow"
        case _:
            return "Ended: nothing may flow any more"
