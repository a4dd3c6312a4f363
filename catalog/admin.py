"""Browsing the shared catalog: what is collected, why, and where it flows. Operators enter by hand what no file has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.widgets import SELECT_CLASSES

from catalog.differences import Comparison, KindComparison
from catalog.entry_forms import adding, hand_deeds
from catalog.exports import Format, export_catalog
from catalog.kinds import KINDS
from catalog.labels import dpv_label, iso19944_label
from catalog.models import (
    ENTRY_MODELS,
    Category,
    Collection,
    Datacentre,
    Edition,
    Element,
    Entry,
    Flow,
    Region,
    Service,
    ThirdParty,
)
from catalog.picture import picture_of_element
from catalog.services import compare
from privacy_console.errors import Refused
from tenants.admin_base import PlatformModelAdmin
from tenants.admin_columns import column
from tenants.admin_pages import Badge, Code, Fact, Link, Panel, Several, Table, admin_url, facts, link_to
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute, show

COLLECTION_LABELS = {"Required": "info", "Optional": "warning", "Never": "danger"}
COLLECTION_TONES = {"required": "info", "optional": "warn", "never": "bad"}
TO_THIRD_PARTY = Flow.Direction.TO_THIRD_PARTY
LISTED = 200
USES = {
    Format.JSON: "Loading it again, here or elsewhere",
    Format.CSV: "One table, in any program",
    Format.XLSX: "A spreadsheet with a sheet for each kind",
    Format.FIDESLANG: "Tools that speak the Fides taxonomy",
    Format.DPV: "Linked data, in the terms of the W3C's vocabulary",
}
NEVER_FLOWS = "Nowhere: it is never collected. This entry is a rule; the catalog refuses what matches it."


class PresenceFilter(SimpleListFilter):
    """What the catalog holds, unless one asks for what it held."""

    title = "presence"
    parameter_name = "presence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("removed", "Removed"), ("all", "Both")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "In the catalog"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        return queryset.exclude(removed_in=None) if self.value() == "removed" else queryset.current()


class KnowledgeFilter(SimpleListFilter):
    """Whether the source says it, or the catalog's authors concluded it."""

    title = "how we know"
    parameter_name = "inferred"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Stated in the source"), ("yes", "Inferred by us")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(inferred=self.value() == "yes") if self.value() in ("yes", "no") else queryset


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


class EntryAdmin(PlatformModelAdmin):
    """What the pages of all kinds of entries share: presence, source, editions."""

    view_permission = Permission.VIEW_CATALOG
    empty_text = "The catalog is empty. An operator loads it with the command load_catalog."
    search_fields = ("name", "code", "note")
    search_help_text = "Words of the name, the code or the note."
    ordering: tuple[str, ...] = ("code", "id")
    related: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = self.model._default_manager.select_related("catalog", *self.related)
        return rows.order_by(*self.ordering)

    def reachable(self, request: HttpRequest) -> Any:
        return self.get_queryset(request).select_related(
            "added_in__catalog", "changed_in__catalog", "removed_in__catalog"
        )

    def related_queryset(self, model: Any, request: HttpRequest) -> QuerySet[Any]:
        rows = super().related_queryset(model, request)
        return rows.select_related("catalog") if model is Edition else rows

    @column(
        description="How we know", label={"Stated": "success", "Inferred": "warning"}, ordering="inferred"
    )
    def knowledge(self, entry: Entry) -> str:
        return "Inferred" if entry.inferred else "Stated"

    def headline(self, request: HttpRequest, obj: Any) -> Sequence[Any]:
        badges = [Badge("Inferred by us", "warn") if obj.inferred else Badge("Stated in the source", "good")]
        if obj.by_hand:
            badges.append(Badge("Entered by hand", "info"))
        if not obj.is_current:
            badges.append(Badge("No longer in the catalog", "bad"))
        return badges

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        return [self.about(obj), *self.more(request, obj), self.provenance(obj)]

    def about(self, obj: Any) -> Panel:
        """The panel that says what it is."""
        raise NotImplementedError

    def more(self, request: HttpRequest, obj: Any) -> list[Panel]:
        return []

    @staticmethod
    def provenance(entry: Entry) -> Panel:
        about = [
            Fact("Source", entry.source or None),
            Fact("Date of the source", entry.source_date),
            Fact(
                "How we know",
                "Inferred by the catalog's authors" if entry.inferred else "Stated in the source",
                "Inferred: concluded from what the source says.",
            ),
            Fact("Note", entry.note or None),
            Fact("Code", Code(entry.code), "Never changes."),
            Fact("Catalog", entry.catalog.name),
            Fact("In the catalog since", link_to(entry.added_in)),
            Fact("Last changed in", link_to(entry.changed_in)),
        ]
        if entry.removed_in:
            about.append(Fact("Removed in", link_to(entry.removed_in)))
        return Panel("Where this comes from", about)


