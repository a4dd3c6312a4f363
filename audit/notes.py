"""Notes that the database itself takes, by trigger, in the table of a model: what changed elsewhere, for later work.

A model lists them: `noted_by = (Note(...), …)`. No way of writing passes them by, and a note is there exactly when the
change is. Whoever works them off may find several of the same, and deletes those that it saw before it began to look.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

IN_A_ROW = re.compile(r"\{row\}\.(\w+)")


@dataclass(frozen=True, kw_only=True)
class Note:
    """A row that is noted when one of the table `of` is added, or changes in `fields`, or is removed where `removed`.

    values: SQL for each column of the note, as both engines read it, over `{row}`: the row as it is, and as it was.
    only: SQL that is true for the rows that matter; empty where all do.
    """

    of: str
    values: Mapping[str, str]
    fields: tuple[str, ...] = ()
    removed: bool = False
    only: str = ""

    @property
    def events(self) -> tuple[str, ...]:
        return ("INSERT", *(("UPDATE",) if self.fields else ()), *(("DELETE",) if self.removed else ()))

    def columns(self) -> set[str]:
        """The columns of the other table that it speaks of."""
        spoken_of = " ".join((*self.values.values(), self.only))
        return {*self.fields, *IN_A_ROW.findall(spoken_of)}

    def values_of(self, row: str) -> list[str]:
        return [value.format(row=row) for value in self.values.values()]

    def matters(self, row: str) -> str:
        return self.only.format(row=row) or "1 = 1"
