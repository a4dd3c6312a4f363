"""The page “What is collected” of a tenant, and what the catalog's pages say about the tenant at hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.widgets import CHECKBOX_CLASSES, SELECT_CLASSES

from catalog.admin.entries import contributes_to
from catalog.admin.panels import personal_badge
from catalog.models import Category, Collection, Element, Feature
from elections.admin.words import moment_in_words, on_badge, switch_in_words
from elections.collecting import (
    Change,
    Collected,
    ElementStanding,
    FeatureStanding,
    Standing,
    changes_ahead,
    collected_at,
    next_switches,
)
from elections.growth import added_to
from elections.models import CollectionElection
from tenants.access import signed_in
from tenants.choice import tenant_asked_for, tenants_allowing, visible_tenants
from tenants.models import Tenant
from tenants.pages.moments import moment_of
from tenants.pages.parts import Badge, Link, Panel, Table, admin_url, link_to
from tenants.roles import Permission

TONES = {
    Standing.REQUIRED: "info",
    Standing.ELECTED: "warn",
    Standing.NOT_ELECTED: "plain",
    Standing.NEVER: "good",
}
SHORT = {
    Standing.REQUIRED: "Required",
    Standing.ELECTED: "Elected",
    Standing.NOT_ELECTED: "Not elected",
    Standing.NEVER: "Never",
}
TENANTS_AT_ONCE = 5


class Narrowing(forms.Form):
    """How the reader narrows the list of kinds of data."""

    standing = forms.ChoiceField(
        required=False,
        label="Collected",
        choices=[("", "Everything"), *((standing.value, SHORT[standing]) for standing in Standing)],
        widget=forms.Select(attrs={"class": " ".join(SELECT_CLASSES)}),
    )
    category = forms.ChoiceField(
        required=False, widget=forms.Select(attrs={"class": " ".join(SELECT_CLASSES)})
    )
    personal = forms.BooleanField(
        required=False,
        label="Only personal data",
        widget=forms.CheckboxInput(attrs={"class": " ".join(CHECKBOX_CLASSES)}),
    )

    def __init__(self, data: Any, categories: Iterable[Category]) -> None:
        super().__init__(data)
        field: Any = self.fields["category"]
        field.choices = [("", "All categories"), *((each.code, each.name) for each in categories)]

    @property
    def is_narrowed(self) -> bool:
        return self.is_valid() and any(self.cleaned_data.values())

    def narrowed(self, elements: Iterable[ElementStanding]) -> list[ElementStanding]:
        asked = self.cleaned_data if self.is_valid() else {}
        return [each for each in elements if _is_asked(each, asked)]


def _is_asked(each: ElementStanding, asked: dict[str, Any]) -> bool:
    element = each.element
    return (
        asked.get("standing") in ("", None, each.standing.value)
        and asked.get("category") in ("", None, element.category.code)
        and (not asked.get("personal") or element.is_personal)
    )


def collected_page(request: HttpRequest, permission: Permission) -> dict[str, Any]:
    """The context of the page: one tenant, out of those that the reader may see, at a moment."""
    moment = moment_of(request)
    tenants, shown = tenant_asked_for(request, permission)
    context: dict[str, Any] = {"moment": moment, "tenants": tenants, "shown": shown}
    if shown is None:
        return context
    collected = collected_at(shown, moment.at, moment.asked)
    form = Narrowing(request.GET, _categories(collected))
    may_elect = not moment.is_past and signed_in(request).may(Permission.PROPOSE_ELECTION, shown)
    return context | {
        "form": form,
        "counts": counts(collected),
        "panels": [
            features_panel(collected, _switch(shown) if may_elect else None),
            *([] if moment.is_past else growth_panel(collected)),
            *changes_panel(changes_ahead(shown, collected, moment.at, moment.asked)),
            categories_panel(request, collected),
            elements_panel(form.narrowed(collected.elements)),
        ],
    }


def _switch(tenant: Tenant) -> Link:
    return Link("Switch features", f"{admin_url(CollectionElection, 'add')}?tenant={tenant.pk}")


def _categories(collected: Collected) -> list[Category]:
    found = {each.category.code: each.category for each in collected.catalog_elements}
    return sorted(found.values(), key=lambda category: category.name)


def counts(collected: Collected) -> list[tuple[str, str, int, int]]:
    """Of each standing: its code, what it is called, how many kinds of data, how many of them personal."""
    number = Counter(each.standing for each in collected.elements)
    personal = Counter(each.standing for each in collected.elements if each.element.is_personal)
    return [(each.value, each.label, number[each], personal[each]) for each in Standing]


def features_panel(collected: Collected, link: Link | None) -> Panel:
    """Which optional features are on, by whose decision."""
    standings = collected.features.values()
    rows = [
        [
            link_to(each.feature),
            on_badge(each.is_on),
            each.since,
            _elected(each),
            len(collected.brings[each.feature.pk]),
        ]
        for each in standings
    ]
    headings = ("Feature", "Is", "Since", "Elected by", "Kinds of data")
    title = f"Optional features: {len(collected.on)} of {len(rows)} on"
    return Panel(title, table=Table(headings, rows, "The catalog knows no optional feature."), link=link)


def _elected(standing: FeatureStanding) -> Any:
    """By whom, with the way to the election."""
    return link_to(standing.election, standing.election.proposed_by) if standing.election else "nobody yet"


def growth_panel(collected: Collected) -> list[Panel]:
    """What a later edition of the catalog added to features that are on, and nobody was asked about."""
    parts = {part.feature_id: part for part in collected.parts}
    rows = [
        [
            link_to(parts[key].feature),
            link_to(parts[key].election.edition),
            [link_to(element) for element in elements],
        ]
        for key, elements in added_to(parts.values()).items()
    ]
    text = (
        "It is collected, because the feature is on. Elect the feature anew to confirm it, or switch it off."
    )
    table = Table(("Feature", "Elected on", "Collected too since then"), rows)
    return [Panel("More is collected than was elected", text=text, table=table, tone="warn")] if rows else []


def changes_panel(changes: Sequence[Change]) -> list[Panel]:
    """What is decided already and changes later; nothing where nothing does."""
    rows = [
        [
            change.at,
            [_switched(each) for each in change.features],
            _counted(change.starts),
            _counted(change.stops),
        ]
        for change in changes
    ]
    headings = ("From", "Is switched", "Starts being collected", "Stops being collected")
    return [Panel("What will change", table=Table(headings, rows), tone="warn")] if rows else []


def _switched(standing: FeatureStanding) -> Any:
    """On or off, with the way to the election."""
    return link_to(standing.election, f"{standing.feature.name} {'on' if standing.is_on else 'off'}")


def _counted(elements: Sequence[Element]) -> str | None:
    personal = sum(element.is_personal for element in elements)
    return f"{len(elements)}, {personal or 'none'} of them personal" if elements else None


def categories_panel(request: HttpRequest, collected: Collected) -> Panel:
    """How many kinds of data of each category are collected, and why."""
    by_category: dict[str, Counter[Standing]] = defaultdict(Counter)
    for each in collected.elements:
        by_category[each.element.category.code][each.standing] += 1
    rows = [
        [
            _narrowed_to(request, category),
            *(by_category[category.code][standing] or None for standing in Standing),
        ]
        for category in _categories(collected)
    ]
    return Panel("By category", table=Table(("Category", *SHORT.values()), rows))


def _narrowed_to(request: HttpRequest, category: Category) -> Link:
    query = request.GET.copy()
    query["category"] = category.code
    return Link(category.name, f"?{query.urlencode()}#kinds")


def elements_panel(elements: Sequence[ElementStanding]) -> Panel:
    rows = [
        [
            link_to(each.element),
            link_to(each.element.category),
            Badge(SHORT[each.standing], TONES[each.standing]),
            because(each),
            personal_badge(each.element.is_personal),
        ]
        for each in elements
    ]
    headings = ("Kind of data", "Category", "Collected", "Because", "Personal data")
    table = Table(headings, rows, "No kind of data is as you asked.")
    return Panel(f"Kinds of data: {len(rows)}", table=table)


def because(each: ElementStanding) -> Any:
    """Why it is collected: the elections that brought it."""
    if each.standing == Standing.REQUIRED:
        return (
            each.element.collection_condition or each.element.category.condition or "the service requires it"
        )
    return [_feature(standing) for standing in each.features]


def _feature(standing: FeatureStanding) -> Any:
    election = standing.election
    if election is None or standing.since is None:
        return standing.feature.name
    words = f"{standing.feature.name}, since {moment_in_words(standing.since)} by {election.proposed_by}"
    return link_to(election, words)


# --- What the catalog's pages say about the tenant at hand ---


def _tenants(request: HttpRequest) -> list[Tenant]:
    allowed = tenants_allowing(signed_in(request), Permission.VIEW_ELECTIONS, visible_tenants(request))
    return list(allowed.order_by("name", "id")[:TENANTS_AT_ONCE])


@contributes_to(Element)
def element_panels(request: HttpRequest, element: Element) -> list[Panel]:
    """Whether the element is collected, and why, for the reader's tenants; the first of them where there are many."""
    if not element.is_current:
        return []
    rows = [_element_row(request, tenant, element) for tenant in _tenants(request)]
    headings = ("Tenant", "Collected", "Because", "Later")
    return [Panel("In your organisation", table=Table(headings, rows))] if rows else []


