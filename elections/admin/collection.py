"""The pages of collection elections: which optional features a tenant switched on or off."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Feature
from elections.admin.base import ElectionAdmin, StateFilter
from elections.admin.collected import collected_page
from elections.admin.switching import SWITCH, SwitchForm, meaning_panels
from elections.admin.words import elements_panel, on_badge, state_panel
from elections.collecting import collected_at, set_collection_ends
from elections.models import CollectionElection
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, DeedForm
from tenants.pages.moments import Moment
from tenants.pages.parts import Panel, Table, link_to


class FeatureFilter(SimpleListFilter):
    title = "feature"
    parameter_name = "feature"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = Feature.objects.filter(catalog__code=REFERENCE_CATALOG).order_by("name")
        return list(rows.values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        is_known = self.value() in dict(self.lookup_choices)
        return queryset.filter(parts__code=self.value()) if is_known else queryset


@admin.register(CollectionElection)
class CollectionElectionAdmin(ElectionAdmin):
    list_title = "Collection elections"
    intro = "Which optional features are on or off, and so which optional data is collected: since when, by whom, why."
    empty_text = (
        "Nothing was ever switched: every optional feature is off, and only required data is collected."
    )
    list_display = ("what", "state_badge", "begins", "until", "tenant_name", "proposed")
    list_filter = (StateFilter, FeatureFilter)
    search_fields = ("name", "reason", "proposed_by", "decided_by")
    search_help_text = "Feature, reason or person."
    change_list_template = "admin/elections/collection.html"
    adding = SWITCH

    def set_ends(self, elections: list[Any], among: Any) -> None:
        set_collection_ends(elections, among)

    @column(description="Switches", ordering="name")
    def what(self, election: CollectionElection) -> str:
        return election.name

    def subject_panels(self, election: Any, moment: Moment) -> list[Panel]:
        return [state_panel(election, moment.at), *_parts(election, moment)]

    def deed_context(self, request: HttpRequest, deed: Deed, obj: Any, form: DeedForm) -> dict[str, Any]:
        context = super().deed_context(request, deed, obj, form)
        if not isinstance(form, SwitchForm) or form.meaning is None:
            return context
        return context | {"before": meaning_panels(form.meaning)}

    # --- What is collected ---

    def pages(self) -> list[tuple[str, Any, str]]:
        return [("collected/", self.collected_view, f"{self._prefix}_collected")]

    def collected_view(self, request: HttpRequest) -> HttpResponse:
        """What is collected about the people of a tenant, and why."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        found = collected_page(request, self.view_permission)
        context = self.context(request, title="What is collected", here="What is collected", **found)
        status = found["moment"].status
        return TemplateResponse(request, "admin/elections/collected.html", context, status=status)


def _parts(election: Any, moment: Moment) -> list[Panel]:
    """What it switches, and the data that comes with it, as the catalog was known at the moment."""
    if not hasattr(election, "parts_shown"):
        set_collection_ends([election], CollectionElection.objects.for_tenant(election.tenant_id))
    collected = collected_at(election.tenant, moment.at, moment.asked)
    known = {each.feature.pk: each.feature for each in collected.features.values()}
    rows = [
        [
            link_to(known.get(part.feature_id), part.name) or part.name,
            on_badge(part.is_on),
            part.ends_at,
            len(collected.brings.get(part.feature_id, ())),
            _role(known.get(part.feature_id)),
        ]
        for part in election.parts_shown
    ]
    headings = ("Feature", "Is switched", "Until", "Kinds of data", "Who answers for them")
    elements = collected.elected_by(
        part.code for part in election.parts_shown if part.code in collected.features
    )
    return [
        Panel("What it switches", table=Table(headings, rows)),
        elements_panel("The data that it is about", elements),
    ]


def _role(feature: Feature | None) -> str | None:
    return feature.get_role_change_display() or "stays as it is" if feature else None
