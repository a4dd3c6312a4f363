"""Reading a catalog file: from bytes to a checked document, with every mistake of the file at once.

A file is refused as a whole. What stops reading altogether (too large, another encoding, no JSON) is one problem; all
else is collected: the schema, then what a schema cannot say.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from catalog.kinds import FOLDER, FORMAT, KINDS, Kind, Record, State, schema
from catalog.models import REFUSED_PURPOSES
from catalog.never import NeverRule, rules_in, unanswered
from catalog.positions import Path, locate, pointer

LARGEST = 20 * 1024 * 1024
REFUSED = "Personal data is never processed for profiling, advertising or marketing"
# Escapes that JSON allows and no database stores: NUL, and half of a surrogate pair.
SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake of a file. line: from 1. pointer: RFC 6901. code: stable, for machines. detail: for the person."""

    line: int
    pointer: str
    code: str
    detail: str


class CatalogFileInvalid(DjangoValidationError):
    """The file cannot be loaded; `problems` are all its mistakes, in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__([f"Line {problem.line}: {problem.detail}" for problem in self.problems])


@dataclass(frozen=True)
class Mistake:
    """A problem whose line is not known yet."""

    path: Path
    code: str
    detail: str


@dataclass(frozen=True)
class Surroundings:
    """What the file is held against besides itself.

    rules: never-rules that hold whatever the file says. hand_entered: what operators added to the same catalog, by
    kind and code, as records.
    """

    rules: Sequence[NeverRule] = ()
    hand_entered: State = field(default_factory=dict)


@dataclass(frozen=True)
class CatalogFile:
    """A file that is JSON. Nothing else is known of it before `checked`."""

    content: bytes
    text: str
    document: Any

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def catalog_code(self) -> str:
        """The code of the catalog it says it is, "" where it does not say."""
        header = self.document.get("catalog") if isinstance(self.document, dict) else None
        code = header.get("code") if isinstance(header, dict) else None
        return code if isinstance(code, str) else ""

    @cached_property
    def own_mistakes(self) -> list[Mistake]:
        """What is wrong with single values and records."""
        return [*_schema_mistakes(self.document), *_unstorable(self.text, self.document)]

    @cached_property
    def has_repeated_keys(self) -> bool:
        return _has_repeated_keys(self.text)

    def codes_of(self, name: str) -> set[str]:
        """The codes of the records in one list of the file."""
        return {code for _, code in _coded(self.document, name)} if isinstance(self.document, dict) else set()

    def checked(self, surroundings: Surroundings | None = None) -> Document:
        """The document, complete with defaults. Raises CatalogFileInvalid with all problems."""
        across = _cross_mistakes(self.document, self.own_mistakes, surroundings or Surroundings())
        mistakes = [*self.own_mistakes, *across]
        if mistakes or self.has_repeated_keys:
            raise CatalogFileInvalid(self._located(mistakes))
        return Document(self.document)

    def _located(self, mistakes: Sequence[Mistake]) -> Iterator[Problem]:
        found = locate(self.text, (mistake.path for mistake in mistakes))
        for m in mistakes:
            yield Problem(found.lines[m.path], pointer(m.path), m.code, m.detail)
        for path, line in found.repeated:
            detail = f"The key “{path[-1]}” stands here a second time; only one of the two can be meant."
            yield Problem(line, pointer(path), "duplicate_key", detail)


class Document:
    """A file's content, checked and with every key."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw

    @property
    def header(self) -> Record:
        return {"description": "", **self._raw["catalog"]}

    @property
    def released_on(self) -> date:
        return date.fromisoformat(self._raw["edition"]["released_on"])

    @property
    def note(self) -> str:
        return str(self._raw["edition"].get("note", ""))

    @cached_property
    def state(self) -> State:
        """Every record by kind and code."""
        return {
            name: {record["code"]: kind.complete(record) for record in self._raw.get(name, ())}
            for name, kind in KINDS.items()
        }


# --- Bytes to JSON -------------------------------------------------------------------------------------------------


def _stop(line: int, code: str, detail: str) -> CatalogFileInvalid:
    return CatalogFileInvalid([Problem(line, "", code, detail)])


