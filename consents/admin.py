"""The pages of sharing consents: what a tenant authorised, what flows because of it, and the deeds that change it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from audit.models import AuditEvent
from audit.timeline import describe
from catalog.models import Element, Flow, Service, ThirdParty
from consents.models import Consent, CoveredFlow
from consents.services import decline_consent, grant_consent, request_consent, withdraw_consent
from tenants.access import Principal
from tenants.admin_base import TenantModelAdmin
from tenants.admin_columns import column
from tenants.admin_deeds import Deed, DeedForm, InTenantForm, MomentField, ReasonForm
from tenants.admin_pages import Badge, Code, Link, Panel, Table, admin_url, facts, link_to
from tenants.choice import visible_tenants
from tenants.models import Tenant
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
TO_THIRD_PARTY = Flow.Direction.TO_THIRD_PARTY


def _by(request: HttpRequest) -> Principal:
    return request.user  # type: ignore[return-value]


# --- What flows ---------------------------------------------------------------------------------------------


def _flows_of(service: Service) -> list[Flow]:
    """What the catalog says now of the service."""
    return list(
        Flow.objects.current()
        .filter(service=service)
        .prefetch_related("elements")
        .order_by("message", "code")
    )


def _covered_by(consent: Consent) -> list[CoveredFlow]:
    """What was agreed to, as it was described then."""
    rows = CoveredFlow.objects.for_tenant(consent.tenant_id).filter(consent=consent)
    elements = Prefetch("flow__elements", Element.objects.order_by("code"))
    return list(rows.select_related("flow").prefetch_related(elements).order_by("flow__message", "code"))


def _flow_row(covered: Flow | CoveredFlow) -> list[Any]:
    flow = covered.flow if isinstance(covered, CoveredFlow) else covered
    return [
        Link(covered.name, admin_url(Flow, "change", flow.pk)),
        [link_to(element) for element in flow.elements.all()],
        Badge("Personal data", "warn") if covered.personal else "No",
        flow.purpose_text,
        Code(covered.code),
    ]


FLOW_HEADINGS = ("What", "Collected as", "Personal data", "What for", "Code")


def _flow_panels(flows: Sequence[Flow | CoveredFlow], third_party: ThirdParty, *, tense: str) -> list[Panel]:
    """One panel for each direction."""
    out = [flow for flow in flows if flow.direction == TO_THIRD_PARTY]
    back = [flow for flow in flows if flow.direction != TO_THIRD_PARTY]
    return [
        Panel(
            f"{tense} to {third_party} ({_counted(out)})",
            table=Table(FLOW_HEADINGS, [_flow_row(f) for f in out], f"Nothing goes to {third_party}."),
        ),
        Panel(
            f"{tense} from {third_party} ({_counted(back)})",
            table=Table(FLOW_HEADINGS, [_flow_row(f) for f in back], f"Nothing comes from {third_party}."),
        ),
    ]


def _counted(flows: Iterable[Flow | CoveredFlow]) -> str:
    flows = list(flows)
    personal = sum(flow.personal for flow in flows)
    return f"{len(flows)}, of which {personal} personal" if flows else "none"


# --- The deeds ----------------------------------------------------------------------------------------------


class RequestForm(InTenantForm):
    """A consent asked for. The service is chosen first, so that one sees what will flow before asking."""

    connection = forms.CharField(
        max_length=100,
        required=False,
        help_text="Which connection, for example the name of the token's location.",
    )
    contract_reference = forms.CharField(
        max_length=200,
        required=False,
        help_text="Your own contract with the third party: it governs the data there.",
    )
    terms_url = forms.URLField(
        label="Address of the terms",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="Where the third party publishes its terms.",
    )
    terms_text = forms.CharField(
        label="Text of the terms",
        widget=forms.Textarea,
        required=False,
        help_text="The terms themselves, so that they can be shown and checked later.",
    )
    justification = forms.CharField(
        widget=forms.Textarea, required=False, help_text="Why the organisation needs this service."
    )
    field_order = ("connection", "justification", "contract_reference", "terms_url", "terms_text")

    def prepare(self) -> None:
        super().prepare()
        self.fields["service"] = forms.ModelChoiceField(_services_to_ask_for(), widget=forms.HiddenInput)
        self.chosen_service = self._chosen()
        if self.chosen_service and self.chosen_service.connections == Service.Connections.ONE:
            self.fields["connection"].widget = forms.HiddenInput()

    def _chosen(self) -> Service | None:
        asked = str(self.data.get("service") if self.is_bound else self.initial.get("service", ""))
        wanted = (
            Q(pk=int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 19 else Q(code=asked)
        )
        service = _services_to_ask_for().filter(wanted).first()
        if service is not None and not self.is_bound:
            self.initial["service"] = service.pk
        return service


def _services_to_ask_for() -> QuerySet[Service]:
    services: QuerySet[Service] = Service.objects.current().filter(needs_consent=True)
    return services.select_related("third_party", "catalog").order_by("third_party__name", "name")


def _what_requesting_does(form: RequestForm) -> list[str]:
    service = form.chosen_service
    if service is None:
        return []
    return [*_amounts(service), "Nothing flows yet: the request waits until somebody grants it."]


def _amounts(service: Service) -> list[str]:
    """How much goes each way, in a sentence for each."""
    flows, party = _flows_of(service), service.third_party
    out = [flow for flow in flows if flow.direction == TO_THIRD_PARTY]
    back = [flow for flow in flows if flow.direction != TO_THIRD_PARTY]
    return [
        f"To {party}: {_counted(out)}. From {party}: {_counted(back)}. Everything is listed below.",
    ]


def _what_would_flow(request: HttpRequest, form: RequestForm) -> list[Panel]:
    service = form.chosen_service
    if service is None:
        return []
    return _flow_panels(_flows_of(service), service.third_party, tense="Would flow")


class GrantForm(ReasonForm):
    effective_from = MomentField(label="Holds from", required=False, help_text="Now, where left empty.")
    effective_until = MomentField(
        label="Holds until", required=False, help_text="Until withdrawn, where left empty."
    )

    def prepare(self) -> None:
        zone = timezone.localtime().tzname()
        for name in ("effective_from", "effective_until"):
            self.fields[name].help_text = f"{GrantForm.base_fields[name].help_text} Time zone: {zone}."


def _what_granting_does(consent: Consent) -> list[str]:
    party = consent.service.third_party
    return [
        f"{consent.service} of {party} may be used, and what stands below may flow.",
        *_amounts(consent.service),
        "The list is kept as it stands now, with the edition of the catalog: a later edition adds nothing to it.",
        f"At {party} your own contract governs the data.",
    ]


def _what_declining_does(consent: Consent) -> list[str]:
    return [f"Nothing may flow through {consent.service}. A new request can be made at any time."]


def _what_withdrawing_does(consent: Consent) -> list[str]:
    party = consent.service.third_party
    return [
        f"From this moment nothing may flow to or from {party} through {consent.service}.",
        f"What {party} has already received stays there under your contract; ask {party} to erase it.",
        "The consent stays in the record and cannot be taken up again; a new one has to be requested.",
    ]


def _what_flows(request: HttpRequest, consent: Consent) -> list[Panel]:
    party = consent.service.third_party
    if consent.status == Consent.State.REQUESTED:
        return _flow_panels(_flows_of(consent.service), party, tense="Would flow")
    tense = "May flow" if consent.is_in_force() else "Was agreed to flow"
    return _flow_panels(_covered_by(consent), party, tense=tense)


def _is_requested(consent: Consent) -> bool:
    return consent.state == Consent.State.REQUESTED


def _is_granted(consent: Consent) -> bool:
    return consent.state == Consent.State.GRANTED


REQUEST = Deed(
    "add",
    "Request consent",
    Permission.REQUEST_CONSENT,
    lambda request, _, data: request_consent(by=_by(request), **data),
    form=RequestForm,
    consequences=_what_requesting_does,
    panels=_what_would_flow,
    done="The consent for {subject} is requested. Nothing flows until it is granted.",
    icon="add",
    template="admin/consents/request.html",
)
DECISIONS = (
    Deed(
        "grant",
        "Grant",
        Permission.GRANT_CONSENT,
        lambda request, consent, data: grant_consent(consent=consent, by=_by(request), **data),
        form=GrantForm,
        is_offered=_is_requested,
        consequences=_what_granting_does,
        panels=_what_flows,
        done="The consent for {subject} is granted.",
        icon="check",
        tone="primary",
    ),
    Deed(
        "decline",
        "Decline",
        Permission.GRANT_CONSENT,
        lambda request, consent, data: decline_consent(consent=consent, by=_by(request), **data),
        is_offered=_is_requested,
        consequences=_what_declining_does,
        done="The consent for {subject} is declined.",
        icon="close",
    ),
    Deed(
        "withdraw",
        "Withdraw",
        Permission.WITHDRAW_CONSENT,
        lambda request, consent, data: withdraw_consent(consent=consent, by=_by(request), **data),
        is_offered=_is_granted,
        consequences=_what_withdrawing_does,
        panels=_what_flows,
        done="The consent for {subject} is withdrawn. From now on nothing may flow.",
        icon="block",
        tone="danger",
    ),
)


# --- The pages ----------------------------------------------------------------------------------------------


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Consent.State.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        ended = Q(status="granted", effective_until__lte=timezone.now())
        if self.value() == Consent.State.EXPIRED:
            return queryset.filter(ended | Q(status="expired"))
        if self.value() == Consent.State.GRANTED:
            return queryset.filter(status="granted").exclude(ended)
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Consent)
class ConsentAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_CONSENTS
    names_events = True
    history_permission = Permission.VIEW_EVENTS
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
            return context | {"services": _offered_services(request)}
        return context | {"service": service, "title": f"Request consent: {service}"}

    # --- A consent's page ---

    def headline(self, request: HttpRequest, obj: Consent) -> Sequence[Any]:
        state = Consent.State(obj.state)
        begins_later = obj.state == Consent.State.GRANTED and not obj.is_in_force()
        later = [Badge("Does not hold yet", "warn")] if begins_later else []
        return [Badge(state.label, TONES[state]), *later]

    def panels(self, request: HttpRequest, obj: Consent) -> list[Panel]:
        found = [self._state(obj), *_what_flows(request, obj), self._terms(obj)]
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
            ("Holds until", consent.effective_until or ("it is withdrawn" if _is_granted(consent) else None)),
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


def _offered_services(request: HttpRequest) -> list[dict[str, Any]]:
    """The tiles to choose from, each with how much would flow and what there is already."""
    current = Q(flows__removed_in__isnull=True)
    services = _services_to_ask_for().annotate(
        data=Count("flows", filter=current), personal=Count("flows", filter=current & Q(flows__personal=True))
    )
    existing: dict[int, list[Consent]] = {}
    open_states = (Consent.State.REQUESTED, Consent.State.GRANTED)
    consents = Consent.objects.across_tenants().filter(
        tenant__in=visible_tenants(request), status__in=open_states
    )
    for consent in consents.select_related("service")[:500]:
        existing.setdefault(consent.service_id, []).append(consent)
    return [{"service": service, "existing": existing.get(service.pk, [])} for service in services]
