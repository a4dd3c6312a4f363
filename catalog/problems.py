"""What can be wrong with a catalog file, and with one entry of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from catalog.models import REFUSED_PURPOSES
from catalog.positions import Path

REFUSED = "Personal data is never processed for profiling, advertising or marketing"


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake of a file. line: from 1. pointer: RFC 6901. code: stable, for machines. detail: for the person."""

    line: int
    pointer: str
    code: str
    detail: str


class CatalogFileInvalid(ValidationError):
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


def names_refused_purpose(value: Any) -> bool:
    """Whether a text names profiling, advertising or marketing."""
    return isinstance(value, str) and any(word in value.casefold() for word in REFUSED_PURPOSES)


def shown(value: Any) -> str:
    """A value as the file writes it, shortened."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


def subject(path: Path) -> str:
    """What a sentence about the value at the path is about."""
    names = [part for part in path if isinstance(part, str)]
    if not path:
        return "The file"
    if len(path) == 2 and isinstance(path[1], int):
        return f"Record {path[1] + 1} of “{names[0]}”"
    return f"“{names[-1]}”"
