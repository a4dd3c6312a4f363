"""Measures what the README claims, on SQLite and on PostgreSQL, and prints a table of ratios."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from bench import decide, residency, terms
from bench.timing import Result, Spread
from tests import postgres

NAMES = {
    "update": "One object changed and saved, each committed by itself",
    "bulk": "Many rows in one bulk_create",
    "pieces": "What single pieces of the console's record cost, in a bulk insert",
    "terms": "Acceptances imported, and pages about them with many",
    "decide": "Decisions over HTTP, against an empty view behind the same middleware and token check",
    "residency": "Residency verdicts, against as many reads of one row by its key",
}
GOALS = {
    ("update", "sqlite"): 1.4,
    ("update", "postgresql"): 1.25,
    ("bulk", "sqlite"): 1.5,
    ("bulk", "postgresql"): 1.5,
}
MOST_TIMES_PLAIN, MOST_TIMES_FEW = 3.0, 1.5
LEAST_SHARE, MOST_GROWTH = 0.5, 1.15
NOTES = {("bulk", "django-auditlog"): "records nothing"}
PACKAGES = ("django", "psycopg", "django-simple-history", "django-auditlog", "django-pghistory")
BASELINE, CONSOLE = "unaudited", "console"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./console bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows: a look, not a measurement")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one engine")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - NAMES.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}. Choose from {', '.join(NAMES)}.")
    print(_machine(), flush=True)
    missed = [
        missed
        for engine in ([options.only] if options.only else ["sqlite", "postgresql"])
        for missed in _everything(engine, options.names or list(NAMES), options.quick)
    ]
    for line in missed:
        print(f"Goal missed: {line}")
    return bool(missed)


def _everything(engine: str, names: list[str], quick: bool) -> Iterator[str]:
    measures = [name for name in names if name not in ("decide", "residency", "terms")]
    if measures:
        yield from _report(engine, _run(engine, ["bench.engine", *measures], quick))
    if "terms" in names:
        yield from _report_terms(engine, _run(engine, ["bench.terms"], quick))
    if "decide" in names:
        yield from _report_decisions(_run(engine, ["bench.decide"], quick))
    if "residency" in names:
        yield from _report_residency(_run(engine, ["bench.residency"], quick))


def _run(engine: str, module: list[str], quick: bool) -> dict[str, Any]:
    command = [sys.executable, "-m", *module, *(["--quick"] if quick else [])]
    with tempfile.TemporaryDirectory(prefix="privacy-console-bench-") as folder:
        if engine == "sqlite":
            return _answer(command, f"sqlite:///{folder}/console.sqlite3", folder)
        with postgres.start(durable=True) as url:
            return _answer(command, url, folder)


def _answer(command: list[str], url: str, folder: str) -> dict[str, Any]:
    env = os.environ | {"DATABASE_URL": url, "BENCH_FOLDER": folder, "DEBUG": "false"}
    env["SECRET_KEY"] = "for-measuring-only-" + "0123456789" * 4
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True)  # noqa: S603
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _report(engine: str, answer: dict[str, Any]) -> Iterator[str]:
    for name, measure in answer["measures"].items():
        print(f"\n{NAMES[name]}: {answer['server']}, {measure['size']:,} rows, {measure['rounds']} rounds")
        results = {each: Result(each, seconds) for each, seconds in measure["seconds"].items()}
        for line in _table(name, results, measure["size"]):
            print(line, flush=True)
        ratio = Spread.of(results[CONSOLE].ratios(results[BASELINE])).middle
        goal = GOALS.get((name, engine))
        if goal is not None and ratio > goal:
            yield f"{name} on {answer['server']}: {ratio:.2f}, at most {goal}"


def _table(name: str, results: dict[str, Result], size: int) -> Iterator[str]:
    yield "| | µs a row | times the unaudited (quartiles) |"
    yield "|---|---:|---|"
    for each in results.values():
        ratio = str(Spread.of(each.ratios(results[BASELINE])))
        note = NOTES.get((name, each.name))
        yield f"| {each.name} | {each.median / size * 1e6:,.0f} | {ratio}{f'; {note}' if note else ''} |"


def _report_decisions(answer: dict[str, Any]) -> Iterator[str]:
    """The table of requests, and what misses its goal."""
    results = {each: Result(each, seconds) for each, seconds in answer["seconds"].items()}
    empty, many = results[decide.EMPTY], f"{decide.DECISION}, {answer['many']:,}"
    print(f"\n{NAMES['decide']}: {answer['server']}, {len(empty.seconds)} rounds")
    processor = {each: Result(each, seconds) for each, seconds in answer["processor"].items()}
    print(
        "| | µs a request | queries | times the requests of the empty view (quartiles) | by processor time |"
    )
    print("|---|---:|---:|---|---|")
    for each in results.values():
        queries = answer["queries"].get(each.name, "")
        share, used = (
            Spread.of(all_of[decide.EMPTY].ratios(all_of[each.name])) for all_of in (results, processor)
        )
        print(f"| {each.name} | {each.median * 1e6:,.0f} | {queries} | {share} | {used} |")
    for name in decide.GROWING:
        large = f"{name}, {answer['many']:,}"
        growth = Spread.of(results[large].ratios(results[name]))
        used = Spread.of(processor[large].ratios(processor[name]))
        print(f"{large}, instead of {decide.FEW}: {growth} times the time, {used} by processor time")
        if growth.middle > MOST_GROWTH:
            yield f"{name} on {answer['server']} grows to {growth.middle:.2f}, at most {MOST_GROWTH}"
    for name in (decide.DECISION, many, "each answer logged"):
        served = Spread.of(empty.ratios(results[name])).middle
        if served < LEAST_SHARE:
            yield f"{name} on {answer['server']}: {served:.2f} of the empty view, at least {LEAST_SHARE}"


def _report_terms(engine: str, answer: dict[str, Any]) -> Iterator[str]:
    """The tables of imports and of pages, and what misses its goal."""
    results = {each: Result(each, seconds) for each, seconds in answer["imports"].items()}
    print(f"\n{NAMES['terms']}: {answer['server']}, {answer['size']:,} acceptances imported")
    print("| | µs a row | times the plain one (quartiles) |\n|---|---:|---|")
    for each in results.values():
        ratio = Spread.of(each.ratios(results[terms.PLAIN]))
        print(f"| {each.name} | {each.median / answer['size'] * 1e6:,.0f} | {ratio} |")
    memory = ", ".join(f"{int(rows):,} rows {more} MB" for rows, more in answer["memory"].items())
    print(f"More memory while importing: {memory}")
    times = Spread.of(results[terms.CONSOLE].ratios(results[terms.PLAIN])).middle
    if engine == "postgresql" and times > MOST_TIMES_PLAIN:
        yield f"import on {answer['server']}: {times:.2f}, at most {MOST_TIMES_PLAIN}"
    yield from _report_pages(answer)


def _report_pages(answer: dict[str, Any]) -> Iterator[str]:
    few, many = str(terms.FEW), str(answer["many"])
    print(
        f"\n| | ms with {terms.FEW:,} | with {int(many):,} | times (quartiles) | queries |\n|---|---:|---:|---|---|"
    )
    for name, sizes in (answer["pages"] | answer["others"]).items():
        small, large = (Result(name, sizes[size]["seconds"]) for size in (few, many))
        growth, queries = Spread.of(large.ratios(small)), f"{sizes[few]['queries']}, {sizes[many]['queries']}"
        print(f"| {name} | {small.median * 1e3:.0f} | {large.median * 1e3:.0f} | {growth} | {queries} |")
        if name in answer["pages"] and growth.middle > MOST_TIMES_FEW:
            yield f"{name} on {answer['server']} grows to {growth.middle:.2f}, at most {MOST_TIMES_FEW}"


def _report_residency(answer: dict[str, Any]) -> Iterator[str]:
    """Few and many tenants side by side, and what grows beyond the goal."""
    few, many = (
        {name: Result(name, figures) for name, figures in seconds.items()}
        for seconds in answer["seconds"].values()
    )
    print(f"\n{NAMES['residency']}: {answer['server']}, {answer['rounds']} rounds")
    print(f"| | queries | µs | times the reads, {residency.FEW} tenants | {answer['many']:,} tenants |")
    print("|---|---:|---:|---|---|")
    for name in few:
        ratios = [Spread.of(of[name].ratios(of[residency.READS])) for of in (few, many)]
        queries = answer["queries"].get(name, "")
        print(
            f"| {name} | {queries} | {many[name].median / residency.TIMES * 1e6:,.0f} | {ratios[0]} | {ratios[1]} |"
        )
        if ratios[1].middle > MOST_GROWTH * ratios[0].middle:
            yield f"{name} on {answer['server']} grows from {ratios[0].middle:.2f} to {ratios[1].middle:.2f}"


def _machine() -> str:
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return (
        f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}; {versions}."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
