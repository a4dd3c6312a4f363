"""What the documentation says of itself and of the command line: links lead somewhere, command lines are understood."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import CommandError

from tests.commands.running import our_commands

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "*/README.md", "*/reference/README.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.M | re.S)
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


def anchors(path: Path) -> set[str]:
    """The names under which a document's headings can be linked to."""
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub("", path.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def command_lines(path: Path) -> Iterator[str]:
    """What stands after `./console manage` in the document's blocks, without comments."""
    for block in BLOCK.findall(path.read_text()):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            found = re.search(r"\./console manage (.+?)(?:\s{2,}#?.*|\s*[|>)].*)?$", line)
            if found and "…" not in line:
                yield found[1]


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target, anchor in LINK.findall(path.read_text()):
        document = (path.parent / target).resolve() if target else path
        assert document.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(document), f"{target}#{anchor} is not there"


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_command_line_is_understood(path: Path) -> None:
    for line in command_lines(path):
        name, *arguments = shlex.split(line)
        app = get_commands().get(name)
        assert app is not None, f"there is no command {name}"
        if name in our_commands():
            command = load_command_class(str(app), name)
            try:
                command.create_parser("manage.py", name).parse_args(arguments)
            except CommandError as mistake:
                pytest.fail(f"{line}: {mistake}")


def test_there_are_command_lines() -> None:
    assert sum(len(list(command_lines(path))) for path in DOCUMENTS) > 20
