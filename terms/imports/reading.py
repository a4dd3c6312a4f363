"""From files to what they tell: report or answers, decoded as they are read, with the digest of every byte."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from django.core.exceptions import ValidationError

from privacy_console.errors import Refused
from privacy_console.graph.files import files_of, shown_name
from privacy_console.graph.places import Place
from terms.imports.dates import DateOrder, zone_of
from terms.imports.report import read_report
from terms.imports.statuses import Statuses
from terms.imports.told import GREATEST_VERSION, Items, Told

LARGEST_ANSWER = 128 * 1024 * 1024  # read as one text; a report is read line by line, and may have any size
MOST_VERSIONS = 1_000
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

Advance = Callable[[int], None]


def _nobody_looks(_: int) -> None:
    """Nobody sees how far it is."""


@dataclass(frozen=True)
class How:
    """How a file is to be read where it does not say so itself.

    dates: of `DateOrder`, or "" where dates must not leave a doubt. time_zone: of times without one, IANA; "" is UTC.
    versions: which number a version of the other product has here, where that differs.
    """

    dates: str = ""
    time_zone: str = ""
    versions: Mapping[int, int] = field(default_factory=dict)

    def zone(self) -> tzinfo:
        """Raises ValidationError for what is no time zone."""
        return zone_of(self.time_zone)

    def check(self) -> None:
        """Raises ValidationError naming what cannot be."""
        self.zone()
        if self.dates and self.dates not in DateOrder.values:
            raise ValidationError({"dates": f"Choose {' or '.join(DateOrder.values)}."})
        numbers = [*self.versions.keys(), *self.versions.values()]
        if len(self.versions) > MOST_VERSIONS or not all(0 <= one <= GREATEST_VERSION for one in numbers):
            raise ValidationError({"versions": "Give pairs of version numbers: there, and here."})

    def as_data(self) -> dict[str, Any]:
        return {
            "dates": self.dates,
            "time_zone": self.time_zone or "UTC",
            "versions": {str(there): here for there, here in sorted(self.versions.items())},
        }


def versions_of(text: str) -> dict[int, int]:
    """`5=1, 6=2`: what is version 5 there is version 1 here. Raises ValidationError."""
    found: dict[int, int] = {}
    for pair in text.replace(",", " ").split():
        there, _, here = pair.partition("=")
        if not all(one.isascii() and one.isdecimal() and len(one) <= 10 for one in (there, here)):
            raise ValidationError({"versions": f"“{pair}” is no pair of versions: write 5=1."})
        if found.setdefault(int(there), int(here)) != int(here):
            raise ValidationError({"versions": f"Version {there} is named twice."})
    return found


@dataclass(frozen=True)
class Document:
    """A file by its name, opened each time that it is read; or an answer that was decoded already."""

    name: str
    open: Callable[[], BinaryIO] | None = None
    answer: Any = None


def documents_at(paths: Sequence[Path]) -> list[Document]:
    """Files, and each *.json of folders. Raises OSError, Refused for an empty folder."""
    return [Document(shown_name(file.name), partial(_opened, file)) for file in files_of(paths)]


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")


def document_of(name: str, content: bytes) -> Document:
    return Document(shown_name(name), partial(io.BytesIO, content))


def answers_of(name: str, answers: Sequence[Any]) -> list[Document]:
    """Answers of Graph that were decoded already, such as the body of a request."""
    return [Document(shown_name(name), answer=answer) for answer in answers]


class Reading:
    """Reads documents one after the other. Their digests are known when all was read."""

    def __init__(self, documents: Sequence[Document], how: How, advance: Advance = _nobody_looks) -> None:
        self.documents, self.how, self.advance = documents, how, advance
        self.files: list[dict[str, str]] = []
        self._statuses = Statuses()

    @property
    def name(self) -> str:
        first, more = self.documents[0].name, len(self.documents) - 1
        return f"{first} and {more} more" if more else first

    def sha256(self) -> str:
        """Of one file, what `sha256sum` says; of several, the digest of their digests, one in a line."""
        digests = [file["sha256"] for file in self.files]
        return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()

    def items(self) -> Items:
        """Everything that the documents tell. Raises Refused where one of them cannot be read as a whole, OSError."""
        self.how.check()
        for number, document in enumerate(self.documents):
            for item in self._items(document, number):
                yield self._as_here(item) if isinstance(item, Told) else item
        yield from self._statuses.missing()

    def _as_here(self, told: Told) -> Told:
        here = self.how.versions.get(told.version, told.version)
        return told if here == told.version else replace(told, version=here)

    def _items(self, document: Document, number: int) -> Items:
        if document.open is None:
            text = _canonical(document.answer)
            self._note(document.name, hashlib.sha256(text).hexdigest())
            place = Place(document.name, pointer=f"/documents/{number}")
            yield from self._statuses.read_document(document.answer, place)
            return
        with document.open() as file:
            start = file.read(4096)
        if _is_json(start):
            yield from self._statuses.read_text(document.name, self._whole(document.name, document.open))
            return
        source = _Source(document.open, _encoding_of(start), 1 if self.how.dates else 2, self.advance)
        yield from read_report(document.name, source.opened, self.how.dates, self.how.zone())
        self._note(document.name, source.digest.hexdigest())

    def _whole(self, name: str, opened: Callable[[], BinaryIO]) -> str:
        with opened() as file:
            content = file.read(LARGEST_ANSWER + 1)
        if len(content) > LARGEST_ANSWER:
            raise Refused("too_large", f"{name} has more than {LARGEST_ANSWER >> 20} MB. Split it.")
        self._note(name, hashlib.sha256(content).hexdigest())
        self.advance(len(content))
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Refused("encoding", f"{name}: byte {error.start} is not UTF-8. Save it as UTF-8.") from None

    def _note(self, name: str, digest: str) -> None:
        self.files.append({"name": name, "sha256": digest})


def _canonical(answer: Any) -> bytes:
    return json.dumps(answer, sort_keys=True, separators=(",", ":")).encode("ascii")


def _is_json(start: bytes) -> bool:
    return start.removeprefix(MARKS[0]).lstrip()[:1] in (b"{", b"[")


def _encoding_of(start: bytes) -> str:
    return "utf-16" if start.startswith(MARKS[1:]) else "utf-8-sig"


class _Source:
    """A file that is read as text, twice: to find out about its dates, then whole. The digest is of the last time."""

    def __init__(self, opened: Callable[[], BinaryIO], encoding: str, last: int, advance: Advance) -> None:
        self._open, self.encoding, self.last, self.advance = opened, encoding, last, advance
        self.digest = hashlib.sha256()
        self.readings = 0

    @contextmanager
    def opened(self) -> Iterator[TextIO]:
        self.digest, self.readings = hashlib.sha256(), self.readings + 1
        with self._open() as file:
            yield io.TextIOWrapper(io.BufferedReader(_Hashing(file, self)), self.encoding, newline="")


class _Hashing(io.RawIOBase):
    """Passes a file on, and its bytes to the digest."""

    def __init__(self, file: BinaryIO, source: _Source) -> None:
        self.file, self.source = file, source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self.file.read(len(buffer))
        buffer[: len(block)] = block
        self.source.digest.update(block)
        if self.source.readings == self.source.last:
            self.source.advance(len(block))
        return len(block)
