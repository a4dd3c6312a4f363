"""The catalogue of words is complete, and holds nothing that no page says."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from portal.devices import short_name
from portal.words import LANGUAGES, NAMES, TIMES, WORDS, about, decisions, entry, everywhere, say, terms

PORTAL = Path(__file__).resolve().parent.parent.parent / "portal"
SOURCES = "\n".join(
    path.read_text()
    for path in PORTAL.rglob("*")
    if path.suffix in (".py", ".html") and path.parent.name != "words"
)
# Chosen by what a row says.
BY_VALUE = {
    "required",
    "elected",
    "not_elected",
    "never",
    "required_about",
    "elected_about",
    "not_elected_about",
    "never_about",
    "accepted",
    "declined",
}


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", WORDS)
def test_each_sentence_is_there_in_every_language_and_said_somewhere(key: str) -> None:
    sentences = WORDS[key]
    assert len(sentences) == len(LANGUAGES)
    assert all(sentences)
    assert len({frozenset(placeholders(sentence)) for sentence in sentences}) == 1
    assert key in BY_VALUE or re.search(rf'"{key}"', SOURCES)


def test_no_sentence_hides_another() -> None:
    parts = (everywhere, entry, terms, decisions, about)
    assert len(WORDS) == sum(len(part.WORDS) for part in parts)


def test_each_language_has_a_name_and_a_way_to_write_times() -> None:
    assert set(LANGUAGES) == set(NAMES) == set(TIMES)
    assert say("de", "version", number=3) == "Fassung 3"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_shortly(said: str, name: str) -> None:
    assert short_name(said) == name
