"""The pages of observed locations, and the overview of where data is stored and processed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils import timezone

from catalog.models import Region
from residency.admin.page import residency_page
from residency.models import ObservedLocation
from residency.places import STORES
from residency.services import observe_location
from tenants.access import signed_in
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import DayField, Deed, InTenantForm
from tenants.pages.parts import Badge, Panel, facts, link_to
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute

TITLE = "Where data is stored and processed"


class ObserveForm(InTenantForm):
    """One location, by hand."""

    observed_on = DayField(label="Seen on", help_text="The day on which the provider showed it.")
    place = forms.CharField(
        max_length=200,
        help_text="The region or country, exactly as the provider's tenant status shows it, for example Europe 0201.",
    )
    source = forms.CharField(
        label="Seen in",
        max_length=200,
        initial="Tenant administration, Tenant status",
        help_text="Where it was seen.",
    )

    def prepare(self) -> None:
        super().prepare()
        self.fields["observed_on"].initial = timezone.localdate()


def _record(request: HttpRequest, _: Any, data: dict[str, Any]) -> ObservedLocation:
    return observe_location(by=signed_in(request), **data)


OBSERVE = Deed(
    "add",
    "Record a location",
    Permission.OBSERVE_LOCATIONS,
    _record,
    form=ObserveForm,
    consequences=lambda _: [
        "Each place is compared with the geography that was elected for that day.",
        "Where it lies elsewhere, that is in the worklist until it is resolved or a later look finds it in its place.",
        "An observation is a record: it cannot be changed afterwards. Many at once come in under Location imports.",
    ],
    done="{subject} is recorded.",
    icon="add_location_alt",
)
LABELS = {"As elected": "success", "Elsewhere": "danger", "Nothing elected": "info"}
TONES = {"As elected": "good", "Elsewhere": "bad", "Nothing elected": "plain"}


class AgreementFilter(admin.SimpleListFilter):
    title = "agreement"
    parameter_name = "agrees"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "As elected"), ("no", "Elsewhere"), ("none", "Nothing elected")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        values = {"yes": True, "no": False, "none": None}
        asked = self.value() or ""
        return queryset.filter(agrees=values[asked]) if asked in values else queryset


@admin.register(ObservedLocation)
class ObservedLocationAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_RESIDENCY
    list_title = "Observed locations"
    intro = "Where the provider showed the data to be, and whether that is where it was elected to be."
    empty_text = (
        "Nothing recorded. Look at the provider's tenant status and enter what it shows, or import a file of it "
        "under Location imports."
    )
    related = ("region", "elected")
    list_display = ("place", "agreement", "elected_name", "tenant_name", "observed_on", "source", "recorded")
    list_filter = (AgreementFilter, "region", "observed_on")
    search_fields = ("place", "source", "recorded_by")
    search_help_text = "Place, source or person."
    ordering = ("-observed_on", "-id")
    adding = OBSERVE

    def pages(self) -> list[tuple[str, Any, str]]:
        return [("residency/", self.residency_view, f"{self._prefix}_residency")]

    def residency_view(self, request: HttpRequest) -> HttpResponse:
        """Where the data of a tenant is stored and processed, as a map and as tables."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        found = residency_page(request, self.view_permission)
        context = self.context(request, title=TITLE, here=TITLE, **found)
        return TemplateResponse(
            request, "admin/residency/residency.html", context, status=found["moment"].status
        )

    def related_queryset(self, model: Any, request: HttpRequest) -> QuerySet[Any]:
        if model is Region:
            return Region.objects.filter(kind__in=STORES)
        return super().related_queryset(model, request)

    @column(description="Agreement", label=LABELS, ordering="agrees")
    def agreement(self, seen: ObservedLocation) -> str:
        return seen.agreement

    @column(description="Elected", ordering="elected__name")
    def elected_name(self, seen: ObservedLocation) -> str:
        return seen.elected.name if seen.elected else ""

    @column(description="Recorded", ordering="recorded_at")
    def recorded(self, seen: ObservedLocation) -> str:
        return minute(seen.recorded_at)

    def headline(self, request: HttpRequest, obj: ObservedLocation) -> Sequence[Any]:
        return [Badge(obj.agreement, TONES[obj.agreement])]

    def panels(self, request: HttpRequest, obj: ObservedLocation) -> list[Panel]:
        about = [
            ("Seen on", obj.observed_on),
            ("Place", obj.place),
            ("Region", link_to(obj.region)),
            ("Country", obj.country),
            ("Elected for that day", link_to(obj.elected)),
            ("Seen in", obj.source),
            ("Recorded", [obj.recorded_at, f"by {obj.recorded_by}", obj.get_origin_display()]),
        ]
        return [Panel("What was seen", facts(about))]
