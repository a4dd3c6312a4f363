"""Many rows in few statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of that size, the last one shorter. A statement takes only so many values."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
