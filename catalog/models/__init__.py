"""The shared catalog: what a device-management service collects, where it can flow, where it is stored.

Rows are never deleted. Each load of a catalog is an edition, and an edition is a position in the audit trail: the
state of every row after its last event. So a past edition is read from the same history that proves every change.
"""

from __future__ import annotations

from catalog.models.edition import Catalog, Edition, Entry
from catalog.models.elements import (
    REFUSED_PURPOSES,
    Category,
    Collection,
    Element,
    Purpose,
    no_refused_purpose,
)
from catalog.models.features import Feature, FeatureElement
from catalog.models.pairs import ElementPair
from catalog.models.places import AdequacyDecision, AtRestException, BoundaryPhase, Datacentre, Region
from catalog.models.sharing import Directed, Flow, FlowElement, Service, ThirdParty, both_ways

ENTRY_MODELS: tuple[type[Entry], ...] = (
    Category, Element, Feature, ThirdParty, Service, Flow, Region, Datacentre, BoundaryPhase, AtRestException,
    AdequacyDecision,
)  # fmt: skip

__all__ = [
    "ENTRY_MODELS",
    "REFUSED_PURPOSES",
    "AdequacyDecision",
    "AtRestException",
    "BoundaryPhase",
    "Catalog",
    "Category",
    "Collection",
    "Datacentre",
    "Directed",
    "Edition",
    "Element",
    "ElementPair",
    "Entry",
    "Feature",
    "FeatureElement",
    "Flow",
    "FlowElement",
    "Purpose",
    "Region",
    "Service",
    "ThirdParty",
    "both_ways",
    "no_refused_purpose",
]
