"""The pages of editions: read, compared, taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.widgets import SELECT_CLASSES

from catalog.admin.differences import comparison_panels, words
from catalog.exports import Format, export_catalog
from catalog.kinds import KINDS
from catalog.models import (
    ENTRY_MODELS,
    Edition,
    Entry,
)
from catalog.services import compare
from privacy_console.errors import Refused
from privacy_console.rest.files import file_response
from tenants.access import signed_in
from tenants.pages.bases import PlatformModelAdmin
from tenants.pages.columns import column
from tenants.pages.parts import Code, Link, Panel, Table, admin_url, facts
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute

USES = {
    Format.JSON: "Loading it again, here or elsewhere",
    Format.CSV: "One table, in any program",
    Format.XLSX: "A spreadsheet with a sheet for each kind",
    Format.FIDESLANG: "Tools that speak the Fides taxonomy",
    Format.DPV: "Linked data, in the terms of the W3C's vocabulary",
}


class CompareForm(forms.Form):
    """Two editions of one catalog."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        editions = Edition.objects.select_related("catalog").order_by("catalog", "-number")
        for name, label in (("before", "From edition"), ("after", "to edition")):
            self.fields[name] = forms.ModelChoiceField(editions, label=label, empty_label=None)
            self.fields[name].widget.attrs["class"] = " ".join(SELECT_CLASSES)


@admin.register(Edition)
class EditionAdmin(PlatformModelAdmin):
    view_permission = Permission.VIEW_CATALOG
    list_title = "Editions"
    intro = "Each load or amendment of a catalog is a dated edition. Any past one can be read and compared."
    empty_text = "No edition yet. An operator loads the catalog with the command load_catalog."
    list_display = ("edition", "released_on", "loaded", "added", "changed", "removed", "note")
    list_filter = ("catalog",)
    search_fields = ("note", "catalog__name")
    ordering = ("catalog", "-number", "id")
    change_list_template = "admin/catalog/editions.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        return Edition.objects.select_related("catalog").order_by(*self.ordering)

    def pages(self) -> Sequence[tuple[str, Any, str]]:
        return [
            ("compare/", self.compare_view, "catalog_edition_compare"),
            ("<path:object_id>/export/", self.export_view, "catalog_edition_export"),
        ]

    @column(description="Edition", ordering="number")
    def edition(self, edition: Edition) -> str:
        return f"{edition.catalog.name}, edition {edition.number}"

    @column(description="Loaded", ordering="loaded_at")
    def loaded(self, edition: Edition) -> str:
        return minute(edition.loaded_at)

    def panels(self, request: HttpRequest, obj: Edition) -> list[Panel]:
        about = [
            ("Catalog", obj.catalog.name),
            ("Number", obj.number),
            ("Stands for", obj.released_on),
            ("Loaded", obj.loaded_at),
            ("Note", obj.note),
            ("Added, changed, removed", f"{obj.added}, {obj.changed}, {obj.removed}"),
            ("SHA-256 of the file", Code(obj.sha256) if obj.sha256 else "Amended by hand: there is no file"),
        ]
        return [
            Panel("The edition", facts(about)),
            self._files(obj),
            self._contents(obj),
            *self._changes(obj),
        ]

    @staticmethod
    def _files(edition: Edition) -> Panel:
        url = admin_url(edition, "export", edition.pk)
        tables = [Link(words(kind), f"{url}?format=csv&kind={kind}") for kind in KINDS]
        wholes = [fmt for fmt in Format if fmt != Format.CSV]
        rows: list[Sequence[Any]] = [
            [Link(fmt.label, f"{url}?format={fmt.value}"), USES[fmt]] for fmt in wholes
        ]
        rows.append([tables, USES[Format.CSV]])
        return Panel("Take it away", table=Table(("File", "For"), rows))

    def export_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The edition as a file; the trail records who took it."""
        edition = self.required_object(request, object_id)
        try:
            export = export_catalog(
                catalog=edition.catalog,
                format_name=request.GET.get("format", ""),
                by=signed_in(request),
                edition=edition,
                kind=request.GET.get("kind", ""),
            )
        except Refused as refusal:
            messages.error(request, refusal.detail)
            return HttpResponseRedirect(admin_url(edition, "change", edition.pk))
        return file_response(export)

    @staticmethod
    def _contents(edition: Edition) -> Panel:
        rows = [
            [str(model._meta.verbose_name_plural).capitalize(), _count_in(model, edition)]
            for model in ENTRY_MODELS
        ]
        return Panel("What it held", table=Table(("Kind", "Entries"), rows))

    @staticmethod
    def _changes(edition: Edition) -> list[Panel]:
        before = edition.catalog.editions.filter(number__lt=edition.number).order_by("-number").first()
        if before is None:
            return [
                Panel(
                    "What it changed",
                    text="It is the first edition of its catalog: everything in it was new.",
                )
            ]
        link = Link("On a page of its own", _compare_url(before, edition))
        return [
            Panel(f"What it changed since edition {before.number}", link=link),
            *comparison_panels(compare(before, edition)),
        ]

    def compare_view(self, request: HttpRequest) -> HttpResponse:
        """Two editions, and what led from one to the other."""
        form = CompareForm(request.GET if "before" in request.GET else None, initial=self._latest_two())
        panels: list[Panel] = []
        if form.is_bound and form.is_valid():
            try:
                panels = comparison_panels(compare(form.cleaned_data["before"], form.cleaned_data["after"]))
            except Refused as refusal:
                form.add_error(None, refusal.detail)
        context = self.context(request, title="Compare editions", form=form, panels=panels)
        return TemplateResponse(request, "admin/catalog/compare.html", context)

    @staticmethod
    def _latest_two() -> dict[str, int]:
        latest = list(Edition.objects.order_by("-loaded_at", "-id").values_list("pk", flat=True)[:2])
        return {"after": latest[0], "before": latest[-1]} if latest else {}


def _count_in(model: type[Entry], edition: Edition) -> int:
    return int(model.objects.recorded_in(edition).count())


def _compare_url(before: Edition, after: Edition) -> str:
    return f"{admin_url(Edition, 'compare')}?before={before.pk}&after={after.pk}"
