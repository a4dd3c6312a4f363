"""The pages of storage: regions and their phases, datacentres, exceptions, and what the law says of countries."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from catalog.admin.entries import (
    LISTED,
    EntryAdmin,
    KnowledgeFilter,
    PresenceFilter,
)
from catalog.countries import country_name, country_names
from catalog.entry_forms import adding, hand_deeds
from catalog.models import (
    AdequacyDecision,
    AtRestException,
    BoundaryPhase,
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
        about = [
            ("Kind", obj.get_kind_display()),
            ("Provider", obj.provider),
            ("Countries", ", ".join(country_names(obj.countries))),
            ("Open since", obj.opened_on),
            ("Closed since", obj.closed_on),
        ]
        return Panel("What it is", facts(about))

    def more(self, request: HttpRequest, obj: Region) -> list[Panel]:
        centres = Datacentre.objects.current().filter(catalog=obj.catalog_id, country__in=obj.countries)
        rows = [
            [link_to(c), country_name(c.country), c.geography]
            for c in centres.order_by("country", "city")[:LISTED]
        ]
        table = Table(("City", "Country", "Listed under"), rows, "None is listed in its countries.")
        found = [Panel("Datacentres in its countries", table=table)]
        return [*self._phases(obj), *self._exceptions(obj), *found]

    @staticmethod
    def _phases(obj: Region) -> list[Panel]:
        phases = obj.phases.current().order_by("starts_on")
        rows = [[phase.starts_on, link_to(phase), phase.covers] for phase in phases]
        return [Panel("What it keeps inside", table=Table(("Since", "Phase", "Data"), rows))] if rows else []

    @staticmethod
    def _exceptions(obj: Region) -> list[Panel]:
        exceptions = AtRestException.objects.current().filter(catalog=obj.catalog_id).order_by("code")
        rows = [[link_to(e), e.covers] for e in exceptions if not e.regions or obj.code in e.regions]
        return (
            [Panel("What may be stored elsewhere", table=Table(("Exception", "Data"), rows))] if rows else []
        )


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
            facts(
                [("City", obj.city), ("Country", country_name(obj.country)), ("Listed under", obj.geography)]
            ),
        )

    def more(self, request: HttpRequest, obj: Datacentre) -> list[Panel]:
        around = [
            r for r in Region.objects.current().filter(catalog=obj.catalog_id) if obj.country in r.countries
        ]
        rows = [[link_to(region), region.get_kind_display()] for region in around]
        return [Panel("Regions around it", table=Table(("Region", "Kind"), rows, "None."))]


@admin.register(BoundaryPhase)
class BoundaryPhaseAdmin(EntryAdmin):
    list_title = "Boundary phases"
    intro = "Which data a boundary keeps inside, and since when."
    related = ("region",)
    list_display = ("name", "region_name", "starts_on", "knowledge")
    list_filter = ("region", PresenceFilter, KnowledgeFilter, "added_in", "catalog")
    ordering = ("region__code", "starts_on", "id")
    adding = adding("boundary_phases", "Add phase")
    deeds = hand_deeds("boundary_phases")

    @column(description="Boundary", ordering="region__name")
    def region_name(self, phase: BoundaryPhase) -> str:
        return phase.region.name

    def about(self, obj: BoundaryPhase) -> Panel:
        about = [("Boundary", link_to(obj.region)), ("Since", obj.starts_on), ("Data", obj.covers)]
        return Panel("What it is", facts(about))


@admin.register(AtRestException)
class AtRestExceptionAdmin(EntryAdmin):
    list_title = "Exceptions at rest"
    intro = "What may be stored outside the elected geography, as far as the provider says."
    list_display = ("name", "holds_for", "where", "knowledge")
    list_filter = (PresenceFilter, KnowledgeFilter, "added_in", "catalog")
    adding = adding("at_rest_exceptions", "Add exception")
    deeds = hand_deeds("at_rest_exceptions")

    @column(description="From regions")
    def holds_for(self, exception: AtRestException) -> str:
        return ", ".join(exception.regions) or "All"

    @column(description="Where it may be")
    def where(self, exception: AtRestException) -> str:
        return ", ".join(country_names(exception.countries)) or "Not named"

    def about(self, obj: AtRestException) -> Panel:
        about = [
            ("Data", obj.covers),
            ("An exception from", self.holds_for(obj)),
            ("Where it may be", self.where(obj)),
        ]
        return Panel("What it is", facts(about))


@admin.register(AdequacyDecision)
class AdequacyDecisionAdmin(EntryAdmin):
    list_title = "Adequacy decisions"
    intro = "Countries of which the European Commission finds that they protect personal data (GDPR Art. 45)."
    list_display = ("name", "country_named", "reference", "decided_on", "ends_on", "reach", "knowledge")
    list_filter = ("partial", PresenceFilter, KnowledgeFilter, "added_in", "catalog")
    ordering = ("country", "decided_on", "id")
    adding = adding("adequacy_decisions", "Add decision")
    deeds = hand_deeds("adequacy_decisions")

    @column(description="Country", ordering="country")
    def country_named(self, decision: AdequacyDecision) -> str:
        return country_name(decision.country)

    @column(
        description="Holds for", label={"All": "success", "Some recipients": "warning"}, ordering="partial"
    )
    def reach(self, decision: AdequacyDecision) -> str:
        return "Some recipients" if decision.partial else "All"

    def about(self, obj: AdequacyDecision) -> Panel:
        about = [
            ("Country", country_name(obj.country)),
            ("Decision", obj.reference),
            ("Made on", obj.decided_on),
            ("No longer holds from", obj.ends_on),
            ("Holds for", obj.scope or "All recipients in the country"),
        ]
        return Panel("What it is", facts(about))
