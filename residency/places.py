"""Which region or country a text of the provider's names, and whether it lies in a geography."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.countries import country_code
from catalog.models import Region

# The tenant status shows a geography with the number of a part of it, for example “Europe 0201”.
PART = re.compile(r"\s+[0-9]{2,5}\Z")
STORES = (Region.Kind.GEOGRAPHY, Region.Kind.LOCAL, Region.Kind.MACRO)


@dataclass(frozen=True)
class Spot:
    """A place that the catalog knows: a region, or a country."""

    region: Region | None = None
    country: str = ""

    @property
    def key(self) -> str:
        return f"region:{self.region.code}" if self.region else f"country:{self.country}"

    @property
    def countries(self) -> frozenset[str]:
        return frozenset(self.region.countries if self.region else [self.country])

    def lies_in(self, geography: Region) -> bool:
        """Whether all of it lies there: a local geography lies in the one around it, not the other way round."""
        is_same = self.region is not None and self.region.pk == geography.pk
        return is_same or (bool(self.countries) and self.countries <= set(geography.countries))


class Gazetteer:
    """The places of the catalog by their names and codes. One query."""

    def __init__(self, regions: Iterable[Region] | None = None) -> None:
        stored = Region.objects.current().filter(kind__in=STORES).order_by("-kind", "-provider", "code")
        self._spots: dict[str, Spot] = {}
        for region in stored if regions is None else regions:
            # The provider's own geographies come last, so that they win where a name stands twice.
            self._spots[region.name.casefold()] = Spot(region)
        self._codes = {spot.region.code.casefold(): spot for spot in self._spots.values() if spot.region}

    def find(self, text: str) -> Spot | None:
        """The region or country that is named exactly, or None: nothing is guessed.

        A name that is both a region's and a country's, such as Australia, is the region. A code that means two places
        is none: NA is North America there, and Namibia in ISO 3166-1.
        """
        name = PART.sub("", " ".join(text.split()))
        known = self._spots.get(name.casefold())
        if known is not None:
            return known
        country, region = country_code(name), self._codes.get(name.casefold())
        if country and (region is None or region.countries == {country}):
            return Spot(country=country)
        return None if country else region
