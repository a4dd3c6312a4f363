"""`python -m bench.terms`: one engine's share, in processes of its own. The figures go to standard output as JSON."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from contextlib import ExitStack
from typing import Any

from bench import terms
from bench.decide import copy_database, other_database
from bench.terms.child import Child, child_of


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.terms", description=terms.__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, few rounds")
    quick: bool = parser.parse_args(arguments).quick
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    small, large = os.environ["DATABASE_URL"], other_database(os.environ["DATABASE_URL"])
    size, many = (terms.IMPORTED // 10, terms.MANY // 10) if quick else (terms.IMPORTED, terms.MANY)
    with ExitStack() as running:
        first = running.enter_context(child_of(small))
        made = first.ask("make", None)
        copy_database(small, large)
        children = {terms.FEW: first, many: running.enter_context(child_of(large))}
        for number, child in children.items():
            child.ask("fill", number)
        pages = _pages(children, list(terms.PAGES), 3 if quick else terms.ROUNDS)
        others = _pages(children, list(terms.WITHOUT_GOAL), 3)
        imports = first.ask("imports", [size, 2 if quick else terms.IMPORT_ROUNDS])
    figures = {"pages": pages, "others": others, "imports": imports, "memory": _memory(small, size)}
    json.dump({"server": made, "size": size, "many": many, **figures}, sys.stdout)


def _pages(children: dict[int, Child], pages: list[str], rounds: int) -> dict[str, Any]:
    """Seconds and queries of each page in both databases; the order is drawn anew in every round."""
    asked = [
        (way, page, size)
        for way in (terms.ROUNDS_GROW, terms.PEOPLE_GROW)
        for page in pages
        for size in children
    ]
    found: dict[str, Any] = {}
    for number in range(rounds + 1):
        for way, page, size in random.sample(asked, len(asked)):
            took, queries = children[size].ask("time", [way, page])
            its = found.setdefault(f"{page}, {way}", {}).setdefault(
                str(size), {"queries": queries, "seconds": []}
            )
            if number:
                its["seconds"].append(took)
    return {name: found[name] for name in sorted(found)}


def _memory(url: str, size: int) -> dict[int, int]:
    """How many MB a process of its own needs more for importing so many rows."""
    found: dict[int, int] = {}
    for count in (size // 10, size):
        with child_of(url) as child:
            found[count] = child.ask("peak", count)
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
