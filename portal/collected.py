"""What the catalog says about somebody in the reader's situation, and whom the tenant shares it with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from catalog.models import Collection, Element
from consents.models import Consent, CoveredFlow
from tenants.models import Tenant

# As the reference catalog writes the condition.
CORPORATE_ONLY = re.compile(r"\bcorporate[-\w ]* devices only", re.IGNORECASE)


@dataclass(frozen=True)
class Situation:
    """How the reader's device is managed, and whose it is."""

    is_full: bool = True
    is_corporate: bool = True

    @classmethod
    def chosen(cls, management: str, device: str) -> Situation:
        """From what an address says; without it, the one in which most is collected."""
        return cls(is_full=management != "apps", is_corporate=device != "personal")

    def concerns(self, element: Element) -> bool:
        """Whether the element is collected in this situation; what is never collected, never is in any."""
        if element.collection == Collection.NEVER:
            return True
        if not self.is_full and element.mam == Element.Mam.NO:
            return False
        return self.is_corporate or not CORPORATE_ONLY.search(element.collection_condition)

    def condition(self, element: Element) -> str:
        """On which condition, in the catalog's words; empty for none."""
        words = [element.collection_condition, "" if self.is_full else element.mam_condition]
        return "; ".join(filter(None, words))


@dataclass
class Datum:
    name: str
    example: str
    condition: str
    is_personal: bool


@dataclass
class Group:
    """The data of one category."""

    name: str
    condition: str
    data: list[Datum] = field(default_factory=list)


@dataclass
class Part:
    """All that is required, optional or never collected."""

    collection: str
    groups: list[Group]

    @property
    def about(self) -> str:
        """Which sentence explains it."""
        return f"{self.collection}_about"

    @property
    def count(self) -> int:
        return sum(len(group.data) for group in self.groups)


def collected(situation: Situation) -> list[Part]:
    """Required, optional, never: each by category, as the catalog's latest edition has it. One query."""
    elements = Element.objects.current().select_related("category").order_by("category__name", "name", "pk")
    groups: dict[str, dict[int, Group]] = {collection: {} for collection in Collection.values}
    for element in elements:
        if situation.concerns(element):
            of_part = groups[element.collection]
            category = element.category
            group = of_part.setdefault(category.pk, Group(category.name, category.condition))
            group.data.append(_datum(element, situation))
    return [Part(collection, list(found.values())) for collection, found in groups.items()]


def _datum(element: Element, situation: Situation) -> Datum:
    return Datum(element.name, element.example, situation.condition(element), element.is_personal)


@dataclass
class Sharing:
    """A consent in force, with the names of what goes and comes under it."""

    consent: Consent
    out: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)


def shared(tenant: Tenant) -> list[Sharing]:
    """Whom the tenant shares data with now, and under which consent. Two queries."""
    consents = Consent.objects.for_tenant(tenant).in_force().select_related("service__third_party")
    found = {
        consent.pk: Sharing(consent)
        for consent in consents.order_by("service__third_party__name", "name", "pk")
    }
    flows = CoveredFlow.objects.for_tenant(tenant).filter(consent__in=list(found))
    for flow in flows.order_by("name", "pk"):
        sharing = found[flow.consent_id]
        names = sharing.out if flow.direction == "to_third_party" else sharing.back
        if flow.name not in names:
            names.append(flow.name)
    return list(found.values())
