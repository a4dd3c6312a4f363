"""What the schema says of a catalog file, in words for the person who wrote it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from catalog.kinds import FORMAT, schema
from catalog.positions import Path
from catalog.problems import REFUSED, Mistake, names_refused_purpose, shown, subject

# Escapes that JSON allows and no database stores: NUL, and half of a surrogate pair.
SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    is_iso = isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)
    return not isinstance(value, str) or bool(is_iso and date.fromisoformat(value))


@FORMATS.checks("date-or-empty", raises=ValueError)
def _is_date_or_empty(value: object) -> bool:
    return value == "" or _is_date(value)


def schema_mistakes(document: Any, *, is_whole: bool = True) -> Iterator[Mistake]:
    """Everything in which the document is not what `schema.json` says; a part of one may lack the header."""
    rule = schema() if is_whole else {key: value for key, value in schema().items() if key != "required"}
    validator = Draft202012Validator(rule, format_checker=FORMATS)
    for error in validator.iter_errors(document):
        yield from _in_our_words(error)


def _in_our_words(error: Any) -> Iterator[Mistake]:
    """A sentence for the person, in place of the library's."""
    path: Path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        for key in error.instance.keys() - error.schema["properties"].keys():
            yield Mistake(
                (*path, key), "unknown_key", f"Unknown key “{key}”{_did_you_mean(key, error.schema)}."
            )
    elif error.validator == "oneOf":
        inner = [e for e in error.context or () if e.schema_path[0] == 1]
        for each in inner:
            yield from _in_our_words(each)
    else:
        yield _one_mistake(path, error)


def _did_you_mean(key: str, rule: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key, rule["properties"], n=1)
    return f"; did you mean “{close[0]}”?" if close else ""


def _one_mistake(path: Path, error: Any) -> Mistake:
    if path == ("format",):
        return Mistake(
            path, "wrong_format", f"The format is {shown(error.instance)}; this console reads “{FORMAT}”."
        )
    if path[-1:] == ("purpose",) and names_refused_purpose(error.instance):
        return Mistake(path, "refused_purpose", f"{REFUSED}; the purpose is {shown(error.instance)}.")
    if error.validator == "required":
        key = re.findall(r"'(.*?)' is a required", error.message)[0]
        return Mistake((*path, key), "missing_key", f"“{key}” is missing{_inside(path)}.")
    return Mistake(path, _CODES.get(str(error.validator), "wrong_value"), _sentence(path, error))


_CODES = {"type": "wrong_type", "maxLength": "too_long"}
_TYPES = {
    "string": "text",
    "array": "a list",
    "object": "an object",
    "boolean": "true or false",
    "null": "null",
}


def _sentence(path: Path, error: Any) -> str:
    rule = error.validator_value
    sentences: dict[str, Callable[[], str]] = {
        "type": lambda: f"is {shown(error.instance)}, where {_TYPES.get(rule, rule)} belongs",
        "enum": lambda: (
            f"is {shown(error.instance)}; it is one of: {', '.join(v or '(empty)' for v in rule)}"
        ),
        "maxLength": lambda: f"has {len(error.instance)} characters; at most {rule} fit",
        "minLength": lambda: "is empty",
        "minItems": lambda: "is an empty list",
        "uniqueItems": lambda: "names something twice",
        "format": lambda: f"is {shown(error.instance)}, which is no date as in 2025-07-30",
        "pattern": lambda: f"is {shown(error.instance)}, which is not allowed here{_hint(error)}",
    }
    say = sentences.get(str(error.validator), lambda: f"is not allowed: {error.message}")
    return f"{subject(path)} {say()}."


def _hint(error: Any) -> str:
    description = error.schema.get("description")
    return f" ({description.rstrip('.')})" if description else ""


def _inside(path: Path) -> str:
    return f" in “{path[0]}”" if path and len(path) <= 2 else ""


def unstorable(text: str, document: Any) -> Iterator[Mistake]:
    """Texts that JSON allows and no database stores."""
    if SUSPECT.search(text):
        yield from unstorable_texts(document)


def unstorable_texts(document: Any) -> Iterator[Mistake]:
    """The same, for values that did not come as JSON text."""
    for path, value in _strings(document, ()):
        if UNSTORABLE.search(value):
            yield Mistake(path, "wrong_value", f"{subject(path)} contains a character that cannot be stored.")


def _strings(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        if isinstance(key, str):
            yield (*path, key), key
        yield from _strings(each, (*path, key))
