"""Every sentence of the pages, in English and in German."""

from __future__ import annotations

from portal.words import about, decisions, entry, everywhere, terms

LANGUAGES = ("en", "de")
NAMES = {"en": "English", "de": "Deutsch"}
TIMES = {"en": "j F Y, H:i T", "de": "j. F Y, H:i T"}
WORDS: dict[str, tuple[str, str]] = {
    **everywhere.WORDS,
    **entry.WORDS,
    **terms.WORDS,
    **decisions.WORDS,
    **about.WORDS,
}


def say(language: str, key: str, **values: object) -> str:
    """The sentence in the language, with the values put in. Raises KeyError for a sentence that is not there."""
    return WORDS[key][LANGUAGES.index(language)].format(**values)


def time_format(language: str) -> str:
    return TIMES[language]
