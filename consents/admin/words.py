"""How pages say the state of a consent: badges and sentences, the same everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import formats, timezone

from consents.glance import Standing
from consents.models import Consent
from tenants.pages.parts import Badge

State = Consent.State
TONES = {
    State.REQUESTED: "info",
    State.GRANTED: "good",
    State.WITHDRAWN: "bad",
    State.DECLINED: "bad",
    State.EXPIRED: "warn",
}


def day(at: datetime) -> str:
    """The day of an instant, in the pages' zone."""
    return formats.date_format(timezone.localtime(at), "j M Y")


def counted(number: int, one: str, many: str = "") -> str:
    """`1 step`, `2 steps`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def state_badge(consent: Consent, at: datetime, open_steps: int = 0) -> Badge:
    """The state with what makes it special: when it begins, how many steps are open."""
    state = State(consent.state_at(at))
    tone, label = TONES[state], str(state.label)
    begins = consent.effective_from
    if state == State.GRANTED and begins is not None and begins > at:
        return Badge(f"{label}, begins on {day(begins)}", "warn")
    if state == State.WITHDRAWN and open_steps:
        return Badge(f"{label}, {counted(open_steps, 'step')} open", tone)
    return Badge(label, tone)


def renewal_badge(lacking: int) -> Badge:
    return Badge(f"Needs renewal: {lacking} not covered", "warn")


def standing_badges(standing: Standing) -> list[Any]:
    """What holds, then all that asks for something."""
    consent, at = standing.consent, standing.at
    found = [state_badge(consent, at)]
    if standing.is_barred:
        found.append(Badge("Not allowed into this country", "bad"))
    if standing.lacking:
        found.append(renewal_badge(standing.lacking))
    if standing.open_steps:
        found.append(Badge(f"{counted(standing.open_steps, 'step')} open", "warn"))
    if standing.awaited is not None:
        found.append(_awaited(standing.awaited, at))
    return found


def _awaited(consent: Consent, at: datetime) -> Badge:
    begins = consent.effective_from
    if begins is not None and begins > at:
        return Badge(f"Next begins on {day(begins)}", "info")
    return Badge("Renewal requested" if consent.supersedes_id else "Requested again", "info")


def standing_words(standing: Standing) -> str:
    """Since when and until when, or who waits for what."""
    consent = standing.consent
    match State(standing.state):
        case State.REQUESTED:
            return f"since {day(consent.requested_at)}, waits for a decision"
        case State.DECLINED:
            return f"on {day(consent.declined_at)}" if consent.declined_at else ""
        case State.WITHDRAWN:
            return f"on {day(consent.withdrawn_at)}" if consent.withdrawn_at else ""
        case State.EXPIRED:
            return f"on {day(consent.ends_at)}" if consent.ends_at else ""
        case _:
            return period_of(consent)


def period_of(consent: Consent) -> str:
    """From when until when it holds."""
    until = f"until {day(consent.ends_at)}" if consent.ends_at else "until withdrawn"
    return f"from {day(consent.effective_from)}, {until}" if consent.effective_from else until
