"""What was read: observations, what could not be read, and of which kinds everything was there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from privacy_console.graph.places import Place, Problem


@dataclass(frozen=True, slots=True)
class Observation:
    """One record of an answer, as far as it concerns sharing.

    kind, external_id: Graph's name of the entity, and the record's id there. service: our code, "" where the name is
    not known here. called: what the service is called there. names: what the connection may be called, the likeliest
    first; empty for what speaks of the service as a whole. on: whether data flows, as far as the service knows.
    since, by: when and by whom it was agreed to there. credential: the kind of certificate or token, if it is one.
    """

    kind: str
    external_id: str
    service: str
    called: str
    on: bool
    names: tuple[str, ...] = ()
    since: datetime | None = None
    by: str = ""
    expires: datetime | None = None
    account: str = ""
    serial: str = ""
    credential: str = ""
    place: Place = field(default=Place(""), compare=False)

    @property
    def connection(self) -> str:
        return self.names[0] if self.names else ""

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.external_id

    def as_data(self) -> dict[str, Any]:
        """As JSON holds it, without its place and without what says nothing."""
        found = {name: getattr(self, name) for name in _KEPT}
        times = {name: found[name].isoformat() for name in ("since", "expires") if found[name]}
        return {name: value for name, value in (found | times).items() if value not in ("", None, ())}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Observation:
        times = {n: datetime.fromisoformat(data[n]) for n in ("since", "expires") if n in data}
        common = {"service": "", "called": "", "names": ()}
        return cls(**{**common, **data, **times, "names": tuple(data.get("names", ()))})


_KEPT = tuple(one.name for one in fields(Observation) if one.name != "place")


@dataclass(frozen=True)
class Reading:
    """All that one import read. complete: the kinds whose whole set was there. sha256: of what was read."""

    name: str
    sha256: str
    observations: list[Observation]
    problems: list[Problem]
    kinds: frozenset[str]
    complete: frozenset[str]
    records: int

    @property
    def says_something(self) -> bool:
        """Whether anything in it can be compared: a record, or that there is none of a kind."""
        return bool(self.observations or self.complete)

    def as_data(self) -> dict[str, Any]:
        """As JSON holds it: what the import needs, and nothing of the answers beside."""
        data = {name: value for name, value in vars(self).items() if name not in _LISTS}
        return data | {
            "kinds": sorted(self.kinds),
            "complete": sorted(self.complete),
            "observations": [one.as_data() for one in self.observations],
            "problems": [asdict(one) for one in self.problems],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Reading:
        problems = [Problem(**{**one, "place": Place(*one["place"])}) for one in data["problems"]]
        return cls(
            name=data["name"],
            sha256=data["sha256"],
            records=data["records"],
            kinds=frozenset(data["kinds"]),
            complete=frozenset(data["complete"]),
            observations=[Observation.from_data(one) for one in data["observations"]],
            problems=problems,
        )


_LISTS = ("observations", "problems", "kinds", "complete")
