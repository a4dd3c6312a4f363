"""The page “What is collected” of a tenant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.widgets import CHECKBOX_CLASSES, SELECT_CLASSES

from catalog.admin.panels import personal_badge
from catalog.models import Category, Element
from elections.admin.words import moment_in_words, on_badge
from elections.collecting import (
    Change,
    Collected,
    ElementStanding,
    FeatureStanding,
    Standing,
    changes_ahead,
    collected_at,
)
from elections.growth import added_to
from elections.models import CollectionElection
from tenants.access import signed_in
from tenants.choice import tenant_asked_for
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
            features_panel(collected, switch_link(shown) if may_elect else None),
            *([] if moment.is_past else growth_panel(collected)),
            *changes_panel(changes_ahead(shown, collected, moment.at, moment.asked)),
            categories_panel(request, collected),
            elements_panel(form.narrowed(collected.elements)),
        ],
    }


def switch_link(tenant: Tenant) -> Link:
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
            elected_by(each),
            len(collected.brings[each.feature.pk]),
        ]
        for each in standings
    ]
    headings = ("Feature", "Is", "Since", "Elected by", "Kinds of data")
    title = f"Optional features: {len(collected.on)} of {len(rows)} on"
    return Panel(title, table=Table(headings, rows, "The catalog knows no optional feature."), link=link)


def elected_by(standing: FeatureStanding) -> Any:
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
