"""What the lists of the catalog can be narrowed by. Each works on past editions as well."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from catalog.models import Collection, Element, Flow, Purpose, Region, Service
from privacy_console.rest.filters import ChoiceFilter, FilterSet, FlagFilter, TextFilter


class EntryFilters(FilterSet):
    inferred = FlagFilter(help_text="Concluded by the catalog's authors, or stated in the source.")
    search = TextFilter(method="by_words", help_text="Words in the name, code or note.")

    def by_words(self, entries: Any, name: str, value: str) -> Any:
        for word in value.split():
            entries = entries.filter(
                Q(name__icontains=word) | Q(code__icontains=word) | Q(note__icontains=word)
            )
        return entries


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

    FLOW_FIELDS = {
        "service": "service__code",
        "third_party": "service__third_party__code",
        "direction": "direction",
    }

    def by_flow(self, elements: Any, name: str, value: str) -> Any:
        """All of the flow filters together ask for one flow that meets them all."""
        if name != self._asked()[0]:
            return elements
        state = self.view.state
        asked = {self.FLOW_FIELDS[n]: self.form.cleaned_data[n] for n in self._asked()}
        flows = state.entries(Flow).filter(**asked).values("id")
        return elements.filter(id__in=state.links().filter(flow_id__in=flows).values("element_id"))

    def _asked(self) -> list[str]:
        return [name for name in self.FLOW_FIELDS if self.form.cleaned_data.get(name)]

    def by_personal(self, elements: Any, name: str, value: str) -> Any:
        is_personal = Q(classification=Element.Classification.PERSONAL)
        return elements.filter(is_personal if value == "true" else ~is_personal)


class ThirdPartyFilters(EntryFilters):
    agent_of_processor = FlagFilter()
    shares_data = FlagFilter()


class ServiceFilters(EntryFilters):
    third_party = TextFilter(field_name="third_party__code", help_text="A third party's code.")
    connections = ChoiceFilter(choices=Service.Connections.choices)
    needs_consent = FlagFilter()


class FlowFilters(EntryFilters):
    service = TextFilter(field_name="service__code", help_text="A service's code.")
    third_party = TextFilter(field_name="service__third_party__code", help_text="A third party's code.")
    direction = ChoiceFilter(choices=Flow.Direction.choices)
    personal = FlagFilter(help_text="Whether it carries personal data.")
    element = TextFilter(method="by_element", help_text="Carries the element with this code.")

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
