"""What is collected about somebody in the reader's situation, because it is required or because the tenant switched it
on; and whom the tenant shares it with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from catalog.models import Collection, Element
from consents.decisions import barriers
from consents.models import Consent, CoveredFlow
from elections.collecting import Change, Collected, ElementStanding, FeatureStanding, Standing, changes_ahead
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
    features: Sequence[FeatureStanding] = ()
    """Those that were switched on and bring it, where it is optional."""


@dataclass
class Group:
    """The data of one category."""

    name: str
    condition: str
    data: list[Datum] = field(default_factory=list)


@dataclass
class Part:
    """All that stands alike: required, elected, not elected, never."""

    standing: str
    groups: list[Group]

    @property
    def about(self) -> str:
        """Which sentence explains it."""
        return f"{self.standing}_about"

    @property
    def count(self) -> int:
        return sum(len(group.data) for group in self.groups)

    @property
    def features(self) -> list[FeatureStanding]:
        """The features that bring it, each once, by name."""
        found = {
            each.feature.pk: each for group in self.groups for datum in group.data for each in datum.features
        }
        return sorted(found.values(), key=lambda each: each.feature.name)


def by_standing(for_tenant: Collected, situation: Situation) -> list[Part]:
    """Required, switched on, not switched on, never: each by category, as it stands for the tenant. One query."""
    elements = Element.objects.current().select_related("category").order_by("category__name", "name", "pk")
    groups: dict[str, dict[int, Group]] = {standing: {} for standing in Standing.values}
    for element in elements:
        if situation.concerns(element):
            found = for_tenant.standing_of(element)
            category = element.category
            group = groups[found.standing].setdefault(category.pk, Group(category.name, category.condition))
            group.data.append(_datum(found, situation))
    return [Part(standing, list(found.values())) for standing, found in groups.items()]


def ahead(tenant: Tenant, now: Collected, situation: Situation) -> list[Change]:
    """What is decided already and will change for somebody in the situation, the nearest first. Two queries."""
    return [
        replace(
            change,
            starts=tuple(filter(situation.concerns, change.starts)),
            stops=tuple(filter(situation.concerns, change.stops)),
        )
        for change in changes_ahead(tenant, now)
    ]


def _datum(found: ElementStanding, situation: Situation) -> Datum:
    element = found.element
    condition = situation.condition(element)
    return Datum(element.name, element.example, condition, element.is_personal, found.features)


@dataclass
class Sharing:
    """A consent in force, with the names of what goes and comes under it."""

    consent: Consent
    out: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)


def shared(tenant: Tenant) -> list[Sharing]:
    """Whom the tenant shares data with now, what of it, and under which consent. Three queries, or four.

    What its elections keep from flowing is left out, as decisions leave it out.
    """
    consents = Consent.objects.for_tenant(tenant).in_force().select_related("service__third_party")
    found = {
        consent.pk: Sharing(consent)
        for consent in consents.order_by("service__third_party__name", "name", "pk")
    }
    flows = CoveredFlow.objects.for_tenant(tenant).filter(consent__in=list(found))
    barred = barriers(tenant)
    for flow in flows.order_by("name", "pk"):
        sharing = found[flow.consent_id]
        if barred.against(flow.code, [sharing.consent.safeguard]):
            continue
        names = sharing.out if flow.direction == "to_third_party" else sharing.back
        if flow.name not in names:
            names.append(flow.name)
    return list(found.values())
