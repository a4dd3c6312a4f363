"""What a service receives now against what a consent covers: where the catalog has moved on, a renewal is needed.

A consent covers the flows of one catalog edition. Both sides are read from the catalog's history, all editions at once:
a list of consents takes the same few queries as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeAlias

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from catalog.models import Edition, Element, Flow, FlowElement
from consents.models import Consent, CoveredFlow


@dataclass(frozen=True)
class FlowFacts:
    """What of a flow has to be agreed to. elements: the codes of the collected elements that it carries."""

    code: str
    name: str
    direction: str
    personal: bool
    elements: tuple[str, ...]


@dataclass(frozen=True)
class ChangedFlow:
    """A flow that is covered in another form than it has now."""

    before: FlowFacts
    after: FlowFacts

    @property
    def keys(self) -> list[str]:
        """What is different: name, direction, personal, elements."""
        names = ("name", "direction", "personal", "elements")
        return [name for name in names if getattr(self.before, name) != getattr(self.after, name)]

    @property
    def asks_for_more(self) -> bool:
        """Whether something flows that was not agreed to; what flows no more needs no new consent."""
        before, after = self.before, self.after
        is_another = (before.name, before.direction) != (after.name, after.direction)
        return is_another or after.personal > before.personal or not {*after.elements} <= {*before.elements}


@dataclass(frozen=True)
class Difference:
    """What the catalog has beyond, and no longer has of, what a consent covers; by code."""

    added: tuple[FlowFacts, ...] = ()
    removed: tuple[FlowFacts, ...] = ()
    changed: tuple[ChangedFlow, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    @property
    def needs_renewal(self) -> bool:
        """Whether the consent covers less than what the service receives now."""
        return bool(self.added) or any(flow.asks_for_more for flow in self.changed)


Facts: TypeAlias = Mapping[int, FlowFacts]
"""By the flow's id."""


def difference(consent: Consent, at: datetime | None = None) -> Difference:
    """What is different between what the consent covers and the catalog now, or as it was known at an instant.

    Empty where the consent does not hold (nor is about to): what has ended needs no renewal.
    """
    return differences([consent], at)[consent.pk]


def differences(consents: Iterable[Consent], at: datetime | None = None) -> dict[int, Difference]:
    """By id, the difference of each: at most six queries. `consent.covered` is used where it was fetched already."""
    moment = at or timezone.now()
    everything = list(consents)
    found = {consent.pk: Difference() for consent in everything}
    holding = [consent for consent in everything if _holds_or_will(consent, moment)]
    behind = _behind_the_catalog(holding)
    if behind:
        books = _Books({consent.service_id for consent in behind}, at)
        covered = _covered_by(behind)
        for consent in behind:
            then = books.as_covered(covered[consent.pk], _last_event_of(consent))
            found[consent.pk] = _between(then, books.now(consent.service_id))
    return found


def needing_renewal(consents: Any, at: datetime | None = None) -> Any:
    """Of a queryset of consents, those that hold, or are to begin, and cover less than the service receives now.

    Takes five queries however many there are: what a consent covers is told by its service and edition. Consents
    restored from a file, which may cover anything, are compared one by one.
    """
    moment = at or timezone.now()
    standing = consents.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=moment), status=Consent.State.GRANTED)
    newer = Edition.objects.filter(
        catalog=OuterRef("edition__catalog"), number__gt=OuterRef("edition__number")
    )
    behind = standing.filter(Exists(newer))
    pairs = list(behind.order_by().values_list("service_id", "edition_id", "edition__last_event").distinct())
    wanted = Q(pk__in=[])
    if pairs:
        books = _Books({service for service, _, _ in pairs}, at)
        for service, edition, last_event in pairs:
            if _between(books.after(service, last_event), books.now(service)).needs_renewal:
                wanted |= Q(service=service, edition=edition)
    restored = differences(standing.exclude(restored_from="").select_related("edition"), at)
    lacking = [pk for pk, found in restored.items() if found.needs_renewal]
    return standing.filter((wanted & Q(restored_from="")) | Q(pk__in=lacking))


def _holds_or_will(consent: Consent, at: datetime) -> bool:
    is_over = consent.ends_at is not None and consent.ends_at <= at
    return consent.status == Consent.State.GRANTED and not is_over


def _last_event_of(consent: Consent) -> int:
    return consent.edition.last_event if consent.edition else 0


