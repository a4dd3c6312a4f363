"""What services are called there. Names are looked up, never guessed: the list is a data file with sources."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent.parent / "reference" / "graph_services.json"


def plain(name: str) -> str:
    """The name as it is compared: whatever its case, spaces and forms of the same letters."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@cache
def _codes() -> dict[tuple[str, str], str]:
    kinds = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        (kind, plain(known["name"])): code
        for kind, services in kinds.items()
        for code, names in services.items()
        for known in names
    }


def service_called(kind: str, name: str) -> str:
    """The code of the service that records of this kind call so; "" where the name is not known."""
    return _codes().get((kind, plain(name)), "")
