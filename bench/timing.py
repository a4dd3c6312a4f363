"""Rounds in changing order, each contestant measured against the baseline of its own round."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

Work = Callable[[], object]
Prepare = Callable[[], AbstractContextManager[Work]]


@dataclass
class Result:
    """The seconds one contestant took, one figure for each round."""

    name: str
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def ratios(self, baseline: Result) -> list[float]:
        return [mine / plain for mine, plain in zip(self.seconds, baseline.seconds, strict=True)]


@dataclass(frozen=True)
class Spread:
    """The median, and the quartiles around it."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, figures: list[float]) -> Spread:
        return cls(*statistics.quantiles(figures, n=4, method="inclusive"))

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f} to {self.high:.2f})"


def timed(work: Work) -> float:
    """Seconds that `work` takes; the garbage of others is not collected at its expense."""
    gc.collect()
    gc.disable()
    try:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started
    finally:
        gc.enable()


def interleaved(prepare: Mapping[str, Prepare], rounds: int) -> dict[str, Result]:
    """Measure every contestant once in each round, in an order drawn anew.

    prepare: for each name a context that makes the work ready, gives it, and tidies up; only the work is timed.
    The first round is not counted.
    """
    results = {name: Result(name) for name in prepare}
    for number in range(rounds + 1):
        for name in random.sample(list(prepare), len(prepare)):
            with prepare[name]() as work:
                seconds = timed(work)
            if number:
                results[name].seconds.append(seconds)
    return results
