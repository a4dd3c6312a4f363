"""The pages of optional features: what a tenant can switch on, and which data that brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest

from catalog.admin.entries import EntryAdmin, KnowledgeFilter, PresenceFilter
from catalog.admin.panels import personal_badge
from catalog.entry_forms import adding, hand_deeds
from catalog.models import Element, Feature
from tenants.pages.columns import column
from tenants.pages.parts import Badge, Panel, Table, facts, link_to


@admin.register(Feature)
class FeatureAdmin(EntryAdmin):
    list_title = "Optional features"
    intro = "What a tenant can switch on, and which optional data that brings. Off until a tenant elects it."
    list_display = ("name", "elements_count", "personal_count", "role", "condition", "knowledge")
    list_filter = ("role_change", PresenceFilter, KnowledgeFilter, "added_in", "catalog")
    adding = adding("features", "Add feature")
    deeds = hand_deeds("features")

    def get_queryset(self, request: HttpRequest) -> Any:
        current = Q(elements__removed_in__isnull=True)
        personal = Q(elements__classification=Element.Classification.PERSONAL)
        return (
            super()
            .get_queryset(request)
            .annotate(
                elements_total=Count("elements", filter=current),
                personal_total=Count("elements", filter=current & personal),
            )
        )

    @column(description="Brings", ordering="elements_total")
    def elements_count(self, feature: Any) -> int:
        return int(feature.elements_total)

    @column(description="Of them personal", ordering="personal_total")
    def personal_count(self, feature: Any) -> int:
        return int(feature.personal_total)

    @column(description="Role", ordering="role_change", empty_value="stays")
    def role(self, feature: Feature) -> str | None:
        return feature.get_role_change_display() or None

    def headline(self, request: HttpRequest, obj: Any) -> Sequence[Any]:
        changes = [Badge(obj.get_role_change_display(), "warn")] if obj.role_change else []
        return [*changes, *super().headline(request, obj)]

    def about(self, obj: Feature) -> Panel:
        about = [
            ("Default", "Off, until a tenant elects it"),
            ("On condition", obj.condition),
            ("Role", obj.get_role_change_display() or "Stays as it is"),
        ]
        return Panel("What it does", facts(about), text=obj.statement)

    def more(self, request: HttpRequest, obj: Feature) -> list[Panel]:
        elements = Element.objects.current().filter(features=obj).select_related("category").order_by("code")
        rows = [
            [link_to(e), link_to(e.category), personal_badge(e.is_personal), e.collection_condition]
            for e in elements
        ]
        headings = ("Element", "Category", "Personal data", "On condition")
        return [Panel("What it brings", table=Table(headings, rows, "It brings no data."))]
