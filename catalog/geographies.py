"""The places of storage that the catalog knows: the geographies that can be chosen, and the boundary around Europe."""

from __future__ import annotations

from typing import Any

from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Region
from catalog.querysets import EntryQuerySet

AREA, BOUNDARY = "EEA", "EUDB"
CHOSEN_AMONG = (Region.Kind.GEOGRAPHY, Region.Kind.LOCAL)


def geographies() -> EntryQuerySet:
    """The service's own geographies, as the latest edition has them: one of them is a tenant's."""
    own = Region.objects.current().filter(catalog__code=REFERENCE_CATALOG, provider=REFERENCE_CATALOG)
    return own.filter(kind__in=CHOSEN_AMONG).order_by("code")


def geographies_of(country: str, among: Any = None) -> list[Region]:
    """The geographies that list the country (ISO 3166-1 alpha-2): none, one, or several where it has its own as well.

    among: where they are at hand already.
    """
    return [region for region in (geographies() if among is None else among) if country in region.countries]


def protected_countries() -> frozenset[str]:
    """The countries of the EU Data Boundary (EU and EFTA), as the catalog lists them; ISO 3166-1 alpha-2."""
    found = Region.objects.current().filter(code=BOUNDARY).values_list("countries", flat=True)
    return frozenset(country for countries in found for country in countries)
