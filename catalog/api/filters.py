"""What the lists of the catalog can be narrowed by. Each works on past editions as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from catalog.api.state import CatalogState
from catalog.models import (
    Collection,
    Element,
    Feature,
    FeatureElement,
    Flow,
    Purpose,
    Region,
    Service,
)
from catalog.querysets import mentions
from privacy_console.rest.filters import ChoiceFilter, FilterSet, FlagFilter, TextFilter


def _of_third_party(flows: Any, state: CatalogState, code: str) -> Any:
    """Those through services that were the third party's then: a service can have moved to another since."""
    return flows.filter(service_id__in=state.entries(Service).filter(third_party__code=code).values("id"))


_NARROWED: dict[str, Callable[[Any, CatalogState, str], Any]] = {
    "service": lambda flows, state, code: flows.filter(service__code=code),
    "third_party": _of_third_party,
    "direction": lambda flows, state, direction: flows.filter(direction=direction),
}


class EntryFilters(FilterSet):
    inferred = FlagFilter(help_text="Concluded by the catalog's authors, or stated in the source.")
    search = TextFilter(method="by_words", help_text="Words in the name, code or note.")

    def by_words(self, entries: Any, name: str, value: str) -> Any:
        return entries.filter(mentions(value))


class CategoryFilters(EntryFilters):
    collection = ChoiceFilter(choices=Collection.choices)


class ElementFilters(EntryFilters):
    collection = ChoiceFilter(choices=Collection.choices)
    category = TextFilter(field_name="category__code", help_text="A category's code.")
    mam = ChoiceFilter(
        choices=Element.Mam.choices, help_text="Whether mobile application management collects it."
    )
    classification = ChoiceFilter(choices=Element.Classification.choices)
    identifiability = ChoiceFilter(choices=Element.Identifiability.choices)
    purpose = ChoiceFilter(choices=Purpose.choices)
    service = TextFilter(method="by_flow", help_text="Carried by a flow of this service.")
    third_party = TextFilter(method="by_flow", help_text="Carried by a flow to or from this third party.")
    direction = ChoiceFilter(
        choices=Flow.Direction.choices, method="by_flow", help_text="Carried by a flow in this direction."
    )
    personal = FlagFilter(method="by_personal", help_text="Whether it is personal data.")
    feature = TextFilter(method="by_feature", help_text="Brought by the feature with this code.")

    def by_feature(self, elements: Any, name: str, value: str) -> Any:
        state = self.view.state
        features = state.entries(Feature).filter(code=value).values("id")
        brought = state.links(FeatureElement).filter(feature_id__in=features)
        return elements.filter(id__in=brought.values("element_id"))

    def by_flow(self, elements: Any, name: str, value: str) -> Any:
        """All of the flow filters together ask for one flow that meets them all."""
        if name != self._asked()[0]:
            return elements
        state = self.view.state
        flows = state.entries(Flow)
        for name in self._asked():
            flows = _NARROWED[name](flows, state, self.form.cleaned_data[name])
        carried = state.links().filter(flow_id__in=flows.values("id"))
        return elements.filter(id__in=carried.values("element_id"))

    def _asked(self) -> list[str]:
        return [name for name in _NARROWED if self.form.cleaned_data.get(name)]

    def by_personal(self, elements: Any, name: str, value: str) -> Any:
        is_personal = Q(classification=Element.Classification.PERSONAL)
        return elements.filter(is_personal if value == "true" else ~is_personal)


class FeatureFilters(EntryFilters):
    role_change = ChoiceFilter(choices=Feature.RoleChange.choices)
    element = TextFilter(method="by_element", help_text="Brings the element with this code.")

    def by_element(self, features: Any, name: str, value: str) -> Any:
        state = self.view.state
        elements = state.entries(Element).filter(code=value).values("id")
        brought = state.links(FeatureElement).filter(element_id__in=elements)
        return features.filter(id__in=brought.values("feature_id"))


class ThirdPartyFilters(EntryFilters):
    agent_of_processor = FlagFilter()
    shares_data = FlagFilter()


class ServiceFilters(EntryFilters):
    third_party = TextFilter(field_name="third_party__code", help_text="A third party's code.")
    connections = ChoiceFilter(choices=Service.Connections.choices)
    needs_consent = FlagFilter()


class FlowFilters(EntryFilters):
    service = TextFilter(field_name="service__code", help_text="A service's code.")
    third_party = TextFilter(method="by_third_party", help_text="A third party's code.")
    direction = ChoiceFilter(choices=Flow.Direction.choices)
    personal = FlagFilter(help_text="Whether it carries personal data.")
    element = TextFilter(method="by_element", help_text="Carries the element with this code.")

    def by_third_party(self, flows: Any, name: str, value: str) -> Any:
        return _of_third_party(flows, self.view.state, value)

    def by_element(self, flows: Any, name: str, value: str) -> Any:
        state = self.view.state
        elements = state.entries(Element).filter(code=value).values("id")
        return flows.filter(id__in=state.links().filter(element_id__in=elements).values("flow_id"))


class RegionFilters(EntryFilters):
    kind = ChoiceFilter(choices=Region.Kind.choices)
    provider = TextFilter()


class DatacentreFilters(EntryFilters):
    country = TextFilter(help_text="ISO 3166-1 alpha-2.")
    geography = TextFilter()


class BoundaryPhaseFilters(EntryFilters):
    region = TextFilter(field_name="region__code", help_text="A region's code.")


class AdequacyDecisionFilters(EntryFilters):
    country = TextFilter(help_text="ISO 3166-1 alpha-2.")
    partial = FlagFilter(help_text="Whether it holds for some recipients only.")
