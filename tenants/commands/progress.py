"""A bar for long work."""

from __future__ import annotations

import sys
import time
from typing import Self, TextIO


class Progress:
    """A bar on stderr, drawn at most ten times a second, and only where a person sees it."""

    WIDTH = 30
    PAUSE = 0.1

    def __init__(self, label: str, total: int, stream: TextIO | None = None) -> None:
        self.label, self.total, self.done = label, total, 0
        self.stream = stream or sys.stderr
        self.is_shown = self.stream.isatty() and total > 0
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.is_shown and self._drawn_at:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def advance(self, steps: int = 1) -> None:
        self.done += steps
        now = time.monotonic()
        if self.is_shown and now - self._drawn_at >= self.PAUSE:
            self._drawn_at = now
            self._draw()

    def _draw(self) -> None:
        share = min(self.done / self.total, 1.0)
        bar = "█" * round(share * self.WIDTH)
        self.stream.write(f"\r{self.label} {bar:░<{self.WIDTH}} {self.done:,} of {self.total:,}")
        self.stream.flush()
