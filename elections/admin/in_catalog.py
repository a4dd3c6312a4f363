"""What the catalog's pages say about the tenants of the reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from catalog.admin.entries import contributes_to
from catalog.models import Collection, Element, Feature
from elections.admin.collected import TONES, because, elected_by, switch_link
from elections.admin.words import moment_in_words, on_badge, switch_in_words
from elections.collecting import (
    Change,
    ElementStanding,
    FeatureStanding,
    Standing,
    changes_ahead,
    collected_at,
    next_switches,
)
from elections.models import CollectionElection
from tenants.access import signed_in
from tenants.choice import tenants_allowing, visible_tenants
from tenants.models import Tenant
from tenants.pages.parts import Badge, Link, Panel, Table, admin_url, link_to
from tenants.roles import Permission

TENANTS_AT_ONCE = 5


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
    switch = switch_link(tenant) if may else None
    later = next_switches(changes_ahead(tenant, collected)).get(feature.code)
    return [
        tenant.name,
        on_badge(standing.is_on),
        standing.since,
        elected_by(standing),
        later and link_to(later.election, switch_in_words(later)),
        switch,
    ]