# --- Collected data -----------------------------------------------------------------------------------------


@admin.register(Element)
class ElementAdmin(EntryAdmin):
    intro = "Every kind of data that is collected, that can be switched on, or that never is."
    related = ("category",)
    list_display = (
        "name",
        "category",
        "collection_badge",
        "mam_name",
        "classification_badge",
        "identifiability",
        "outgoing_flows",
        "incoming_flows",
        "knowledge",
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

    @column(description="Is", label={"Personal data": "warning"}, ordering="classification")
    def classification_badge(self, element: Element) -> str:
        return element.get_classification_display()

    @column(description="Goes out", ordering="outgoing")
    def outgoing_flows(self, element: Any) -> int:
        return int(element.outgoing)

    @column(description="Comes in", ordering="incoming")
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
        return [_picture_panel(obj, flows), _flows_panel("The flows that carry it", flows)]


def _picture_panel(element: Element, flows: list[Flow]) -> Panel:
    picture = picture_of_element(element, flows, lambda entry: admin_url(entry, "change", entry.pk))
    if picture is None:
        return Panel(
            "Where it flows", text="Nowhere: no flow to or from a third party carries it.", tone="good"
        )
    return Panel("Where it flows", template="admin/catalog/picture.html", context={"picture": picture})


def _direction(flow: Flow) -> Badge:
    return Badge("Out", "info") if flow.direction == TO_THIRD_PARTY else Badge("In", "plain")


def _personal(flow: Flow) -> Any:
    return Badge("Personal data", "warn") if flow.personal else "No"


def _flows_panel(title: str, flows: Sequence[Flow]) -> Panel:
    rows = [
        [
            _direction(f),
            link_to(f),
            link_to(f.service),
            link_to(f.service.third_party),
            _personal(f),
            f.purpose_text,
        ]
        for f in flows
    ]
    headings = ("Way", "What", "Service", "Third party", "Personal data", "What for")
    return Panel(title, table=Table(headings, rows, "No flow."))


@admin.register(Category)
class CategoryAdmin(EntryAdmin):
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


# --- Flows and whom they lead to ----------------------------------------------------------------------------


@admin.register(Flow)
class FlowAdmin(EntryAdmin):
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


@admin.register(Service)
class ServiceAdmin(EntryAdmin):
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
        flows = list(obj.flows.current().prefetch_related(elements).order_by("message", "code"))
        out = [flow for flow in flows if flow.direction == TO_THIRD_PARTY]
        back = [flow for flow in flows if flow.direction != TO_THIRD_PARTY]
        return [
            _carried_panel(f"Goes to {obj.third_party}", out),
            _carried_panel(f"Comes from {obj.third_party}", back),
        ]


def _carried_panel(title: str, flows: list[Flow]) -> Panel:
    rows = [
        [link_to(f), [link_to(e) for e in f.elements.all()], _personal(f), f.purpose_text, f.message]
        for f in flows
    ]
    headings = ("What", "Collected as", "Personal data", "What for", "Message")
    personal = sum(flow.personal for flow in flows)
    counted = f"{title} ({len(flows)}, of which {personal} personal)" if flows else title
    return Panel(counted, table=Table(headings, rows, "Nothing."))


@admin.register(ThirdParty)
class ThirdPartyAdmin(EntryAdmin):
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
        acts = (
            "For the processor, as one of its listed subcontractors: needs no consent"
            if obj.agent_of_processor
            else "On its own: data flows only with the tenant's consent, and under the tenant's own contract"
        )
        about = [("Acts", acts), ("Country", obj.country), ("Shares data", obj.shares_data)]
        return Panel("Who it is", facts(about), text=obj.statement)

    def more(self, request: HttpRequest, obj: ThirdParty) -> list[Panel]:
        if not obj.shares_data:
            return [Panel("What flows", text=f"Nothing is shared with {obj}.", tone="good")]
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


# --- Storage ------------------------------------------------------------------------------------------------


@admin.register(Region)
class RegionAdmin(EntryAdmin):
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


# --- Editions -----------------------------------------------------------------------------------------------


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
        tables = [Link(_words(kind), f"{url}?format=csv&kind={kind}") for kind in KINDS]
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
                by=request.user,  # type: ignore[arg-type]
                edition=edition,
                kind=request.GET.get("kind", ""),
            )
        except Refused as refusal:
            messages.error(request, refusal.detail)
            return HttpResponseRedirect(admin_url(edition, "change", edition.pk))
        disposition = {"Content-Disposition": f'attachment; filename="{export.filename}"'}
        return HttpResponse(export.content, content_type=export.media_type, headers=disposition)

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
            *_comparison_panels(compare(before, edition)),
        ]

    def compare_view(self, request: HttpRequest) -> HttpResponse:
        """Two editions, and what led from one to the other."""
        form = CompareForm(request.GET if "before" in request.GET else None, initial=self._latest_two())
        panels: list[Panel] = []
        if form.is_bound and form.is_valid():
            try:
                panels = _comparison_panels(compare(form.cleaned_data["before"], form.cleaned_data["after"]))
            except Refused as refusal:
                form.add_error(None, refusal.detail)
        context = self.context(request, title="Compare editions", form=form, panels=panels)
        return TemplateResponse(request, "admin/catalog/compare.html", context)

    @staticmethod
    def _latest_two() -> dict[str, int]:
        latest = list(Edition.objects.order_by("-loaded_at", "-id").values_list("pk", flat=True)[:2])
        return {"after": latest[0], "before": latest[-1]} if latest else {}