def parse(content: bytes) -> CatalogFile:
    """The file as JSON. Raises CatalogFileInvalid where it is too large, not UTF-8 or not JSON."""
    if len(content) > LARGEST:
        size = f"{len(content) / 1024 / 1024:.0f} MB"
        raise _stop(1, "too_large", f"The file has {size}; a catalog file has at most {LARGEST // 1024 // 1024} MB.")
    text = _decoded(content)
    try:
        return CatalogFile(content, text, json.loads(text, parse_constant=_no_constant))
    except json.JSONDecodeError as error:
        raise _stop(error.lineno, *_malformed(text, error)) from None
    except RecursionError:
        raise _stop(1, "malformed_json", "Lists or objects are nested too deeply; a catalog needs four levels.") from None
    except ValueError as error:
        raise _stop(1, "malformed_json", f"Not valid JSON: {error}.") from None


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _stop(1, "wrong_encoding", "The file is UTF-16 or UTF-32; save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        detail = f"The file is not UTF-8 (byte 0x{content[error.start]:02x}); save it as UTF-8."
        raise _stop(line, "wrong_encoding", detail) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _malformed(text: str, error: json.JSONDecodeError) -> tuple[str, str]:
    if not text.strip():
        return "malformed_json", "The file is empty."
    if "\x00" in text[:100]:
        return "wrong_encoding", "The file is UTF-16 or UTF-32; save it as UTF-8."
    is_cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if is_cut:
        return "truncated", f"The file ends in the middle of something (column {error.colno}); it seems to be cut off."
    return "malformed_json", f"Not valid JSON at column {error.colno}: {error.msg[0].lower()}{error.msg[1:]}."


class _Repeated(Exception):
    pass


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Repeated
    return found


def _has_repeated_keys(text: str) -> bool:
    try:
        json.loads(text, object_pairs_hook=_refuse_repeated)
    except _Repeated:
        return True
    return False


# --- The schema ------------------------------------------------------------------------------------------------------

FORMATS = FormatChecker(formats=())


@FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    is_iso = isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)
    return not isinstance(value, str) or bool(is_iso and date.fromisoformat(value))


@FORMATS.checks("date-or-empty", raises=ValueError)
def _is_date_or_empty(value: object) -> bool:
    return value == "" or _is_date(value)


def _schema_mistakes(document: Any) -> Iterator[Mistake]:
    validator = Draft202012Validator(schema(), format_checker=FORMATS)
    for error in validator.iter_errors(document):
        yield from _in_our_words(error)


def _in_our_words(error: ValidationError) -> Iterator[Mistake]:
    """A sentence for the person, in place of the library's."""
    path: Path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        for key in error.instance.keys() - error.schema["properties"].keys():
            yield Mistake((*path, key), "unknown_key", f"Unknown key “{key}”{_did_you_mean(key, error.schema)}.")
    elif error.validator == "oneOf":
        inner = [e for e in error.context or () if e.schema_path[0] == 1]
        for each in inner:
            yield from _in_our_words(each)
    else:
        yield _one_mistake(path, error)


def _did_you_mean(key: str, rule: Mapping[str, Any]) -> str:
    import difflib

    close = difflib.get_close_matches(key, rule["properties"], n=1)
    return f"; did you mean “{close[0]}”?" if close else ""


def _one_mistake(path: Path, error: ValidationError) -> Mistake:
    if path == ("format",):
        return Mistake(path, "wrong_format", f"The format is {_shown(error.instance)}; this console reads “{FORMAT}”.")
    if path[-1:] == ("purpose",) and _names_refused_purpose(error.instance):
        return Mistake(path, "refused_purpose", f"{REFUSED}; the purpose is {_shown(error.instance)}.")
    if error.validator == "required":
        key = re.findall(r"'(.*?)' is a required", error.message)[0]
        return Mistake((*path, key), "missing_key", f"“{key}” is missing{_inside(path)}.")
    return Mistake(path, _CODES.get(str(error.validator), "wrong_value"), _sentence(path, error))


_CODES = {"type": "wrong_type", "maxLength": "too_long"}
_TYPES = {"string": "text", "array": "a list", "object": "an object", "boolean": "true or false", "null": "null"}


def _sentence(path: Path, error: ValidationError) -> str:
    subject, rule = _subject(path), error.validator_value
    sentences = {
        "type": lambda: f"is {_shown(error.instance)}, where {_TYPES.get(rule, rule)} belongs",
        "enum": lambda: f"is {_shown(error.instance)}; it is one of: {', '.join(v or '(empty)' for v in rule)}",
        "maxLength": lambda: f"has {len(error.instance)} characters; at most {rule} fit",
        "minLength": lambda: "is empty",
        "minItems": lambda: "is an empty list",
        "uniqueItems": lambda: "names something twice",
        "format": lambda: f"is {_shown(error.instance)}, which is no date as in 2025-07-30",
        "pattern": lambda: f"is {_shown(error.instance)}, which is not allowed here{_hint(error)}",
    }
    say = sentences.get(str(error.validator), lambda: f"is not allowed: {error.message}")
    return f"{subject} {say()}."