def _behind_the_catalog(consents: list[Consent]) -> list[Consent]:
    """Those whose edition is not the last of its catalog, and those that came from elsewhere."""
    newest = {
        edition.catalog_id: edition.pk
        for edition in Edition.objects.order_by("number").only("catalog_id")
        if consents
    }
    return [
        consent
        for consent in consents
        if consent.restored_from
        or consent.edition is None
        or newest[consent.edition.catalog_id] != consent.edition_id
    ]


def _covered_by(consents: list[Consent]) -> dict[int, list[Any]]:
    if all(hasattr(consent, "covered") for consent in consents):
        return {consent.pk: consent.covered for consent in consents}  # type: ignore[attr-defined]
    covered: dict[int, list[Any]] = defaultdict(list)
    for flow in CoveredFlow.objects.across_tenants().filter(consent__in=[c.pk for c in consents]):
        covered[flow.consent_id].append(flow)
    return covered


def _between(before: Facts, after: Facts) -> Difference:
    both = [(before[key], after[key]) for key in before.keys() & after.keys()]
    return Difference(
        added=_by_code(after[key] for key in after.keys() - before.keys()),
        removed=_by_code(before[key] for key in before.keys() - after.keys()),
        changed=tuple(
            sorted((ChangedFlow(a, b) for a, b in both if a != b), key=lambda flow: flow.after.code)
        ),
    )


def _by_code(flows: Iterable[FlowFacts]) -> tuple[FlowFacts, ...]:
    return tuple(sorted(flows, key=lambda flow: flow.code))


@dataclass
class _Books:
    """The history of some services' flows, from which any edition can be told.

    known_at: how far the history is known; None for all of it.
    """

    services: set[int]
    known_at: datetime | None
    _told: dict[tuple[int, int | None], Facts] = field(default_factory=dict)

    def now(self, service: int) -> Facts:
        return self.after(service, None)

    def after(self, service: int, event: int | None) -> Facts:
        """The service's flows in the edition that ends with this event; all that is known where there is none."""
        if (service, event) not in self._told:
            self._told[service, event] = {
                row["id"]: self._facts(row, event)
                for row in _last_rows(self._flows, event)
                if row["service_id"] == service and row["removed_in_id"] is None
            }
        return self._told[service, event]

    def as_covered(self, covered: Iterable[CoveredFlow], event: int) -> Facts:
        """What was agreed to, in the words that were agreed to."""
        return {flow.flow_id: self._facts(_row_of(flow), event) for flow in covered}

    def _facts(self, row: Mapping[str, Any], event: int | None) -> FlowFacts:
        carried = _last_rows(self._carried.get(row["id"], {}), event)
        elements = sorted(self._codes[pair["element_id"]] for pair in carried)
        return FlowFacts(row["code"], row["name"], row["direction"], row["personal"], tuple(elements))

    def _past(self, rows: Any) -> Any:
        known = rows if self.known_at is None else rows.filter(history_date__lte=self.known_at)
        return known.order_by("history_id")

    @cached_property
    def _flows(self) -> dict[int, list[dict[str, Any]]]:
        """By flow, its states in their order."""
        ever = Flow.history.filter(service__in=self.services).values("id")
        fields = ("id", "service_id", "code", "name", "direction", "personal", "removed_in_id")
        states: dict[int, list[dict[str, Any]]] = defaultdict(list)
        rows = self._past(Flow.history.filter(id__in=ever))
        for row in rows.values("history_id", "history_type", *fields):
            states[row["id"]].append(row)
        return states

    @cached_property
    def _carried(self) -> dict[int, dict[int, list[dict[str, Any]]]]:
        """By flow and pair, the states of what carries which element."""
        states: dict[int, dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        rows = self._past(FlowElement.history.filter(flow__in=list(self._flows)))
        for row in rows.values("history_id", "history_type", "id", "flow_id", "element_id"):
            states[row["flow_id"]][row["id"]].append(row)
        return states

    @cached_property
    def _codes(self) -> dict[int, str]:
        return dict(Element.objects.values_list("pk", "code"))


def _last_rows(states: Mapping[int, list[dict[str, Any]]], event: int | None) -> Iterable[dict[str, Any]]:
    """Of each object the state after the event, unless it was gone by then."""
    for rows in states.values():
        until = rows if event is None else [row for row in rows if row["history_id"] <= event]
        if until and until[-1]["history_type"] != "-":
            yield until[-1]


def _row_of(flow: CoveredFlow) -> dict[str, Any]:
    return {
        "id": flow.flow_id,
        "code": flow.code,
        "name": flow.name,
        "direction": flow.direction,
        "personal": flow.personal,
    }
