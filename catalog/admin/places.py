"""The pages of storage: regions and datacentres."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from catalog.admin.entries import (
    LISTED,
    EntryAdmin,
    KnowledgeFilter,
    PresenceFilter,
)
from catalog.entry_forms import adding, hand_deeds
from catalog.models import (
    Datacentre,
    Region,
)
from tenants.pages.columns import column
from tenants.pages.parts import Panel, Table, facts, link_to


@admin.register(Region)
class RegionAdmin(EntryAdmin):
    list_title = "Storage regions"
    intro = "Where data can be stored: geographies, and the boundaries around several of them."
    list_display = ("name", "kind", "provider", "countries_count", "knowledge")
    list_filter = ("kind", "provider", PresenceFilter, KnowledgeFilter, "added_in", "catalog")
    adding = adding("regions", "Add region")
    deeds = hand_deeds("regions")

    @column(description="Countries")
    def countries_count(self, region: Region) -> int:
        return len(region.countries)

    def about(self, obj: Region) -> Panel:
        about = [("Kind", obj.get_kind_display()), ("Provider", obj.provider), ("Countries", obj.countries)]
        return Panel("What it is", facts(about))

    def more(self, request: HttpRequest, obj: Region) -> list[Panel]:
        centres = Datacentre.objects.current().filter(catalog=obj.catalog_id, country__in=obj.countries)
        rows = [[link_to(c), c.country, c.geography] for c in centres.order_by("country", "city")[:LISTED]]
        table = Table(("City", "Country", "Listed under"), rows, "None is listed in its countries.")
        return [Panel("Datacentres in its countries", table=table)]


@admin.register(Datacentre)
class DatacentreAdmin(EntryAdmin):
    list_title = "Datacentres"
    intro = "The places where data is stored."
    list_display = ("city", "country", "geography", "knowledge")
    list_filter = ("country", PresenceFilter, KnowledgeFilter, "added_in", "catalog")
    ordering = ("country", "city", "id")
    adding = adding("datacentres", "Add datacentre")
    deeds = hand_deeds("datacentres")

    def about(self, obj: Datacentre) -> Panel:
        return Panel(
            "What it is",
            facts([("City", obj.city), ("Country", obj.country), ("Listed under", obj.geography)]),
        )

    def more(self, request: HttpRequest, obj: Datacentre) -> list[Panel]:
        around = [
            r for r in Region.objects.current().filter(catalog=obj.catalog_id) if obj.country in r.countries
        ]
        rows = [[link_to(region), region.get_kind_display()] for region in around]
        return [Panel("Regions around it", table=Table(("Region", "Kind"), rows, "None."))]