def _count_in(model: type[Entry], edition: Edition) -> int:
    past: Any = model.history.up_to_event(edition.last_event)  # type: ignore[attr-defined]
    return int(past.filter(catalog=edition.catalog_id, removed_in__isnull=True).count())


def _compare_url(before: Edition, after: Edition) -> str:
    return f"{admin_url(Edition, 'compare')}?before={before.pk}&after={after.pk}"


def _comparison_panels(comparison: Comparison) -> list[Panel]:
    """One panel for each kind that differs."""
    found = [_kind_panel(name, kind) for name, kind in comparison.kinds.items() if not kind.is_empty]
    return found or [Panel("No difference", text="The two editions hold the same.", tone="good")]


def _kind_panel(name: str, kind: KindComparison) -> Panel:
    title = (
        str(KINDS[name].model._meta.verbose_name_plural).capitalize()
        if name in KINDS
        else "The catalog itself"
    )
    counted = f"{len(kind.added)} added, {len(kind.changed)} changed, {len(kind.removed)} removed"
    rows = [
        *(
            [Badge("Added", "good"), Code(code), None, None, _called(record)]
            for code, record in kind.added.items()
        ),
        *(
            [Badge("Changed", "info"), Code(code), _words(key), _readable(old), _readable(new)]
            for code, values in kind.changed.items()
            for key, (old, new) in values.items()
        ),
        *(
            [Badge("Removed", "bad"), Code(code), None, _called(record), None]
            for code, record in kind.removed.items()
        ),
    ]
    return Panel(f"{title}: {counted}", table=Table(("", "Code", "Field", "Before", "After"), rows))


def _called(record: dict[str, Any]) -> str:
    return str(record.get("name") or record.get("city") or "")


def _words(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return Several([f"{key}: {inner}" for key, inner in value.items()])
    return show(value)
