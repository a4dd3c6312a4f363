"""Show what led from one edition of a catalog to another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from catalog.differences import Comparison, KindComparison
from catalog.kinds import Record
from catalog.management.base import CatalogCommand
from catalog.services import compare
from tenants.access import require
from tenants.commands import one_line
from tenants.roles import Permission


class Command(CatalogCommand):
    help = "Compare two editions of a catalog: what was added, changed (old and new values) and removed between them."

    def add_options(self, parser: CommandParser) -> None:
        super().add_options(parser)
        parser.add_argument("before", type=int, metavar="FROM", help="Number of the first edition.")
        parser.add_argument(
            "after", type=int, nargs="?", metavar="TO", help="Of the second; the latest otherwise."
        )

    def perform(self, *, before: int, after: int | None, **options: Any) -> None:
        require(self.actor, Permission.VIEW_CATALOG)
        catalog = self.catalog(options["catalog"])
        first = self.edition(catalog, before)
        second = self.edition(catalog, after) if after is not None else catalog.latest_edition or first
        comparison = compare(first, second)
        self.show(comparison.as_data(), "\n".join(map(one_line_kept, lines_of(comparison))))


def one_line_kept(line: str) -> str:
    """One line of the terminal, its indent kept."""
    return " " * (len(line) - len(line.lstrip(" "))) + one_line(line)


def lines_of(comparison: Comparison) -> Iterator[str]:
    """The comparison for a person."""
    before, after = comparison.before, comparison.after
    dated = [f"{edition.number} ({edition.released_on})" for edition in (before, after)]
    yield f"{before.catalog.code}: edition {dated[0]} to {dated[1]}."
    if not comparison.has_changes:
        yield "  Nothing changed."
    for name, kind in comparison.kinds.items():
        if not kind.is_empty:
            yield f"  {name.replace('_', ' ')}"
            yield from _lines_of(kind)


def _lines_of(kind: KindComparison) -> Iterator[str]:
    yield from (f"    + {_named(code, record)}" for code, record in kind.added.items())
    yield from (f"    - {_named(code, record)}" for code, record in kind.removed.items())
    for code, values in kind.changed.items():
        yield f"    ~ {code}"
        yield from (f"        {key}: {_shown(old)} → {_shown(new)}" for key, (old, new) in values.items())


def _named(code: str, record: Record) -> str:
    return f"{code} ({record['name']})" if "name" in record else code


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
