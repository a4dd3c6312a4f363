"""What an edition holds, as the exports read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.kinds import Record, State
from catalog.models import Catalog, Edition


def is_personal(element: Record) -> bool:
    """Whether an element is, or proves who a person is: access control data counts where it maps to a concept of
    personal data."""
    return element["classification"] == "personal" or bool(element["dpv"])


@dataclass(frozen=True)
class Held:
    """What an edition holds."""

    catalog: Catalog
    edition: Edition
    header: Record
    state: State

    def records(self, kind: str) -> Iterable[Record]:
        return self.state[kind].values()

    @property
    def collected(self) -> list[Record]:
        """The elements apart from the never-rules."""
        return [element for element in self.records("elements") if element["collection"] != "never"]

    @property
    def personal(self) -> list[Record]:
        return [element for element in self.collected if is_personal(element)]

    def features_of(self, element: Record) -> list[str]:
        """The codes of the features that bring an element."""
        return [
            feature["code"] for feature in self.records("features") if element["code"] in feature["elements"]
        ]

    def flows_of(self, service: Record, direction: str) -> list[Record]:
        """The flows through a service, one way."""
        flows = self.records("flows")
        return [f for f in flows if f["service"] == service["code"] and f["direction"] == direction]

    def elements_of(self, service: Record, direction: str) -> list[Record]:
        """The elements that flow through a service, one way."""
        codes = {code for flow in self.flows_of(service, direction) for code in flow["elements"]}
        return [self.state["elements"][code] for code in sorted(codes)]
