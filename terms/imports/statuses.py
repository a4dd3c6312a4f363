"""What Microsoft Graph answers for `acceptanceStatuses` of one policy: pages, lists and single records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from privacy_console.errors import Refused
from privacy_console.graph.pages import Page, missing_pages
from privacy_console.graph.places import Place, Problem
from privacy_console.graph.properties import Properties, type_in_words
from privacy_console.graph.scanning import Lines, Scanner, is_list_of_page
from terms.imports.dates import FIRST_YEAR, LAST_YEAR, SECOND
from terms.imports.told import (
    GREATEST_VERSION,
    LONGEST_NAME,
    LONGEST_USER_NAME,
    Item,
    Items,
    Told,
    mistakes_in,
)

KIND = "termsAndConditionsAcceptanceStatus"
ADDRESS = "acceptanceStatuses"
POLICY = re.compile(r"termsAndConditions\('([^']{1,100})'\)")
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Statuses:
    """Reads one document after the other; what is missing can be told when all were read."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.policies: set[str] = set()

    def read_text(self, name: str, text: str) -> Items:
        """The records of a file. Raises Refused, with line and column, where it is no JSON."""
        try:
            yield from self._parts(name, text)
        except json.JSONDecodeError as error:
            where = Place(name, error.lineno, error.colno)
            raise Refused("no_json", f"{where}: not valid JSON ({error.msg}).") from None
        except (RecursionError, ValueError) as error:
            raise Refused("no_json", f"{name}: not valid JSON ({error}).") from None

    def _parts(self, name: str, text: str) -> Items:
        lines, members = Lines(text), dict[str, Any]()
        inside: int | None = None
        for path, value, offset in Scanner(text).parts():
            place = Place(name, *lines.at(offset), "".join(f"/{part}" for part in path))
            if inside is not None and len(path) == 2:
                inside += 1
                yield _record(value, place)
            elif is_list_of_page(path, value):
                inside = 0
            elif path and isinstance(path[0], str):
                members[path[0]] = value
            else:
                yield from self.read_document(value, place)
        if inside is not None:
            self._page(members, inside, Place(name))
        elif members:
            yield from self.read_document(members, Place(name, 1, 1))

    def read_document(self, document: Any, place: Place) -> Items:
        """The records of an answer that was decoded already: a page, or one record."""
        if isinstance(document, dict) and isinstance(document.get("value"), list):
            records = document["value"]
            for number, record in enumerate(records):
                yield _record(record, place._replace(pointer=f"{place.pointer}/value/{number}"))
            self._page(document, len(records), place)
        elif isinstance(document, dict) and "error" in document and "id" not in document:
            raise Refused("no_answer", f"{place}: the service answered with an error, and no data.")
        else:
            self._note_policy(document)
            yield _record(document, place)

    def _page(self, annotations: Mapping[str, Any], records: int, place: Place) -> None:
        self._note_policy(annotations)
        self.pages.append(Page.of(place, records, dict(annotations)))

    def _note_policy(self, annotations: Any) -> None:
        """One import is about one policy. Raises Refused where the answers speak of two."""
        context = annotations.get("@odata.context") if isinstance(annotations, Mapping) else None
        self.policies |= set(POLICY.findall(context)) if isinstance(context, str) else set()
        if len(self.policies) > 1:
            names = " and ".join(sorted(self.policies))
            raise Refused(
                "several_policies", f"The answers are about several policies, {names}: import each by itself."
            )

    def missing(self) -> Iterator[Problem]:
        """What shows that pages are not there. Those that are count nevertheless."""
        for problem in missing_pages(KIND, ADDRESS, self.pages):
            detail = problem.detail.replace(" Nothing is concluded from what is not in it.", "")
            yield Problem(problem.place, problem.code, detail)


def _record(record: Any, place: Place) -> Item:
    if not isinstance(record, Mapping):
        return Problem(place, "not_an_object", f"Here stands {type_in_words(record)} and no object.")
    if record.get("@odata.type", f"#microsoft.graph.{KIND}") != f"#microsoft.graph.{KIND}":
        return Problem(place, "unknown_kind", "This is no record of an acceptance.")
    properties = Properties(record, place)
    user_name = properties.text("userPrincipalName", longest=LONGEST_USER_NAME)
    display_name = properties.text("userDisplayName", longest=LONGEST_NAME)
    directory_id = next(reversed(GUID.findall(properties.text("id", needed=True))), "")
    at = properties.instant("acceptedDateTime", needed=True)
    mistakes = [*properties.mistakes, *mistakes_in(user_name, display_name, directory_id)]
    version = record.get("acceptedVersion")
    if isinstance(version, bool) or not isinstance(version, int) or not 0 <= version <= GREATEST_VERSION:
        mistakes.append("acceptedVersion is no version")
    elif at is None or not FIRST_YEAR <= at.year <= LAST_YEAR:
        mistakes.append("acceptedDateTime gives no time at which something was accepted")
    elif not mistakes:
        return Told(place, user_name, display_name, directory_id, version, at, SECOND)
    return Problem(place, "unreadable", f"{KIND} cannot be read: {'; '.join(mistakes)}.", "", user_name)
