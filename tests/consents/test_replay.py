"""Whatever happens to consents: the history tells, for any instant, what was stored then.

Random lives are led through the deeds. Beside them a log is kept in memory: what each table held after each deed.
Ten thousand instants are then asked of the history and of the register.
"""

from __future__ import annotations

import bisect
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Max, Min
from django.test import TransactionTestCase
from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Service
from consents.exports.register import Register
from consents.models import Consent, ConsentImport, ConsentPolicy, CoveredFlow, Credential, Drift, EndingStep
from consents.querysets import holding
from consents.services import (
    assign_step,
    complete_step,
    decline_consent,
    grant_consent,
    request_consent,
    set_consent_policy,
    withdraw_consent,
)
from consents.services.drift import resolve_drift
from consents.services.imports import record_import
from consents.services.life import expire_ended
from privacy_console.errors import Refused
from tests.cast import CastMixin, assemble_on
from tests.chance import SEED
from tests.consents import lives
from tests.consents.graph.samples import page as graph_page
from tests.consents.graph.samples import reading, token

DEEDS = 160
INSTANTS = 10_000
# One connection at Apple each; the service with the fewest flows keeps the tables small.
SERVICES = ("apns", "asm_dep", "vpp")
PLACES = ("Berlin", "Munich", "Bonn")
TABLES: dict[Any, tuple[str, ...]] = {
    Consent: (
        "id", "record_id", "service_id", "connection", "status", "supersedes_id", "justification", "requested_at",
        "granted_at", "granted_by", "effective_from", "effective_until", "ends_at", "edition_id", "declined_at",
        "withdrawn_at", "withdraw_reason",
    ),
    EndingStep: ("id", "consent_id", "position", "due_on", "owner_id", "status", "proof", "done_at"),
    ConsentPolicy: ("id", "four_eyes", "safeguard_required", "log_decisions"),
    Drift: ("id", "kind", "key", "status", "resolution", "reason", "closed_at", "last_import_id"),
    Credential: ("id", "kind", "external_id", "expires_at", "retired_at", "seen_at"),
    ConsentImport: ("id", "name", "records", "found", "opened", "cleared"),
    CoveredFlow: ("id", "consent_id", "flow_id", "flow_record"),
}  # fmt: skip
# What of a consent changes in its life: compared at every instant, the rest at every tenth.
CHANGING = ("id", "status", "effective_from", "ends_at", "withdrawn_at")
State = dict[int, tuple[Any, ...]]


@dataclass(frozen=True)
class Noted:
    """What the tables held after a deed, and from when to when its events are dated."""

    first: datetime
    last: datetime
    tables: dict[Any, State]
    consents: set[tuple[Any, ...]]


class Prepared:
    """What `known_at` asks the database, built once: building it takes ten times as long as asking."""

    MARK = datetime(1970, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)

    def __init__(self, model: Any, tenant: Any, fields: tuple[str, ...]) -> None:
        past = model.history.for_tenant(tenant).known_at(self.MARK).values_list(*fields)
        self.sql, self.params = past.query.sql_with_params()
        self.mark = connection.ops.adapt_datetimefield_value(self.MARK)
        assert self.mark in self.params

    def at(self, instant: datetime) -> set[tuple[Any, ...]]:
        given = connection.ops.adapt_datetimefield_value(instant)
        return raw(self.sql, [given if one == self.mark else one for one in self.params])


