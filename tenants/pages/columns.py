"""The columns of lists: the theme's `display`, with types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from unfold.decorators import display

Column = TypeVar("Column", bound=Callable[..., Any])


def column(
    *,
    description: str,
    ordering: str | None = None,
    label: bool | dict[str, str] | None = None,
    empty_value: str | None = None,
) -> Callable[[Column], Column]:
    """A method as a list's column. label: show the value in a pill, coloured by its text where colours are given."""
    decorate: Callable[[Column], Column] = display(
        description=description, ordering=ordering, label=label, empty_value=empty_value
    )
    return decorate
