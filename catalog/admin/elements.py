"""The pages of collected data and of its categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest

from catalog.admin.entries import (
    COLLECTION_LABELS,
    COLLECTION_TONES,
    EntryAdmin,
    KnowledgeFilter,
    PresenceFilter,
)
from catalog.admin.panels import flows_panel
from catalog.entry_forms import adding, hand_deeds
from catalog.labels import dpv_label, iso19944_label
from catalog.models import (
    Category,
    Collection,
    Element,
    Flow,
)
from catalog.picture import picture_of_element
from tenants.pages.columns import column
from tenants.pages.parts import Badge, Panel, Table, admin_url, facts, link_to

NEVER_FLOWS = "Nowhere: it is never collected. This entry is a rule; the catalog refuses what matches it."


@admin.register(Element)
class ElementAdmin(EntryAdmin):
    list_title = "Collected data"
    intro = "Every kind of data that is collected, that can be switched on, or that never is."
    related = ("category",)
    list_display = (
        "name",
        "category",
        "collection_badge",
        "mam_name",
        "personal_badge",
        "identifiability",
        "outgoing_flows",
        "incoming_flows",
    )
    list_filter = (
        "collection",
        "classification",
        "identifiability",
        "mam",
        "purpose",
        "category",
        PresenceFilter,
        KnowledgeFilter,
        "added_in",
        "catalog",
    )
    adding = adding("elements", "Add element")
    deeds = hand_deeds("elements")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_flow_counts()

    @column(description="Collected", label=COLLECTION_LABELS, ordering="collection")
    def collection_badge(self, element: Element) -> str:
        return element.get_collection_display()

    @column(description="By MAM", ordering="mam", empty_value="not said")
    def mam_name(self, element: Element) -> str | None:
        return element.get_mam_display() or None

    @column(description="Personal", label={"Yes": "warning", "No": ""}, ordering="classification")
    def personal_badge(self, element: Element) -> str:
        """A short mark: what else it may be stands on its page, and in the filters."""
        return "Yes" if element.is_personal else "No"

    @column(description="Out", ordering="outgoing")
    def outgoing_flows(self, element: Any) -> int:
        return int(element.outgoing)

    @column(description="In", ordering="incoming")
    def incoming_flows(self, element: Any) -> int:
        return int(element.incoming)

    def headline(self, request: HttpRequest, obj: Any) -> Sequence[Any]:
        return [
            Badge(obj.get_collection_display(), COLLECTION_TONES[obj.collection]),
            Badge(obj.get_classification_display(), "warn" if obj.is_personal else "plain"),
            *super().headline(request, obj),
        ]

    def about(self, obj: Element) -> Panel:
        about = [
            ("Category", link_to(obj.category)),
            ("For example", obj.example),
            ("Collected", Collection(obj.collection).label),
            ("On condition", obj.collection_condition or obj.category.condition),
            ("Switched on with", [link_to(feature) for feature in obj.features.current().order_by("code")]),
            ("By mobile application management", obj.get_mam_display() or "The source does not say"),
            ("MAM condition", obj.mam_condition),
            ("Why", "" if obj.collection == Collection.NEVER else obj.get_purpose_display()),
            ("Is", obj.get_classification_display()),
            ("How far it identifies", obj.get_identifiability_display()),
            ("ISO/IEC 19944-1", self._iso(obj)),
            ("Data Privacy Vocabulary", [dpv_label(code) for code in obj.dpv]),
            ("Never-rule set aside", self._override(obj)),
        ]
        return Panel("What it is", facts(about))

    @staticmethod
    def _iso(element: Element) -> str:
        label = iso19944_label(element.iso19944)
        return (
            f"{label}, {element.iso19944_qualifier.replace('_', ' ')}"
            if element.iso19944_qualifier
            else label
        )

    @staticmethod
    def _override(element: Element) -> str:
        return f"{element.override_rule}: {element.override_reason}" if element.override_rule else ""

    def more(self, request: HttpRequest, obj: Element) -> list[Panel]:
        if obj.collection == Collection.NEVER:
            return [Panel("Where it flows", text=NEVER_FLOWS, tone="good")]
        flows = list(
            obj.flows.current()
            .select_related("service__third_party")
            .order_by("service__third_party__name", "code")
        )
        return [picture_panel(obj, flows), flows_panel("The flows that carry it", flows)]


def picture_panel(element: Element, flows: list[Flow]) -> Panel:
    picture = picture_of_element(element, flows, lambda entry: admin_url(entry, "change", entry.pk))
    if picture is None:
        return Panel(
            "Where it flows", text="Nowhere: no flow to or from a third party carries it.", tone="good"
        )
    return Panel("Where it flows", template="admin/catalog/picture.html", context={"picture": picture})


@admin.register(Category)
class CategoryAdmin(EntryAdmin):
    list_title = "Categories"
    intro = "The groups that collected data is listed in."
    list_display = ("name", "collection_badge", "elements_count", "condition", "knowledge")
    list_filter = ("collection", PresenceFilter, KnowledgeFilter, "added_in", "catalog")
    adding = adding("categories", "Add category")
    deeds = hand_deeds("categories")

    def get_queryset(self, request: HttpRequest) -> Any:
        current = Q(elements__removed_in__isnull=True)
        return super().get_queryset(request).annotate(elements_total=Count("elements", filter=current))

    @column(description="Collected", label=COLLECTION_LABELS, ordering="collection")
    def collection_badge(self, category: Category) -> str:
        return category.get_collection_display()

    @column(description="Elements", ordering="elements_total")
    def elements_count(self, category: Any) -> int:
        return int(category.elements_total)

    def about(self, obj: Category) -> Panel:
        about = [
            ("Name", obj.name),
            ("Collected", obj.get_collection_display()),
            ("On condition", obj.condition),
        ]
        return Panel("What it is", facts(about))

    def more(self, request: HttpRequest, obj: Category) -> list[Panel]:
        rows = [
            [
                link_to(e),
                e.example,
                e.get_collection_display(),
                e.get_classification_display(),
                e.get_mam_display() or None,
            ]
            for e in obj.elements.current().order_by("code")
        ]
        table = Table(
            ("Element", "For example", "Collected", "Is", "By MAM"),
            rows,
            "The source lists no element of it.",
        )
        return [Panel("Its elements", table=table)]
