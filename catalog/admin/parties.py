"""The pages of third parties and of the services that a tenant can switch on there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest

from catalog.admin.entries import (
    EntryAdmin,
    KnowledgeFilter,
    PresenceFilter,
)
from catalog.admin.panels import TO_THIRD_PARTY, carried_panel
from catalog.entry_forms import adding, hand_deeds
from catalog.models import (
    Element,
    Service,
    ThirdParty,
    both_ways,
)
from tenants.pages.columns import column
from tenants.pages.parts import Badge, Panel, Table, facts, link_to


@admin.register(Service)
class ServiceAdmin(EntryAdmin):
    list_title = "Services"
    intro = "What a tenant can switch on at a third party. A consent is given for each."
    related = ("third_party",)
    list_display = (
        "name",
        "party_name",
        "needs_consent_badge",
        "connections",
        "data_out",
        "data_in",
        "personal_data",
    )
    list_filter = ("third_party", "needs_consent", PresenceFilter, KnowledgeFilter, "added_in", "catalog")
    adding = adding("services", "Add service")
    deeds = hand_deeds("services")

    def get_queryset(self, request: HttpRequest) -> Any:
        current = Q(flows__removed_in__isnull=True)
        out = Q(flows__direction=TO_THIRD_PARTY)
        return (
            super()
            .get_queryset(request)
            .annotate(
                out_total=Count("flows", filter=current & out),
                in_total=Count("flows", filter=current & ~out),
                personal_total=Count("flows", filter=current & Q(flows__personal=True)),
            )
        )

    @column(description="Third party", ordering="third_party__name")
    def party_name(self, service: Service) -> str:
        return service.third_party.name

    @column(
        description="Consent", label={"Needed": "warning", "Not needed": "success"}, ordering="needs_consent"
    )
    def needs_consent_badge(self, service: Service) -> str:
        return "Needed" if service.needs_consent else "Not needed"

    @column(description="Goes out", ordering="out_total")
    def data_out(self, service: Any) -> int:
        return int(service.out_total)

    @column(description="Comes in", ordering="in_total")
    def data_in(self, service: Any) -> int:
        return int(service.in_total)

    @column(description="Personal", ordering="personal_total")
    def personal_data(self, service: Any) -> int:
        return int(service.personal_total)

    def about(self, obj: Service) -> Panel:
        about = [
            ("Third party", link_to(obj.third_party)),
            ("What for", obj.purpose_text),
            ("Connections", obj.get_connections_display()),
            ("Needs a consent", obj.needs_consent),
        ]
        return Panel("What it is", facts(about))

    def more(self, request: HttpRequest, obj: Service) -> list[Panel]:
        elements = Prefetch("elements", Element.objects.order_by("code"))
        flows = obj.flows.current().prefetch_related(elements).order_by("message", "code")
        out, back = both_ways(flows)
        return [
            carried_panel(f"Goes to {obj.third_party}", out),
            carried_panel(f"Comes from {obj.third_party}", back),
        ]


@admin.register(ThirdParty)
class ThirdPartyAdmin(EntryAdmin):
    list_title = "Third parties"
    intro = "Whom data can flow to or come from, besides the tenant and the processor (GDPR Art. 4(10))."
    list_display = ("name", "standing", "shares", "country", "services_count", "knowledge")
    list_filter = (
        "agent_of_processor",
        "shares_data",
        PresenceFilter,
        KnowledgeFilter,
        "added_in",
        "catalog",
    )
    adding = adding("third_parties", "Add third party")
    deeds = hand_deeds("third_parties")

    def get_queryset(self, request: HttpRequest) -> Any:
        current = Q(services__removed_in__isnull=True)
        return super().get_queryset(request).annotate(services_total=Count("services", filter=current))

    @column(description="Acts", ordering="agent_of_processor")
    def standing(self, party: ThirdParty) -> str:
        return "for the processor" if party.agent_of_processor else "on its own"

    @column(
        description="Data",
        label={"Shared": "warning", "Nothing is shared": "success"},
        ordering="shares_data",
    )
    def shares(self, party: ThirdParty) -> str:
        return "Shared" if party.shares_data else "Nothing is shared"

    @column(description="Services", ordering="services_total")
    def services_count(self, party: Any) -> int:
        return int(party.services_total)

    def headline(self, request: HttpRequest, obj: Any) -> Sequence[Any]:
        nothing = [] if obj.shares_data else [Badge("Nothing is shared", "good")]
        return [*nothing, *super().headline(request, obj)]

    def about(self, obj: ThirdParty) -> Panel:
        about = [("Acts", _standing_of(obj)), ("Country", obj.country), ("Shares data", obj.shares_data)]
        return Panel("Who it is", facts(about), text=obj.statement)

    def more(self, request: HttpRequest, obj: ThirdParty) -> list[Panel]:
        if not obj.shares_data:
            return [
                Panel(
                    "What flows", facts([("Source", _source_of(obj))]), text=_nothing_shared(obj), tone="good"
                )
            ]
        current = Q(flows__removed_in__isnull=True)
        services = obj.services.current().annotate(
            data=Count("flows", filter=current),
            personal=Count("flows", filter=current & Q(flows__personal=True)),
        )
        rows = [
            [link_to(s), s.data, s.personal, s.needs_consent, s.purpose_text]
            for s in services.order_by("name")
        ]
        headings = ("Service", "Data", "Of them personal", "Needs a consent", "What for")
        return [Panel("Services", table=Table(headings, rows, "The catalog names no service."))]


def _standing_of(party: ThirdParty) -> str:
    """For whom it acts, and so what it takes for data to flow."""
    if party.agent_of_processor:
        return "For the processor, as one of its listed subcontractors: needs no consent"
    if not party.shares_data:
        return "On its own; nothing is shared with it, so there is nothing to consent to"
    return "On its own: data flows only with the tenant's consent, and under the tenant's own contract"


def _nothing_shared(party: ThirdParty) -> str:
    return f"Nothing is shared with {party}. A consent is neither needed nor possible."


def _source_of(party: ThirdParty) -> list[Any]:
    return [part for part in (party.source, party.source_date) if part]
