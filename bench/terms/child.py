"""Processes, of which each knows one database and does what it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Child:
    """A process that does what it is asked, one line of JSON after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, name: str, value: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps([name, value]), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"The step {name} failed.")
        return json.loads(answer)


@contextmanager
def child_of(url: str) -> Iterator[Child]:
    command = [sys.executable, "-c", "from bench.terms.child import serve; serve()"]
    with subprocess.Popen(  # noqa: S603
        command,
        env=os.environ | {"DATABASE_URL": url},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield Child(process)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait()


def serve() -> None:
    """Do what is asked on standard input, line by line; every step has one argument."""
    import django

    django.setup()
    from bench.terms import filling, imports, pages

    steps: dict[str, Callable[[Any], Any]] = {
        "make": filling.make,
        "fill": filling.fill,
        "time": pages.time_page,
        "imports": imports.imports,
        "peak": imports.peak,
    }
    for line in sys.stdin:
        name, value = json.loads(line)
        print(json.dumps(steps[name](value)), flush=True)
