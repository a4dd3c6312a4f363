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

from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Catalog, Feature
from catalog.services import add_entry
from consents.models import Consent
from consents.services import decline_consent, grant_consent
from consents.services.life import expire_ended
from elections.models import CollectionElection, Election, StorageElection
from elections.services import begin_storage, set_election_policy, withdraw_election
from privacy_console.errors import Refused
from tenants.access import Shell
from tests.consents.stories import DAY, SERIAL_NUMBER, DecisionTestCase, instant
from tests.elections.stories import moved, switched

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


@dataclass
class Elections:
    """The test's own notes of elections and rules, each with the instant from which it is known."""

    quiet: list[datetime] = field(default_factory=list)
    elected: list[tuple[datetime, str, int, datetime, Any]] = field(default_factory=list)
    withdrawn: list[tuple[datetime, str, int]] = field(default_factory=list)
    rules: list[tuple[datetime, str]] = field(default_factory=list)

    def holding(self, kind: str, at: datetime, known_at: datetime) -> Any:
        """What was elected last of what has begun; None for nothing."""
        gone = {(name, number) for known, name, number in self.withdrawn if known < known_at}
        begun = [
            (begins, number, what)
            for known, name, number, begins, what in self.elected
            if name == kind and known < known_at and begins <= at and (name, number) not in gone
        ]
        return max(begun)[2] if begun else None

    def rule(self, at: datetime) -> str:
        return next((rule for known, rule in reversed(self.rules) if known < at), "anywhere")

    def expected(self, at: datetime, known_at: datetime, *, is_optional: bool) -> str:
        if is_optional and not self.holding("collection", at, known_at):
            return "collection_not_elected"
        rule = self.rule(min(at, known_at))
        is_there = rule == "geography" and self.holding("storage", at, known_at) == "NA"
        return "granted" if rule == "anywhere" or is_there else "region_not_allowed"


class TestElectionsReplayed(DecisionTestCase):
    """Random elections and rules, with a consent that covers everything and names no safeguard."""

    DEEDS = 70
    QUESTIONS = 500

    def test_the_answers_are_those_of_a_replay(self) -> None:
        element = Feature.objects.get(code="device_query").elements.order_by("code")[0].code
        self.flow = add_entry(
            catalog=Catalog.objects.get(code=REFERENCE_CATALOG), kind="flows", by=Shell(), reason="Replayed",
            values={"code": "optional", "name": "Optional", "service": "vpp", "direction": "to_third_party",
                    "personal": False, "elements": [element]},
        ).code  # fmt: skip
        self.granted()
        self.chance, self.notes = random.Random(4), Elections([instant()])
        began = begin_storage(tenant=self.contoso, by=Shell())
        self._note("storage", began, "EU")
        for _ in range(self.DEEDS):
            self.notes.quiet.append(instant())
            self._do_something()
        self.notes.quiet.append(instant())
        seen = {self._compare() for _ in range(self.QUESTIONS)}
        assert seen == {"granted", "collection_not_elected", "region_not_allowed"}
        assert {kind for _, kind, _ in self.notes.withdrawn} == {"collection", "storage"}

    def _do_something(self) -> None:
        deed = self.chance.choice([self._switch, self._switch, self._move, self._withdraw, self._rule])
        try:
            deed()
        except (Refused, ValidationError, IndexError):
            pass  # what is refused leaves nothing, and is not noted

    def _note(self, kind: str, election: Election | None, what: Any) -> None:
        assert election is not None
        assert election.effective_from is not None
        self.notes.elected.append((self.notes.quiet[-1], kind, election.pk, election.effective_from, what))

    def _begins(self) -> datetime | None:
        later = timezone.now() + DAY * self.chance.random() * 5
        return self.chance.choice([None, later, later, self.chance.choice(self.notes.quiet[-3:])])

    def _switch(self) -> None:
        is_on = self.chance.random() < 0.6
        self._note(
            "collection", switched(self.contoso, self.officer, self._begins(), device_query=is_on), is_on
        )

    def _move(self) -> None:
        region = self.chance.choice(["EU", "NA", "NA", "CH"])
        self._note("storage", moved(self.contoso, region, self.admin, self._begins()), region)

    def _withdraw(self) -> None:
        kind = self.chance.choice(["collection", "storage"])
        model = self._model(kind)
        scheduled = list(model.objects.for_tenant(self.contoso).scheduled().order_by("id"))
        chosen = withdraw_election(election=self.chance.choice(scheduled), by=self.officer, reason="No.")
        self.notes.withdrawn.append((self.notes.quiet[-1], kind, chosen.pk))

    @staticmethod
    def _model(kind: str) -> Any:
        return CollectionElection if kind == "collection" else StorageElection

    def _rule(self) -> None:
        rule = self.chance.choice(
            ["anywhere", "anywhere", "boundary", "geography", "geography", "safeguarded"]
        )
        set_election_policy(tenant=self.contoso, recipients=rule, by=self.officer)
        # Beginnings lie at quiet instants, too, and are asked about a tick later: the rule was not there yet.
        self.notes.rules.append((self.notes.quiet[-1] + 1000 * TICK, rule))

    def _compare(self) -> str:
        known_at, at = self.chance.choice(self.notes.quiet), self._any_instant()
        is_optional = self.chance.random() < 0.5
        expected = self.notes.expected(at, known_at, is_optional=is_optional)
        decision = self.ask(self.flow if is_optional else SERIAL_NUMBER, at=at, known_at=known_at)
        assert decision.reasons[0].code == expected, (at, known_at, is_optional, self.notes)
        assert decision.allowed == (expected == "granted")
        return expected

    def _any_instant(self) -> datetime:
        """Of quiet ones, those around a beginning, and any other, none before the first."""
        begins = [each[3] for each in self.notes.elected[1:]]
        kinds = (
            self.chance.choice(begins) + self.chance.choice([-TICK, 0 * TICK, TICK]),
            self.chance.choice(self.notes.quiet),
            self.notes.quiet[-1] + DAY * self.chance.random() * 6,
        )
        return max(self.chance.choice(kinds), self.notes.quiet[0])
