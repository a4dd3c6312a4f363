"""How pages say the state of an election, and what they show of both kinds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import formats, timezone

from catalog.models import Element
from elections.collecting import FeatureStanding
from elections.consequences import Consequence
from elections.models import Election
from tenants.pages.parts import Badge, Code, Fact, Panel, Several, Table, facts, link_to

State = Election.State
TONES = {
    State.PROPOSED: "warn",
    State.SCHEDULED: "info",
    State.IN_FORCE: "good",
    State.SUPERSEDED: "plain",
    State.REJECTED: "bad",
    State.WITHDRAWN: "bad",
}
LABELS = {
    "Proposed": "warning",
    "Begins later": "info",
    "In force": "success",
    "Followed by another": "",
    "Rejected": "danger",
    "Withdrawn": "danger",
}
AT_APPROVAL = "from its approval on"


def moment_in_words(at: datetime) -> str:
    """An instant in a sentence, in the pages' zone."""
    local = timezone.localtime(at)
    return f"{formats.date_format(local, 'j M Y, H:i')} {local.tzname()}"


def state_badge(election: Election, at: datetime) -> Badge:
    state = State(election.state_at(at))
    return Badge(state.label, TONES[state])


def on_badge(is_on: bool) -> Badge:
    return Badge("On", "good") if is_on else Badge("Off", "plain")


def switch_in_words(standing: FeatureStanding) -> str:
    """From when on a feature is on or off, where an election decides it."""
    since = f" from {moment_in_words(standing.since)}" if standing.since else ""
    return f"{'on' if standing.is_on else 'off'}{since}"


def sentence(election: Election, at: datetime) -> str:
    """The state, as the title of the page's first panel."""
    begins, ends = election.effective_from, election.ends_at
    match State(election.state_at(at)):
        case State.PROPOSED:
            return "Waits for a decision: nothing has changed yet"
        case State.SCHEDULED if begins:
            return f"Approved, and begins on {moment_in_words(begins)}"
        case State.IN_FORCE if begins:
            return f"In force since {moment_in_words(begins)}"
        case State.SUPERSEDED if ends:
            return f"Followed by another on {moment_in_words(ends)}"
        case State.REJECTED:
            return "Rejected: it never held"
        case _:
            return "Withdrawn before it began"


def state_panel(election: Election, at: datetime, *more: tuple[str, Any]) -> Panel:
    """Whether it holds, from when until when, and what else is to be said first."""
    is_approved = election.status == Election.Status.APPROVED
    is_open = election.status == Election.Status.PROPOSED
    begins = election.effective_from or (AT_APPROVAL if is_open else None)
    about = [
        *facts(more),
        *facts(
            [
                ("Holds from", begins),
                ("Until", (election.ends_at or "another one follows") if is_approved else None),
            ]
        ),
        Fact("Catalog edition decided on", link_to(election.edition)),
        Fact("Record", Code(str(election.record_id))),
    ]
    if election.is_past_dated and election.effective_from:
        about.append(Fact("Recorded after the fact", Several(["on", election.proposed_at])))
    tone = TONES[State(election.state_at(at))]
    return Panel(sentence(election, at), about, tone=tone if tone in ("good", "warn", "bad") else "")


def told_panel(election: Election) -> Panel:
    """What whoever proposed it was told that it means, word for word."""
    rows = [[each["sentence"], each["source"]] for each in election.consequences]
    return Panel("What it means, as it was told", table=Table(("What it means", "Where it is written"), rows))


def sources_table(told: Iterable[Consequence]) -> Table:
    return Table(("What holds", "Where it is written"), [[each.sentence, each.source] for each in told])


DECISIONS = (
    ("Proposed", "proposed_at", "proposed_by", "reason"),
    ("Decided", "decided_at", "decided_by", "decision_reason"),
    ("Withdrawn", "withdrawn_at", "withdrawn_by", "withdraw_reason"),
)


def decided_panel(election: Election) -> Panel:
    """Who decided what, when and why."""
    rows = [
        [_label(election, label), getattr(election, at), getattr(election, by), getattr(election, why)]
        for label, at, by, why in DECISIONS
        if getattr(election, at)
    ]
    return Panel("Who decided", table=Table(("What", "When", "Who", "Why"), rows))


def _label(election: Election, label: str) -> str:
    """What was decided."""
    if label != "Decided":
        return label
    is_rejected = election.status == Election.Status.REJECTED
    return "Rejected" if is_rejected else "Approved"


def elements_panel(title: str, elements: Iterable[Element], *, tone: str = "") -> Panel:
    """Elements by category, the personal ones apart and counted."""
    elements = list(elements)
    personal = sum(element.is_personal for element in elements)
    rows = [
        [
            link_to(category),
            [
                link_to(element)
                for element in elements
                if element.category == category and element.is_personal
            ],
            [
                link_to(element)
                for element in elements
                if element.category == category and not element.is_personal
            ],
        ]
        for category in dict.fromkeys(element.category for element in elements)
    ]
    counted = f"{title}: {len(elements)}, {personal or 'none'} of them personal" if elements else title
    table = Table(("Category", "Personal data", "Other data"), rows, "Nothing.")
    return Panel(counted, table=table, tone=tone)
