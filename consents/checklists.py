"""What has to be done at each third party until sharing has really ended: facts as data, with their sources."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from catalog.models import Service

FILE = Path(__file__).parent / "reference" / "checklists.json"


@dataclass(frozen=True)
class Step:
    """One thing to do, and in how many days."""

    code: str
    title: str
    instructions: str
    due_days: int
    source: str


@cache
def _by_third_party() -> dict[str, list[Step]]:
    found = json.loads(FILE.read_text(encoding="utf-8"))
    return {party: [Step(**step) for step in steps] for party, steps in found.items()}


def steps_to_end(service: Service) -> list[Step]:
    """The steps for the service's third party; for one that is not in the file, what always has to be done."""
    lists = _by_third_party()
    return lists.get(service.third_party.code, lists[""])
