"""The pages of flows: each datum that goes to a third party or comes from one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest

from catalog.admin.entries import (
    LISTED,
    EntryAdmin,
    KnowledgeFilter,
    PresenceFilter,
)
from catalog.admin.panels import TO_THIRD_PARTY
from catalog.entry_forms import adding, hand_deeds
from catalog.models import (
    Flow,
    ThirdParty,
)
from tenants.pages.columns import column
from tenants.pages.parts import Badge, Panel, Table, facts, link_to


class ThirdPartyFilter(SimpleListFilter):
    title = "third party"
    parameter_name = "third_party"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (str(party.pk), party.name) for party in ThirdParty.objects.current().order_by("name")[:LISTED]
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value() or ""
        is_key = chosen.isascii() and chosen.isdigit() and len(chosen) < 19
        return queryset.filter(service__third_party=chosen) if is_key else queryset


@admin.register(Flow)
class FlowAdmin(EntryAdmin):
    list_title = "Flows"
    intro = "Each datum that goes to a third party or comes from one, and the service it goes through."
    related = ("service__third_party",)
    list_display = ("name", "way", "service_name", "party_name", "personal_badge", "message", "knowledge")
    list_filter = (
        "direction",
        "personal",
        "service",
        ThirdPartyFilter,
        PresenceFilter,
        KnowledgeFilter,
        "added_in",
        "catalog",
    )
    adding = adding("flows", "Add flow")
    deeds = hand_deeds("flows")

    @column(description="Way", label={"Out": "info"}, ordering="direction")
    def way(self, flow: Flow) -> str:
        return "Out" if flow.direction == TO_THIRD_PARTY else "In"

    @column(description="Service", ordering="service__name")
    def service_name(self, flow: Flow) -> str:
        return flow.service.name

    @column(description="Third party", ordering="service__third_party__name")
    def party_name(self, flow: Flow) -> str:
        return flow.service.third_party.name

    @column(description="Personal data", label={"Personal": "warning", "No": ""}, ordering="personal")
    def personal_badge(self, flow: Flow) -> str:
        return "Personal" if flow.personal else "No"

    def headline(self, request: HttpRequest, obj: Any) -> Sequence[Any]:
        personal = [Badge("Personal data", "warn")] if obj.personal else []
        return [Badge(obj.get_direction_display(), "info"), *personal, *super().headline(request, obj)]

    def about(self, obj: Flow) -> Panel:
        about = [
            ("Way", obj.get_direction_display()),
            ("Service", link_to(obj.service)),
            ("Third party", link_to(obj.service.third_party)),
            ("What for", obj.purpose_text),
            ("Message", obj.message),
            ("Group", obj.group),
            ("For example", obj.example),
            ("Allowed values", obj.allowed_values),
            ("Personal data", obj.personal),
            ("Needs a consent", obj.service.needs_consent),
        ]
        return Panel("What flows", facts(about))

    def more(self, request: HttpRequest, obj: Flow) -> list[Panel]:
        elements = obj.elements.select_related("category").order_by("code")
        rows = [
            [link_to(e), link_to(e.category), e.get_collection_display(), e.get_classification_display()]
            for e in elements
        ]
        empty = "It corresponds to nothing in the list of collected data."
        return [
            Panel(
                "Collected data it carries",
                table=Table(("Element", "Category", "Collected", "Is"), rows, empty),
            )
        ]