def raw(sql: str, params: Any) -> set[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return set(cursor.fetchall())


class Lives:
    """Random deeds of a tenant; what the rules refuse simply does not happen."""

    def __init__(self, test: Any, dice: random.Random) -> None:
        self.tenant, self.officer, self.admin, self.dice = test.contoso, test.officer, test.admin, dice
        self.deeds: list[Callable[[], Any]] = [
            *[self.request] * 6, *[self.grant] * 7, *[self.renew] * 2, *[self.withdraw] * 4, *[self.step] * 4,
            self.decline, self.policy, self.expire, *[self.observe] * 2, *[self.resolve] * 2,
        ]  # fmt: skip

    def one(self) -> None:
        deed = self.dice.choice(self.deeds)
        try:
            with lives.door():
                deed()
        except (Refused, ValidationError):
            return

    def anybody(self) -> Any:
        return self.dice.choice((self.officer, self.admin))

    def any_of(self, model: Any, **where: Any) -> Any:
        found = list(model.objects.for_tenant(self.tenant).filter(**where).order_by("id"))
        if not found:
            raise Refused("nothing", "There is none to do it to.")
        return self.dice.choice(found)

    def instant(self) -> datetime | None:
        """Some time around now, or none."""
        hours = self.dice.choice((None, -2000, -300, -20, -1, 1, 20))
        return None if hours is None else timezone.now() + timedelta(hours=hours + self.dice.random())

    def request(self) -> None:
        code = self.dice.choice(SERVICES)
        place = self.dice.choice(PLACES) if code != "apns" else ""
        service = Service.objects.get(code=code)
        request_consent(tenant=self.tenant, service=service, connection=place, by=self.anybody())

    def renew(self) -> None:
        old = self.any_of(Consent, status__in=("granted", "expired"))
        request_consent(
            tenant=self.tenant, service=old.service, connection=old.connection, renews=old, by=self.anybody()
        )

    def grant(self) -> None:
        period = {"effective_from": self.instant(), "effective_until": self.instant()}
        if self.dice.random() < 0.5:
            period = {}
        consent = self.any_of(Consent, status="requested")
        grant_consent(consent=consent, by=self.anybody(), reason="Agreed", **period)

    def decline(self) -> None:
        decline_consent(consent=self.any_of(Consent, status="requested"), by=self.anybody(), reason="No")

    def withdraw(self) -> None:
        withdraw_consent(consent=self.any_of(Consent, status="granted"), by=self.anybody(), reason="Enough")

    def step(self) -> None:
        step = self.any_of(EndingStep, status="open")
        if self.dice.random() < 0.5:
            assign_step(step=step, by=self.admin, owner=self.anybody())
        else:
            complete_step(step=step, by=self.admin, proof=f"Ticket {self.dice.randrange(1000)}")

    def policy(self) -> None:
        four_eyes = self.dice.random() < 0.3
        set_consent_policy(tenant=self.tenant, by=self.officer, four_eyes=four_eyes)

    def expire(self) -> None:
        expire_ended()

    def observe(self) -> None:
        places = self.dice.sample(PLACES, self.dice.randrange(len(PLACES) + 1))
        answers = graph_page("vppToken", *(token(place, id=f"vpp-{place}") for place in places))
        record_import(tenant=self.tenant, by=self.admin, reading=reading(answers))

    def resolve(self) -> None:
        resolution = self.dice.choice(Drift.Resolution.values)
        drift = self.any_of(Drift, status="open")
        resolve_drift(drift=drift, resolution=resolution, reason="Seen to", by=self.admin)


def stored(tenant: Any) -> dict[Any, State]:
    return {
        model: {row[0]: row for row in model.objects.for_tenant(tenant).values_list(*fields)}
        for model, fields in TABLES.items()
    }


def note(tenant: Any, first: datetime, last: datetime) -> Noted:
    sql, params = Consent.objects.for_tenant(tenant).values_list(*CHANGING).query.sql_with_params()
    return Noted(first, last, stored(tenant), raw(sql, params))


class Replaying(CastMixin, TransactionTestCase):
    """Outside one transaction, where each deed has instants of its own."""

    def test_the_history_tells_what_was_stored_at_any_instant(self) -> None:
        print(f"SEED={SEED}")  # noqa: T201 - so that a failure can be repeated
        dice = random.Random(SEED)
        assemble_on(self)
        lives.exists_for_years(self.contoso)
        log = self.live(Lives(self, dice))
        kinds = {row[4] for noted in log for row in noted.tables[Consent].values()}
        assert len(log) > DEEDS / 4
        assert {"granted", "withdrawn"} <= kinds
        asked = [self.instant(log, dice) for _ in range(INSTANTS)]
        others = [model for model in TABLES if model not in (Consent, CoveredFlow)]
        consents = Prepared(Consent, self.contoso, CHANGING)
        for number, (at, noted) in enumerate(asked):
            assert consents.at(at) == noted.consents, f"{at.isoformat()}, SEED={SEED}"
            if number % 10 == 0:
                self.compare(Consent, at, noted)
                self.compare(others[number // 10 % len(others)], at, noted)
            if number % 100 == 0:
                self.compare(CoveredFlow, at, noted)
                self.compare_register(at, noted)
                self.compare_holding(at, noted, dice)

    def live(self, among: Lives) -> list[Noted]:
        """Lead the lives; what there was before them is the first note."""
        start = timezone.now()
        log = [note(self.contoso, start, start)]
        last = AuditEvent.objects.across_tenants().aggregate(last=Max("pk"))["last"]
        for _ in range(DEEDS):
            time.sleep(0.003)  # SQLite dates events by thousandths of a second
            among.one()
            events = AuditEvent.objects.for_tenant(self.contoso).filter(pk__gt=last)
            found = events.aggregate(Min("occurred_at"), Max("occurred_at"), Max("pk"))
            if found["pk__max"] is not None:
                last = found["pk__max"]
                log.append(note(self.contoso, found["occurred_at__min"], found["occurred_at__max"]))
        return log

    def instant(self, log: list[Noted], dice: random.Random) -> tuple[datetime, Noted]:
        """Before everything, between two deeds, exactly at the end of one, just before or after it, or after all.

        Inside a deed of several events nobody knew anything yet: its transaction had not ended.
        """
        while True:
            near = dice.choice(log)
            span = (log[-1].last - log[0].first).total_seconds() + 2
            at = dice.choice(
                (
                    near.last,
                    near.last + timedelta(microseconds=1),
                    near.first - timedelta(microseconds=1),
                    log[0].first + timedelta(seconds=dice.random() * span - 1),
                )
            )
            index = bisect.bisect_right(log, at, key=lambda noted: noted.last)
            following = log[index] if index < len(log) else None
            if following is None or not following.first <= at < following.last:
                empty: dict[Any, State] = {model: {} for model in TABLES}
                return at, log[index - 1] if index else Noted(at, at, empty, set())

    def compare(self, model: Any, at: datetime, noted: Noted) -> None:
        rows = model.history.for_tenant(self.contoso).known_at(at).values_list(*TABLES[model])
        told = {row[0]: row for row in rows}
        assert told == noted.tables[model], f"{model.__name__} at {at.isoformat()}, SEED={SEED}"

    def compare_register(self, at: datetime, noted: Noted) -> None:
        told = {
            entry.consent.pk: (entry.state, len(entry.flows), entry.open_steps)
            for entry in Register(self.contoso, at)
        }
        flows = [row[1] for row in noted.tables[CoveredFlow].values()]
        steps = [row[1] for row in noted.tables[EndingStep].values() if row[5] == "open"]
        expected = {
            pk: (naive_state(row, at), flows.count(pk), steps.count(pk))
            for pk, row in noted.tables[Consent].items()
        }
        assert told == expected, f"the register at {at.isoformat()}, SEED={SEED}"

    def compare_holding(self, known_at: datetime, noted: Noted, dice: random.Random) -> None:
        """The other clock: what held at some instant, as known at this one."""
        at = known_at + timedelta(hours=dice.uniform(-2100, 100))
        rows = Consent.history.for_tenant(self.contoso).known_at(known_at).filter(holding(at))  # type: ignore[attr-defined]
        told = set(rows.values_list("id", flat=True))
        expected = {pk for pk, row in noted.tables[Consent].items() if naive_holds(row, at)}
        assert told == expected, f"holding at {at.isoformat()}, known at {known_at.isoformat()}, {SEED=}"


def naive_state(row: tuple[Any, ...], at: datetime) -> str:
    status, ends = row[4], row[12]
    return "expired" if status == "granted" and ends is not None and ends <= at else status


def naive_holds(row: tuple[Any, ...], at: datetime) -> bool:
    begins, ends = row[10], row[12]
    return begins is not None and begins <= at and (ends is None or at < ends)
