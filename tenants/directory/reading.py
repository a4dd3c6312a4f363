"""From a file to people, with every problem of the file at once, each with its line or position."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from privacy_console.errors import Refused

LARGEST = 100 * 1024 * 1024
LENGTHS = {"directory_id": 64, "user_principal_name": 254, "display_name": 256, "mail": 254, "language": 35}
LONGEST_GROUP_ID, LONGEST_GROUP_NAME = 64, 256
# The names that exports of the directory use for the same thing.
COLUMNS = {
    "directory_id": ("id", "objectid", "userid", "directoryid"),
    "user_principal_name": ("userprincipalname", "upn", "username"),
    "display_name": ("displayname", "name"),
    "mail": ("mail", "email", "emailaddress"),
    "language": ("preferredlanguage", "language"),
    "active": ("accountenabled", "active", "enabled"),
    "groups": ("groups", "memberof"),
}
REQUIRED = ("directory_id", "user_principal_name")
YES, NO = ("true", "yes", "1", ""), ("false", "no", "0")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
GROUP_TYPE = "#microsoft.graph.group"


@dataclass(frozen=True)
class PersonRecord:
    """A person as the file has them. groups: ids with names; None where the file says nothing of groups."""

    directory_id: str
    user_principal_name: str
    display_name: str = ""
    mail: str = ""
    language: str = ""
    active: bool = True
    groups: Mapping[str, str] | None = None


@dataclass
class Reading:
    """What was read: the people, by their ids, and what could not be."""

    people: dict[str, PersonRecord] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def take(self, where: str, values: Mapping[str, Any], groups: Mapping[str, str] | None) -> None:
        """Add the person, or the problems of the place in the file that they stand at."""
        problems = [*_problems_of(values), *_problems_of_groups(groups or {})]
        known = self.people.get(values["directory_id"])
        if known is not None and not problems:
            problems = [f"the id {values['directory_id']} stood there before"]
        if problems:
            self.problems += [f"{where}: {problem}" for problem in problems]
        else:
            person = PersonRecord(**values, groups=groups)
            self.people[person.directory_id] = person


def _problems_of(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if name == "active":
            continue
        if name in REQUIRED and not value:
            yield f"{COLUMNS[name][0]} is missing"
        if len(value) > LENGTHS[name]:
            yield f"{COLUMNS[name][0]} is longer than {LENGTHS[name]} characters"
        if any(not character.isprintable() for character in value):
            yield f"{COLUMNS[name][0]} contains control characters"
    if values["mail"] and not _is_address(values["mail"]):
        yield f"{values['mail']!r} is no e-mail address"
    if values["language"] and not LANGUAGE.match(values["language"]):
        yield f"{values['language']!r} is no language (write de or de-DE)"


def _problems_of_groups(groups: Mapping[str, str]) -> Iterator[str]:
    for directory_id, name in groups.items():
        if not directory_id or len(directory_id) > LONGEST_GROUP_ID or len(name) > LONGEST_GROUP_NAME:
            yield (
                f"a group's id has 1 to {LONGEST_GROUP_ID} characters, its name {LONGEST_GROUP_NAME} at most"
            )
        if not (directory_id + name).isprintable():
            yield "a group's name contains control characters"


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def read(content: bytes) -> Reading:
    """The people of a CSV file or of what Graph answers for `users`. Raises Refused for what is neither."""
    if len(content) > LARGEST:
        raise Refused("too_large", f"A file has {LARGEST // 1024 // 1024} MB at most. Split it.")
    text = _decoded(content)
    return _read_graph(text) if text.lstrip().startswith(("{", "[")) else _read_csv(text)


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refused("encoding", f"Byte {error.start} is not UTF-8. Save the file as “CSV UTF-8”.") from None


def _read_csv(text: str) -> Reading:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        return _rows_of(lines)
    except csv.Error as error:
        raise Refused("no_csv", f"Line {lines.line_num} is no CSV: {error}.") from None


def _rows_of(lines: Any) -> Reading:
    columns = _columns(next(lines, []))
    reading = Reading()
    for cells in lines:
        if any(cell.strip() for cell in cells):
            row = {name: cells[at].strip() for name, at in columns.items() if at < len(cells)}
            _take_row(reading, f"line {lines.line_num}", row, has_groups="groups" in columns)
    return reading


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _columns(header: list[str]) -> dict[str, int]:
    """Where each value stands. Raises Refused where a required column is missing."""
    plain = [re.sub(r"[^a-z]", "", cell.lower()) for cell in header]
    found = {name: at for name, known in COLUMNS.items() for at, cell in enumerate(plain) if cell in known}
    missing = [COLUMNS[name][0] for name in REQUIRED if name not in found]
    if missing:
        raise Refused("columns", f"The first line names no column {' and none '.join(missing)}.")
    return found


def _take_row(reading: Reading, where: str, row: dict[str, str], *, has_groups: bool) -> None:
    groups = row.pop("groups", "")
    active = row.pop("active", "").lower()
    if active not in (*YES, *NO):
        reading.problems.append(f"{where}: accountEnabled is {active!r}; write true or false")
        return
    named = {name.strip(): name.strip() for name in groups.split("|") if name.strip()} if has_groups else None
    values = {name: row.get(name, "") for name in LENGTHS}
    reading.take(where, values | {"active": active in YES}, named)


def _read_graph(text: str) -> Reading:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused("no_json", f"The file is no JSON: {error}.") from None
    users = document.get("value") if isinstance(document, dict) else document
    if not isinstance(users, list):
        raise Refused("no_users", "The file is no answer of Graph's users: it has no list “value”.")
    reading = Reading()
    for position, user in enumerate(users, start=1):
        if isinstance(user, dict):
            _take_user(reading, f"user {position}", user)
        else:
            reading.problems.append(f"user {position}: it is no object")
    if isinstance(document, dict) and document.get("@odata.nextLink"):
        reading.problems.append(
            "The answer goes on (@odata.nextLink): fetch the other pages too, and join them."
        )
    return reading


FROM_GRAPH = {
    "directory_id": "id",
    "user_principal_name": "userPrincipalName",
    "display_name": "displayName",
    "mail": "mail",
    "language": "preferredLanguage",
}


def _take_user(reading: Reading, where: str, user: dict[str, Any]) -> None:
    values: dict[str, Any] = {name: user.get(key) or "" for name, key in FROM_GRAPH.items()}
    wrong = [FROM_GRAPH[name] for name, value in values.items() if not isinstance(value, str)]
    enabled = user.get("accountEnabled", True)
    if wrong or not isinstance(enabled, bool):
        names = ", ".join([*wrong, *([] if isinstance(enabled, bool) else ["accountEnabled"])])
        reading.problems.append(f"{where}: {names} has the wrong type")
        return
    reading.take(where, values | {"active": enabled}, _groups_of(user))


def _groups_of(user: dict[str, Any]) -> dict[str, str] | None:
    """The groups among what the person is a member of; directory roles and the like are none."""
    known = user.get("memberOf")
    if not isinstance(known, list):
        return None
    return {
        str(each["id"]): str(each.get("displayName") or each["id"])
        for each in known
        if isinstance(each, dict) and "id" in each and each.get("@odata.type", GROUP_TYPE) == GROUP_TYPE
    }
