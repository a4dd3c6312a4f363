"""Countries by code and by name. Names are those in everyday use, in English, from the package `django-countries`."""

from __future__ import annotations

from collections.abc import Iterable

from django_countries import countries

# What the provider calls them, where that is not the everyday name.
ALSO_CALLED = {
    "united states": "US",
    "usa": "US",
    "uk": "GB",
    "great britain": "GB",
    "hong kong sar": "HK",
    "macau": "MO",
    "macao sar": "MO",
    "republic of korea": "KR",
    "czech republic": "CZ",
    "turkey": "TR",
    "the netherlands": "NL",
    "taiwan region": "TW",
}


def country_name(code: str) -> str:
    """What the country is called; the code itself where nobody has it (ISO 3166-1 alpha-2)."""
    return str(countries.name(code) or code)


def country_names(codes: Iterable[str]) -> list[str]:
    """The names, in their own order."""
    return sorted(country_name(code) for code in codes)


def country_code(text: str) -> str:
    """The ISO 3166-1 alpha-2 code of a country that is named by its code or exactly by its name; "" for any other.

    Nothing is guessed: a name that is only similar is unknown.
    """
    asked = " ".join(text.split())
    if not asked.isascii() or len(asked) > 3:
        return ALSO_CALLED.get(asked.casefold(), "") or str(countries.by_name(asked))
    return ALSO_CALLED.get(asked.casefold(), "") or str(countries.alpha2(asked.upper()))