def _hint(error: ValidationError) -> str:
    description = error.schema.get("description")
    return f" ({description.rstrip('.')})" if description else ""


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


def _subject(path: Path) -> str:
    """The key the sentence is about: a record itself has none."""
    names = [part for part in path if isinstance(part, str)]
    if not path:
        return "The file"
    if len(path) == 2 and isinstance(path[1], int):
        return f"Record {path[1] + 1} of “{names[0]}”"
    return f"“{names[-1]}”"


def _inside(path: Path) -> str:
    return f" in “{path[0]}”" if path and len(path) <= 2 else ""


def _names_refused_purpose(value: Any) -> bool:
    return isinstance(value, str) and any(word in value.casefold() for word in REFUSED_PURPOSES)


# --- What a schema cannot say ------------------------------------------------------------------------------------------


def _unstorable(text: str, document: Any) -> Iterator[Mistake]:
    if SUSPECT.search(text) is None:
        return
    for path, value in _strings(document, ()):
        if UNSTORABLE.search(value):
            yield Mistake(path, "wrong_value", f"{_subject(path)} contains a character that cannot be stored.")


def _strings(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        if isinstance(key, str):
            yield (*path, key), key
        yield from _strings(each, (*path, key))


@cache
def iso_categories() -> frozenset[str]:
    """The data categories of ISO/IEC 19944-1 that the console knows."""
    vocabulary = json.loads((FOLDER / "reference" / "iso19944.json").read_text(encoding="utf-8"))
    return frozenset(category["code"] for category in vocabulary["categories"])


@dataclass(frozen=True)
class Placed:
    """A record with its place; keys whose values the schema refuses have neutral ones."""

    path: Path
    record: Record
    is_sound: bool = True

    def mistake(self, code: str, detail: str, *key: str | int) -> Mistake:
        return Mistake((*self.path, *key), code, f"“{self.record['code']}” {detail}.")


def _cross_mistakes(document: Any, known: Sequence[Mistake], around: Surroundings) -> Iterator[Mistake]:
    if isinstance(document, dict):
        yield from _Cross(document, {m.path[:3] for m in known}, around).mistakes()


class _Cross:
    """The checks between records. Of a record with mistakes of its own, the other values are judged all the same."""

    def __init__(self, document: Mapping[str, Any], faulty: set[Path], around: Surroundings) -> None:
        self.around = around
        self.placed = {name: list(_placed(kind, document, faulty)) for name, kind in KINDS.items()}
        self.coded = {name: list(_coded(document, name)) for name in KINDS}
        by_hand = around.hand_entered
        self.codes = {n: {code for _, code in self.coded[n]} | set(by_hand.get(n, {})) for n in KINDS}
        elements = [item.record for item in self.placed["elements"]]
        hand_elements = by_hand.get("elements", {})
        self.rules = [*around.rules, *rules_in(elements), *rules_in(hand_elements.values())]
        self.collection = {
            name: {code: r["collection"] for code, r in by_hand.get(name, {}).items()}
            | {item.record["code"]: item.record["collection"] for item in self.placed[name]}
            for name in ("categories", "elements")
        }

    def mistakes(self) -> Iterator[Mistake]:
        yield from self._repeated_codes()
        for kind, items in ((KINDS[name], items) for name, items in self.placed.items()):
            for item in items:
                yield from self._unknown_references(kind, item)
                yield from self._clash(kind, item)
                if "purpose_text" in item.record and _names_refused_purpose(item.record["purpose_text"]):
                    yield item.mistake("refused_purpose", f"has a refused purpose. {REFUSED}", "purpose_text")
        for item in self.placed["elements"]:
            yield from self._element(item)
        for item in self.placed["flows"]:
            yield from self._flow(item)
        yield from self._left_behind()
        yield from self._hand_entered_against_new_rules()

    def _repeated_codes(self) -> Iterator[Mistake]:
        for name, coded in self.coded.items():
            first: dict[str, Path] = {}
            for path, code in coded:
                if code in first:
                    where = f"record {int(first[code][1]) + 1} of “{name}”"
                    yield Mistake((*path, "code"), "duplicate_code", f"The code “{code}” is taken by {where} already.")
                first.setdefault(code, path)

    def _unknown_references(self, kind: Kind, item: Placed) -> Iterator[Mistake]:
        for key, target in kind.references.items():
            if item.record[key] and item.record[key] not in self.codes[target]:
                yield item.mistake("unknown_reference", f"refers to an unknown {key}: “{item.record[key]}”", key)

    def _clash(self, kind: Kind, item: Placed) -> Iterator[Mistake]:
        entered = self.around.hand_entered.get(kind.name, {}).get(item.record["code"])
        if entered is not None and item.is_sound and entered != kind.complete(item.record):
            detail = "was entered by hand, with other content; give the record another code, or amend the entry"
            yield item.mistake("entered_by_hand", detail, "code")

    def _element(self, item: Placed) -> Iterator[Mistake]:
        element = item.record
        expected = self.collection["categories"].get(element["category"])
        if expected and element["collection"] and expected != element["collection"]:
            detail = f"is {element['collection']}, but its category “{element['category']}” is {expected}"
            yield item.mistake("wrong_collection", detail, "collection")
        yield from element_mistakes(item)
        for match in unanswered(element, self.rules):
            yield item.mistake("never_collected", match.detail)

    def _flow(self, item: Placed) -> Iterator[Mistake]:
        for index, code in enumerate(item.record["elements"]):
            if code not in self.codes["elements"]:
                yield item.mistake("unknown_reference", f"carries an unknown element: “{code}”", "elements", index)
            elif self.collection["elements"].get(code) == "never":
                yield item.mistake("never_collected", f"carries “{code}”, which is never collected", "elements", index)

    def _left_behind(self) -> Iterator[Mistake]:
        """What was entered by hand stays, so what it refers to must stay too."""
        for name, records in self.around.hand_entered.items():
            for record in records.values():
                for key, target, code in references_of(KINDS[name], record):
                    if code not in self.codes[target]:
                        detail = f"“{code}” is missing, but “{record['code']}”, entered by hand, refers to it ({key})."
                        yield Mistake((target,), "still_referred_to", detail)

    def _hand_entered_against_new_rules(self) -> Iterator[Mistake]:
        for item in self.placed["elements"]:
            rules = rules_in([item.record])
            for element in self.around.hand_entered.get("elements", {}).values() if rules else ():
                if unanswered(element, rules):
                    detail = f"is a rule that forbids “{element['code']}”, which was entered by hand; amend that first"
                    yield item.mistake("never_collected", detail)


def _records(document: Mapping[str, Any], name: str) -> Iterator[tuple[Path, Any]]:
    records = document.get(name)
    yield from (((name, i), r) for i, r in enumerate(records if isinstance(records, list) else ()))


def _coded(document: Mapping[str, Any], name: str) -> Iterator[tuple[Path, str]]:
    for path, record in _records(document, name):
        if isinstance(record, dict) and isinstance(record.get("code"), str):
            yield path, record["code"]


def _placed(kind: Kind, document: Mapping[str, Any], faulty: set[Path]) -> Iterator[Placed]:
    neutral = {key: rule.get("default", "") for key, rule in kind.properties.items()}
    for path, record in _records(document, kind.name):
        if isinstance(record, dict):
            sound = {key: value for key, value in record.items() if (*path, key) not in faulty}
            yield Placed(path, neutral | sound, is_sound=len(sound) == len(record) and path not in faulty)


def references_of(kind: Kind, record: Record) -> Iterator[tuple[str, str, str]]:
    """Every reference of a record: key, kind referred to, code."""
    yield from ((key, target, record[key]) for key, target in kind.references.items())
    yield from (("elements", "elements", code) for code in record.get("elements", ()))


def element_mistakes(item: Placed) -> Iterator[Mistake]:
    """What can be wrong with an element by itself, beyond the schema."""
    element = item.record
    if element["mam"] == "conditional" and not element["mam_condition"].strip():
        yield item.mistake("condition_missing", "says “mam”: “conditional” without a “mam_condition”", "mam_condition")
    if element["iso19944"] and element["iso19944"] not in iso_categories():
        detail = f"has an unknown category of ISO/IEC 19944-1: “{element['iso19944']}”"
        yield item.mistake("unknown_reference", detail, "iso19944")
    is_rule = element["collection"] == "never"
    if is_rule and not element["never_phrases"]:
        yield item.mistake("rule_without_phrases", "is never collected, but no “never_phrases” tell how to recognise it")
    if element["never_phrases"] and element["collection"] in ("required", "optional"):
        yield item.mistake("wrong_value", "has “never_phrases” although it is collected", "never_phrases")
