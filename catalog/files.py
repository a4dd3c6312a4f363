"""Reading a catalog file: from bytes to a checked document, with every mistake of the file at once.

A file is refused as a whole. What stops reading altogether (too large, another encoding, no JSON) is one problem; all
else is collected: the schema, then what a schema cannot say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from catalog.cross_check import Surroundings, coded, cross_mistakes
from catalog.kinds import KINDS, Record, State
from catalog.positions import locate, pointer
from catalog.problems import CatalogFileInvalid, Mistake, Problem
from catalog.schema_check import schema_mistakes, unstorable

__all__ = ["LARGEST", "CatalogFile", "CatalogFileInvalid", "Document", "Problem", "parse"]

LARGEST = 20 * 1024 * 1024


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
        return [*schema_mistakes(self.document), *unstorable(self.text, self.document)]

    @cached_property
    def has_repeated_keys(self) -> bool:
        return _has_repeated_keys(self.text)

    def codes_of(self, name: str) -> set[str]:
        """The codes of the records in one list of the file."""
        return {code for _, code in coded(self.document, name)} if isinstance(self.document, dict) else set()

    def checked(self, surroundings: Surroundings | None = None) -> Document:
        """The document, complete with defaults. Raises CatalogFileInvalid with all problems."""
        across = cross_mistakes(self.document, self.own_mistakes, surroundings or Surroundings())
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


# --- Bytes to JSON ---


def _stop(line: int, code: str, detail: str) -> CatalogFileInvalid:
    return CatalogFileInvalid([Problem(line, "", code, detail)])


def parse(content: bytes) -> CatalogFile:
    """The file as JSON. Raises CatalogFileInvalid where it is too large, not UTF-8 or not JSON."""
    if len(content) > LARGEST:
        size = f"{len(content) / 1024 / 1024:.0f} MB"
        raise _stop(
            1, "too_large", f"The file has {size}; a catalog file has at most {LARGEST // 1024 // 1024} MB."
        )
    text = _decoded(content)
    try:
        return CatalogFile(content, text, json.loads(text, parse_constant=_no_constant))
    except json.JSONDecodeError as error:
        raise _stop(error.lineno, *_malformed(text, error)) from None
    except RecursionError:
        raise _stop(1, "malformed_json", "Lists or objects are nested too deeply.") from None
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
        return (
            "truncated",
            f"The file ends in the middle of something (column {error.colno}); it seems to be cut off.",
        )
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