def _element_row(request: HttpRequest, tenant: Tenant, element: Element) -> list[Any]:
    standing, changes = _standing(tenant, element)
    page = f"{admin_url(CollectionElection, 'collected')}?tenant={tenant.slug}"
    return [
        Link(tenant.name, page),
        Badge(standing.standing.label, TONES[standing.standing]),
        because(standing),
        _later(element, changes),
    ]


def _standing(tenant: Tenant, element: Element) -> tuple[ElementStanding, Sequence[Change]]:
    """How it stands, and what is to change; without a look at the elections where they change nothing."""
    if element.collection == Collection.REQUIRED:
        return ElementStanding(element, Standing.REQUIRED), ()
    if element.collection == Collection.NEVER:
        return ElementStanding(element, Standing.NEVER), ()
    collected = collected_at(tenant)
    return collected.standing_of(element), changes_ahead(tenant, collected)


def _later(element: Element, changes: Sequence[Change]) -> Any:
    """The next change that is decided already."""
    for change in changes:
        if element in change.starts or element in change.stops:
            word = "collected" if element in change.starts else "not collected"
            return link_to(change.features[0].election, f"{word} from {moment_in_words(change.at)} on")
    return None


@contributes_to(Feature)
def feature_panels(request: HttpRequest, feature: Feature) -> list[Panel]:
    """Whether the feature is on, by whose decision, for the reader's tenants."""
    rows = [_feature_row(request, tenant, feature) for tenant in _tenants(request)]
    headings = ("Tenant", "Is", "Since", "Elected by", "Later", "")
    return [Panel("In your organisation", table=Table(headings, rows))] if rows else []


def _feature_row(request: HttpRequest, tenant: Tenant, feature: Feature) -> list[Any]:
    collected = collected_at(tenant)
    standing = collected.features.get(feature.code) or FeatureStanding(feature, False)
    may = feature.is_current and signed_in(request).may(Permission.PROPOSE_ELECTION, tenant)
    switch = _switch(tenant) if may else None
    later = next_switches(changes_ahead(tenant, collected)).get(feature.code)
    return [
        tenant.name,
        on_badge(standing.is_on),
        standing.since,
        _elected(standing),
        later and link_to(later.election, switch_in_words(later)),
        switch,
    ]
