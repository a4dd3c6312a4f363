"""Random lives of consents, asked about at random instants as known at others: the answers are those of a plain replay.

The journal is the test's own: what was done, when, and with which dates. It knows nothing of tables or history.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from consents.models import Consent
from consents.services import decline_consent, grant_consent
from consents.services.life import expire_ended
from privacy_console.errors import Refused
from tests.consents.stories import DAY, DecisionTestCase, instant

CONNECTIONS = ("", "Munich", "Oslo")
TICK = timedelta(microseconds=1)


@dataclass
class Life:
    """What the journal knows of one consent at some instant."""

    number: int
    connection: str
    start: datetime | None = None
    end: datetime | None = None
    is_withdrawn: bool = False

    def holds(self, at: datetime) -> bool:
        return self.start is not None and self.start <= at and (self.end is None or at < self.end)


@dataclass
class Journal:
    """Notes of what was done, each with the instant from which it is known."""

    notes: list[tuple[datetime, str, Any]] = field(default_factory=list)
    quiet: list[datetime] = field(default_factory=list)

    def note(self, deed: str, *facts: Any) -> None:
        self.notes.append((self.quiet[-1], deed, facts))

    def lives(self, known_at: datetime) -> list[Life]:
        found: dict[int, Life] = {}
        for known, deed, facts in self.notes:
            if known >= known_at:
                break
            self._replay(found, deed, facts)
        return list(found.values())

    @staticmethod
    def _replay(found: dict[int, Life], deed: str, facts: Any) -> None:
        number, *more = facts
        if deed == "requested":
            found[number] = Life(number, more[0])
        elif deed == "granted":
            found[number].start, found[number].end = more
        elif deed == "ends":
            found[number].end = more[0]
        elif deed == "withdrawn":
            life = found[number]
            life.is_withdrawn = True
            life.end = min(more[0], life.end or more[0])

    def expected(self, connection: str, at: datetime, known_at: datetime) -> str:
        """The first reason by a plain reading of the rules."""
        lives = [life for life in self.lives(known_at) if life.connection == connection]
        if any(life.holds(at) for life in lives):
            return "granted"
        begun = [life for life in lives if life.start and life.start <= at]
        if begun:
            last = max(begun, key=lambda life: (life.start, life.number))
            return "withdrawn" if last.is_withdrawn else "expired"
        if any(life.start and (life.end is None or life.end > life.start) for life in lives):
            return "not_yet_effective"
        was_withdrawn = any(life.is_withdrawn for life in lives)
        return "withdrawn" if was_withdrawn and not self._waits(lives, known_at) else "no_consent"

    def _waits(self, lives: list[Life], known_at: datetime) -> bool:
        declined = {facts[0] for known, deed, facts in self.notes if deed == "declined" and known < known_at}
        return any(life.start is None and life.number not in declined for life in lives)


class TestReplayed(DecisionTestCase):
    DEEDS = 60
    QUESTIONS = 700

    def test_the_answers_are_those_of_a_replay(self) -> None:
        done: set[str] = set()
        seen: set[str] = set()
        for seed in (1, 2, 3):
            with self.subTest(seed=seed):
                self._live(random.Random(seed), [f"{name}{seed}" for name in CONNECTIONS])
                done |= {deed for _, deed, _ in self.journal.notes}
                seen |= {self._compare() for _ in range(self.QUESTIONS)}
        assert done == {"requested", "granted", "declined", "withdrawn", "ends"}
        assert seen == {"granted", "withdrawn", "expired", "not_yet_effective", "no_consent"}

    def _live(self, chance: random.Random, connections: list[str]) -> None:
        self.chance, self.journal, self.connections = chance, Journal(), connections
        for _ in range(self.DEEDS):
            self.journal.quiet.append(instant())
            self._do_something()
        self.journal.quiet.append(instant())

    # --- Living ---

    def _do_something(self) -> None:
        deed = self.chance.choice(
            [
                self._request,
                self._grant,
                self._grant,
                self._withdraw,
                self._renew,
                self._decline,
                self._expire,
            ]
        )
        try:
            deed()
        except (Refused, ValidationError, IndexError):
            pass  # what is refused leaves nothing, and is not in the journal

    def _any(self, status: str) -> Consent:
        rows = Consent.objects.for_tenant(self.contoso).filter(status=status, connection__in=self.connections)
        chosen: Consent = self.chance.choice(list(rows))
        return chosen

    def _request(self, renews: Consent | None = None) -> None:
        connection = renews.connection if renews else self.chance.choice(self.connections)
        consent = self.requested(connection=connection, renews=renews)
        self.journal.note("requested", consent.pk, connection)

    def _grant(self) -> None:
        waiting = self._any("requested")
        now = timezone.now()
        start = self.chance.choice([None, None, now + DAY * self.chance.random() * 5])
        length = self.chance.choice(
            [None, timedelta(milliseconds=15), DAY * (self.chance.random() * 5 + 0.1)]
        )
        until = None if length is None else (start or now) + length
        old = waiting.supersedes
        if old is not None:
            old.refresh_from_db()
        granted = grant_consent(
            consent=waiting, by=self.operator, reason="Needed.", effective_from=start, effective_until=until
        )
        begins = granted.effective_from
        if old is not None and begins is not None and old.is_in_force(begins):
            self.journal.note("ends", old.pk, begins)
        self.journal.note("granted", granted.pk, begins, granted.effective_until)

    def _withdraw(self) -> None:
        chosen = self._any("granted")
        consent = self.withdrawn(chosen)
        at = consent.withdrawn_at
        for life in self.journal.lives(timezone.now()):
            waits = life.start is not None and at is not None and life.start > at and not life.is_withdrawn
            if life.number == consent.pk or (waits and life.connection == consent.connection):
                self.journal.note("withdrawn", life.number, at)

    def _renew(self) -> None:
        self._request(renews=self._any("granted"))

    def _decline(self) -> None:
        declined = decline_consent(consent=self._any("requested"), by=self.operator, reason="No.")
        self.journal.note("declined", declined.pk)

    def _expire(self) -> None:
        expire_ended()

    # --- Asking ---

    def _compare(self) -> str:
        known_at = self.chance.choice(self.journal.quiet)
        at = self._any_instant()
        connection = self.chance.choice(self.connections)
        expected = self.journal.expected(connection, at, known_at)
        decision = self.ask(connection=connection, at=at, known_at=known_at)
        found = decision.reasons[0].code
        assert found == expected, (at, known_at, connection, self.journal.notes)
        assert decision.allowed == (expected == "granted")
        return found

    def _any_instant(self) -> datetime:
        bounds = [b for _, deed, facts in self.journal.notes if deed == "granted" for b in facts[1:] if b]
        kind = self.chance.randrange(3)
        if kind == 0:
            bound: datetime = self.chance.choice(bounds)
            return bound + self.chance.choice([-TICK, 0 * TICK, TICK])
        if kind == 1:
            return self.chance.choice(self.journal.quiet)
        return self.journal.quiet[0] + DAY * (self.chance.random() * 12 - 1)
