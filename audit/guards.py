"""Rules that hold for a row's whole life, and that the database itself enforces by trigger.

A model lists them: `guards = (Kept(...), Frozen(...))`. What a check constraint cannot say (it sees one state of one
row) stands here: what never changes again, what is never deleted, which states follow which, which periods never
overlap. A write that breaks one fails with an IntegrityError that carries the rule's name and sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _one_of(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(_text(value) for value in values)})"


def _all_of(columns: Sequence[str]) -> str:
    """The text by which writers queue who would write rows that agree in these columns."""
    return " || '/' || ".join(f"NEW.{name}::text" for name in columns)


@dataclass(frozen=True, kw_only=True)
class Guard:
    """A rule: its name is unique in the database, its message is for a person."""

    events: ClassVar[tuple[str, ...]] = ("UPDATE",)
    name: str
    message: str

    def columns(self) -> set[str]:
        """The columns it speaks of; in the middle of a migration some may not be there yet."""
        return set()

    def refuses(self, table: str, differs: str, event: str) -> str:
        """SQL over NEW, and OLD but for an INSERT, that is true for what is refused.

        differs: the engine's null-safe inequality. event: one of `events`.
        """
        raise NotImplementedError

    def queued_by(self) -> str:
        """SQL for a text; writers with the same text wait for each other. Empty where the row at hand is enough."""
        return ""


@dataclass(frozen=True, kw_only=True)
class Kept(Guard):
    """Rows are never deleted."""

    events = ("DELETE",)

    def refuses(self, table: str, differs: str, event: str) -> str:
        return "1 = 1"


@dataclass(frozen=True, kw_only=True)
class Frozen(Guard):
    """The columns keep their values; where `until` is given, only once its column has left the values named there."""

    fields: tuple[str, ...]
    until: tuple[str, tuple[str, ...]] | None = None

    def columns(self) -> set[str]:
        return {*self.fields, *((self.until[0],) if self.until else ())}

    def refuses(self, table: str, differs: str, event: str) -> str:
        changed = " OR ".join(f'OLD."{name}" {differs} NEW."{name}"' for name in self.fields)
        if self.until is None:
            return f"({changed})"
        column, values = self.until
        return f"NOT ({_one_of(f'OLD.{column}', values)}) AND ({changed})"


@dataclass(frozen=True, kw_only=True)
class OnlyEarlier(Guard):
    """An instant can be brought forward, never put off or removed; from the moment that `until` no longer holds."""

    field: str
    until: tuple[str, tuple[str, ...]]

    def columns(self) -> set[str]:
        return {self.field, self.until[0]}

    def refuses(self, table: str, differs: str, event: str) -> str:
        old, new = f'OLD."{self.field}"', f'NEW."{self.field}"'
        still_open = _one_of(f"OLD.{self.until[0]}", self.until[1])
        return f"NOT ({still_open}) AND {old} IS NOT NULL AND ({new} IS NULL OR {new} > {old})"


@dataclass(frozen=True, kw_only=True)
class Moves(Guard):
    """Which values may follow which; a value that is not named is the end."""

    field: str
    allowed: Mapping[str, tuple[str, ...]]

    def columns(self) -> set[str]:
        return {self.field}

    def refuses(self, table: str, differs: str, event: str) -> str:
        old, new = f'OLD."{self.field}"', f'NEW."{self.field}"'
        moves = [
            f"({old} = {_text(a)} AND {_one_of(new, following)})" for a, following in self.allowed.items()
        ]
        return f"{old} {differs} {new} AND NOT ({' OR '.join(moves)})"


@dataclass(frozen=True, kw_only=True)
class JoinsOnly(Guard):
    """Rows are added only while the row that `key` points to has one of these values."""

    events = ("INSERT",)
    key: str
    to_table: str
    field: str
    values: tuple[str, ...]

    def columns(self) -> set[str]:
        return {self.key}

    def refuses(self, table: str, differs: str, event: str) -> str:
        at_hand = f'SELECT 1 FROM "{self.to_table}" t WHERE t.id = NEW."{self.key}"'
        return f"NOT EXISTS ({at_hand} AND {_one_of(f't.{self.field}', self.values)})"


@dataclass(frozen=True, kw_only=True)
class Apart(Guard):
    """Of rows that agree in `same`, the periods from `start` to `end` (exclusive; open where null) never overlap.

    Rows without a start have no period, and neither have those that end before they start.
    """

    events = ("INSERT", "UPDATE")
    same: tuple[str, ...]
    start: str
    end: str

    def columns(self) -> set[str]:
        return {*self.same, self.start, self.end}

    def refuses(self, table: str, differs: str, event: str) -> str:
        overlaps = self._overlaps(table, differs)
        return overlaps if event == "INSERT" else f"NOT ({self._shrinks()}) AND {overlaps}"

    def _shrinks(self) -> str:
        """A period that only gets shorter can meet no other: what is there already must always be able to end."""
        old_start, old_end = f'OLD."{self.start}"', f'OLD."{self.end}"'
        new_start, new_end = f'NEW."{self.start}"', f'NEW."{self.end}"'
        same = "".join(f' AND OLD."{name}" = NEW."{name}"' for name in self.same)
        return (
            f"{old_start} IS NOT NULL AND {new_start} >= {old_start}{same}"
            f" AND ({old_end} IS NULL OR ({new_end} IS NOT NULL AND {new_end} <= {old_end}))"
        )

    def _overlaps(self, table: str, differs: str) -> str:
        alike = " AND ".join(f'o."{name}" = NEW."{name}"' for name in self.same)
        start, end = f'"{self.start}"', f'"{self.end}"'
        return (
            f"NEW.{start} IS NOT NULL AND (NEW.{end} IS NULL OR NEW.{end} > NEW.{start}) AND EXISTS ("
            f'SELECT 1 FROM "{table}" o WHERE {alike} AND o.id {differs} NEW.id AND o.{start} IS NOT NULL'
            f" AND (o.{end} IS NULL OR (o.{end} > o.{start} AND o.{end} > NEW.{start}))"
            f" AND (NEW.{end} IS NULL OR NEW.{end} > o.{start}))"
        )

    def queued_by(self) -> str:
        return _all_of(self.same)


@dataclass(frozen=True, kw_only=True)
class OnlyAhead(Guard):
    """A row that enters a state starts after all that agree with it in `same` and had started in that state by then.

    state: a column and its value. start: when it begins to hold. by: when it was decided, which says what "then" is.
    about: where rows agree only as far as their parts speak of the same: the parts' table, their key to the row, and
    the column that says what they speak of.
    """

    events = ("INSERT", "UPDATE")
    same: tuple[str, ...]
    state: tuple[str, str]
    start: str
    by: str
    about: tuple[str, str, str] | None = None

    def columns(self) -> set[str]:
        return {*self.same, self.state[0], self.start, self.by}

    def refuses(self, table: str, differs: str, event: str) -> str:
        column, value = self.state
        enters = f'NEW."{column}" = {_text(value)}'
        if event == "UPDATE":
            enters += f' AND OLD."{column}" {differs} NEW."{column}"'
        alike = " AND ".join(f'o."{name}" = NEW."{name}"' for name in self.same)
        started = f'o."{self.start}" <= NEW."{self.by}" AND o."{self.start}" >= NEW."{self.start}"'
        return (
            f'{enters} AND EXISTS (SELECT 1 FROM "{table}" o WHERE {alike} AND o.id {differs} NEW.id'
            f' AND o."{column}" = {_text(value)} AND {started}{self._speaks_of_the_same()})'
        )

    def _speaks_of_the_same(self) -> str:
        if self.about is None:
            return ""
        parts, key, column = self.about
        return (
            f' AND EXISTS (SELECT 1 FROM "{parts}" its JOIN "{parts}" other ON other."{column}" = its."{column}"'
            f' WHERE its."{key}" = NEW.id AND other."{key}" = o.id)'
        )

    def queued_by(self) -> str:
        return _all_of(self.same)


def append_only(name: str, message: str, *fields: str) -> tuple[Guard, ...]:
    """Rows that are added, and then neither changed nor deleted."""
    return (
        Kept(name=f"{name}_kept", message=message),
        Frozen(name=f"{name}_frozen", message=message, fields=fields),
    )
