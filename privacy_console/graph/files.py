"""The files that were named, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from privacy_console.errors import Refused


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files themselves; of a folder every *.json in it, by name. Raises OSError, Refused for an empty folder."""
    found: dict[Path, Path] = {}
    for path in paths:
        inside = sorted(one for one in path.iterdir() if _is_json(one)) if path.is_dir() else [path]
        if not inside:
            raise Refused("nothing_to_read", f"There is no *.json in the folder {path}.")
        found |= {one.resolve(strict=True): one for one in inside}
    return list(found.values())


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json" and path.is_file()


def shown_name(name: str) -> str:
    """A file's name as it can be kept: names need not be text on every system."""
    text = name.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
    return text if len(text) <= 200 else f"{text[:199]}…"
