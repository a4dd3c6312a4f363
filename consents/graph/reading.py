"""Reading Graph's answers as they come: single objects, lists, pages, several files, folders.

A file that is no JSON is refused as a whole, with line and column. A record that cannot be read is told, and the others
go on. Only what is certain counts as complete: where a page, a file or a record is missing or unreadable, nothing is
concluded from what is not there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from consents.graph.kinds import ID_LENGTH, KINDS, Kind, kind_of_address, kind_of_record
from consents.graph.observations import Observation, Reading
from privacy_console.graph.files import files_of, shown_name
from privacy_console.graph.pages import Page, missing_pages
from privacy_console.graph.places import Place, Problem
from privacy_console.graph.properties import Properties, type_in_words
from privacy_console.graph.scanning import Lines, Scanner, is_list_of_page

LARGEST = 512 * 1024 * 1024
STEP = 1 << 20
_INK = re.compile(r"[^ \t\r\n]")

Advance = Callable[[int], None]


def _no_progress(size: int) -> None:
    """Nobody looks on."""


def read_files(paths: Sequence[Path], advance: Advance = _no_progress) -> Reading:
    """What the files and folders hold. advance: is told how many bytes were read. Raises OSError, Refused."""
    files = files_of(paths)
    answers = _Answers()
    for file in files:
        answers.take_file(file, advance)
    return answers.reading(_name_of(paths))


def _name_of(paths: Sequence[Path]) -> str:
    return _named(paths[0].name or paths[0].resolve().name, len(paths))


def _named(first: str, count: int) -> str:
    return first if count == 1 else f"{shown_name(first)} and {count - 1} more"


def read_documents(documents: Sequence[Any], name: str) -> Reading:
    """What answers say that were decoded already, such as the body of a request."""
    answers = _Answers()
    for number, document in enumerate(documents):
        one = _Answer(Place(shown_name(name)))
        one.take_document(document, one.place._replace(pointer=f"/documents/{number}"))
        answers.take(one, _canonical(document))
    return answers.reading(name)


def read_content(files: Sequence[tuple[str, bytes]]) -> Reading:
    """What uploaded files hold; each with its name, which need not be its own. At least one."""
    answers = _Answers()
    for name, content in files:
        answers.take_content(shown_name(name), content)
    return answers.reading(_named(files[0][0], len(files)))


def _canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")


class _Answers:
    """Everything that is read in one go, put together when all of it is there."""

    def __init__(self) -> None:
        self.digests: list[str] = []
        self.found: dict[tuple[str, str], Observation] = {}
        self.doubtful: set[tuple[str, str]] = set()
        self.problems: list[Problem] = []
        self.pages: dict[str, list[Page]] = defaultdict(list)
        self.kinds: set[str] = set()
        self.records = 0
        self.has_refused_file = False

    def take_file(self, file: Path, advance: Advance) -> None:
        name = shown_name(file.name)
        if file.stat().st_size > LARGEST:
            size = f"{LARGEST >> 20} MB"
            self._refuse(Problem(Place(name), "too_large", f"The file has more than {size}; split it."))
            return
        self.take_content(name, file.read_bytes(), advance)

    def take_content(self, name: str, content: bytes, advance: Advance = _no_progress) -> None:
        digest, answer, size = hashlib.sha256(content).hexdigest(), _Answer(Place(name)), len(content)
        text = _decoded(content, name)
        del content
        refused = text if isinstance(text, Problem) else answer.take_text(text, advance, size)
        if refused is None:
            self._merge(answer, digest)
        else:
            self.digests.append(digest)
            self._refuse(refused)

    def take(self, answer: _Answer, content: bytes) -> None:
        self._merge(answer, hashlib.sha256(content).hexdigest())

    def _refuse(self, problem: Problem) -> None:
        self.problems.append(problem)
        self.has_refused_file = True

    def _merge(self, answer: _Answer, digest: str) -> None:
        self.digests.append(digest)
        self.problems += answer.all_problems()
        self.kinds |= answer.kinds
        self.records += answer.records
        for kind, pages in answer.pages.items():
            self.pages[kind] += pages
        for observation in answer.observations:
            self._add(observation)

    def _add(self, observation: Observation) -> None:
        """Count a record that is there twice once; of two that contradict each other, neither."""
        known = self.found.setdefault(observation.key, observation)
        if known != observation and observation.key not in self.doubtful:
            self.doubtful.add(observation.key)
            detail = f"The record is there twice and says different things; first at {known.place}. Neither counts."
            self.problems.append(
                Problem(observation.place, "contradiction", detail, observation.kind, observation.external_id)
            )

    def reading(self, name: str) -> Reading:
        for kind, pages in self.pages.items():
            self.problems += missing_pages(kind, KINDS[kind].address, pages)
        return Reading(
            name=shown_name(name),
            sha256=self._digest(),
            observations=[one for key, one in self.found.items() if key not in self.doubtful],
            problems=self.problems,
            kinds=frozenset(self.kinds),
            complete=self._complete(),
            records=self.records,
        )

    def _digest(self) -> str:
        """Of one file, what `sha256sum` says; of several, the digest of their digests, one in a line."""
        if len(self.digests) == 1:
            return self.digests[0]
        return hashlib.sha256("\n".join(self.digests).encode()).hexdigest()

    def _complete(self) -> frozenset[str]:
        broken = {problem.kind for problem in self.problems}
        lists = set() if self.has_refused_file else {kind for kind in self.pages if not KINDS[kind].is_single}
        singles = {one.kind for one in self.found.values() if KINDS[one.kind].is_single}
        return frozenset((lists | singles) - broken)


class _Answer:
    """One file or document."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.observations: list[Observation] = []
        self.problems: list[Problem] = []
        self.pages: dict[str, list[Page]] = defaultdict(list)
        self.kinds: set[str] = set()
        self.records = 0
        self.strange: list[Place] = []  # the first record of no kind that we know
        self.strange_count = 0

    def all_problems(self) -> list[Problem]:
        if not self.strange:
            return self.problems
        others = f", and {self.strange_count - 1:,} more" if self.strange_count > 1 else ""
        detail = f"This is none of the records that say something about sharing{others}."
        return [*self.problems, Problem(self.strange[0], "unknown_kind", detail)]

    # --- Text ---

    def take_text(self, text: str, advance: Advance, size: int) -> Problem | None:
        """Read it; the problem where it is no JSON, and then nothing of it counts."""
        try:
            self._take_parts(text, advance, size)
        except json.JSONDecodeError as error:
            place = Place(self.place.file, error.lineno, error.colno)
            return Problem(place, "malformed_json", f"Not valid JSON: {_lowered(error.msg)}.")
        except RecursionError:
            return Problem(self.place, "malformed_json", "Lists or objects are nested too deeply.")
        except ValueError:
            return Problem(self.place, "malformed_json", "The file holds a number that JSON does not have.")
        return None

    def _take_parts(self, text: str, advance: Advance, size: int) -> None:
        if not _INK.search(text):
            raise json.JSONDecodeError("The file is empty", text, 0)
        lines, told = Lines(text), 0
        members: dict[str, Any] = {}
        page: list[Kind | None] | None = None
        for path, value, offset in Scanner(text).parts():
            pointer = "".join(f"/{part}" for part in path)
            place = Place(self.place.file, *lines.at(offset), pointer)
            if page is not None and len(path) == 2:
                expected = kind_of_address(members.get("@odata.context"))
                page.append(self.take_record(value, place, expected))
            elif is_list_of_page(path, value):
                page = []
            elif path and isinstance(path[0], str):
                members[path[0]] = value
            else:
                self.take_document(value, place)
            if offset - told > STEP:
                advance(offset - told)
                told = offset
        advance(max(size - told, 0))
        self._finish(members, page)

    def _finish(self, members: dict[str, Any], page: list[Kind | None] | None) -> None:
        """What is known only at the end of an object: that it was a page, or itself a record."""
        if page is not None:
            self._take_page(members, page, self.place)
        elif members or not (self.records or self.problems or self.pages):
            self.take_document(members, self.place._replace(line=1, column=1))

    # --- Documents ---

    def take_document(self, document: Any, place: Place) -> None:
        """A page, an object in `value`, or an object."""
        if not isinstance(document, dict):
            self.records += 1
            self._wrong(place, "not_an_object", f"Here stands {type_in_words(document)} and no object.")
        elif "error" in document and "id" not in document:
            self._take_error(document["error"], place)
        elif isinstance(document.get("value"), list):
            expected = kind_of_address(document.get("@odata.context"))
            inside = [
                self.take_record(record, place._replace(pointer=f"{place.pointer}/value/{number}"), expected)
                for number, record in enumerate(document["value"])
            ]
            self._take_page(document, inside, place)
        else:
            context = kind_of_address(document.get("@odata.context"))
            single = document.get("value")
            self.take_record(single if isinstance(single, dict) else document, place, context)

    def _take_error(self, error: Any, place: Place) -> None:
        code = error.get("code") if isinstance(error, dict) else None
        named = f" ({code})" if isinstance(code, str) and code.isalnum() and len(code) < 60 else ""
        self._wrong(place, "no_answer", f"The service answered with an error{named} and no data.")

    def _take_page(self, annotations: dict[str, Any], inside: Sequence[Kind | None], place: Place) -> None:
        kinds = {kind.name for kind in inside if kind is not None}
        said = kind_of_address(annotations.get("@odata.context"))
        if not kinds and said is None:
            if not inside:
                self._wrong(place, "empty_page", "An empty list that does not say what it would list.")
            return
        for name in kinds or ({said.name} if said else set()):
            self.kinds.add(name)
            self.pages[name].append(Page.of(place, len(inside), annotations))

    def take_record(self, record: Any, place: Place, expected: Kind | None) -> Kind | None:
        """Observe one record, or tell why it cannot be. Gives its kind."""
        self.records += 1
        if not isinstance(record, dict):
            said = f"Here stands {type_in_words(record)} and no object."
            self._wrong(place, "not_an_object", said, expected.name if expected else "")
            return expected
        kind = kind_of_record(record, expected)
        if kind is None:
            self.strange_count += 1
            self.strange = self.strange or [place]
            return None
        self.kinds.add(kind.name)
        self._observe(kind, record, place)
        return kind

    def _observe(self, kind: Kind, record: Mapping[str, Any], place: Place) -> None:
        properties = Properties(record, place)
        external_id = properties.text("id", needed=True, longest=ID_LENGTH)
        observation = kind.read(properties, external_id)
        if properties.mistakes:
            detail = f"{kind.name} cannot be read: {'; '.join(properties.mistakes)}."
            self._wrong(place, "unreadable_record", detail, kind.name, external_id[:ID_LENGTH])
            return
        self.observations.append(observation)

    def _wrong(self, place: Place, code: str, detail: str, kind: str = "", record: str = "") -> None:
        self.problems.append(Problem(place, code, detail, kind, record))


def _lowered(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:]}"


def _decoded(content: bytes, name: str) -> str | Problem:
    """The text, or why it is none that we read."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:100]:
        return Problem(Place(name, 1, 1), "wrong_encoding", "The file is UTF-16 or UTF-32; save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        detail = f"The file is not UTF-8 (byte 0x{content[error.start]:02x}); save it as UTF-8."
        return Problem(Place(name, line, column), "wrong_encoding", detail)
