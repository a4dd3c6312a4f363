"""What is never collected, as rules that every new element is held against.

How a rule matches is written in `catalog/reference/README.md`. The one path both a file and an entry by hand take is
`unanswered`: the rules an element matches and does not set aside with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> set[str]:
    """The words of a text as the rules see them: lower case, `camelCase` also split, plurals also without *s*."""
    words = set(WORD.findall(f"{text} {HUMP.sub(' ', text)}".casefold()))
    return words | {word[:-1] for word in words if len(word) > 3 and word.endswith("s")}


@dataclass(frozen=True)
class NeverRule:
    """Something that is never collected, and the words by which an attempt is recognised."""

    code: str
    name: str
    phrases: tuple[frozenset[str], ...]
    scope: str = ""

    def matched_phrase(self, words: set[str]) -> frozenset[str] | None:
        return next((phrase for phrase in self.phrases if phrase <= words), None)


@dataclass(frozen=True)
class Match:
    """A rule that forbids an element, and the words that gave it away."""

    rule: NeverRule
    phrase: frozenset[str]

    @property
    def detail(self) -> str:
        words = " + ".join(sorted(self.phrase))
        return (
            f"is never collected: it matches the rule {self.rule.code} ({self.rule.name}) by {words}. "
            f'Leave it out, or set "override" to {{"rule": "{self.rule.code}", "reason": …}}'
        )


def rule_of(element: Mapping[str, Any]) -> NeverRule:
    """The rule that a never-collected element stands for."""
    phrases = tuple(frozenset(word.casefold() for word in phrase) for phrase in element["never_phrases"])
    return NeverRule(element["code"], element["name"], phrases, element["never_scope"])


def rules_in(elements: Iterable[Mapping[str, Any]]) -> list[NeverRule]:
    """The rules among the elements (records of the file, complete)."""
    return [rule_of(element) for element in elements if element["collection"] == "never"]


def matches(element: Mapping[str, Any], rules: Iterable[NeverRule]) -> list[Match]:
    """Every rule that forbids the element; rules are not held against each other."""
    if element["collection"] == "never":
        return []
    words = words_of(f"{element['name']} {element['code']} {element['example']}")
    in_scope = (rule for rule in rules if element["category"].startswith(rule.scope))
    found = ((rule, rule.matched_phrase(words)) for rule in in_scope)
    return [Match(rule, phrase) for rule, phrase in found if phrase is not None]


def overridden_rules(element: Mapping[str, Any]) -> set[str]:
    """The codes of the rules that the element sets aside; one reason may answer several, separated by blanks."""
    return set(element["override"]["rule"].split()) if element["override"] else set()


def unanswered(element: Mapping[str, Any], rules: Iterable[NeverRule]) -> list[Match]:
    """The rules that forbid the element and that it does not explicitly set aside: it cannot be added while any is
    left."""
    answered = overridden_rules(element)
    return [match for match in matches(element, rules) if match.rule.code not in answered]
