"""The one query behind any number of decisions, and a second one for those that elections have a say in.

Written by hand, for they are what an answer waits for. The first reads the tenant, its rule on recipients as it was at
the instant, whether answers are logged, the mark of the newest catalog edition, and for each service and connection
asked about every consent as its history knew it at the instant, with what the one that holds covers. What is known now
is the history without an end. Rows never leave the table of consents, and service and connection stay as they are once
a consent is granted, so its index finds the history's rows.

The second reads what the tenant elected, and of the past its status; of now it is not made where no optional data is
asked about and the rule does not ask for the elected geography.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from consents.decisions.facts import Mark
from tenants.models import Tenant

ALL_FLOWS = 0
NO_SERVICE = 0
ANYWHERE = "anywhere"
NO_END = datetime(9999, 1, 1, tzinfo=UTC)
KEYS_AT_ONCE = 500

# `MAX(history_id + 0)`: by the index of the consent's own rows, never down the whole history from its end.
QUERY = """
WITH asked (n, service_id, connection, flow_id, held_at, known_at) AS (VALUES {asked})
SELECT a.n, t.status, p.log_decisions, r.recipients, r.history_id,
  (SELECT SUM((SELECT MAX(e.number) FROM catalog_edition e WHERE e.catalog_id = k.id)) FROM catalog_catalog k),
  (SELECT e.loaded_at FROM catalog_edition e ORDER BY e.id DESC LIMIT 1),
  c.id, c.record_id, h.history_id, h.status, h.effective_from, h.ends_at, h.edition_id, h.safeguard,
  f.flow_id, f.flow_record, f.name, f.personal, f.direction
FROM tenants_tenant t
CROSS JOIN asked a
LEFT JOIN consents_consentpolicy p ON p.tenant_id = t.id
LEFT JOIN elections_historicalelectionpolicy r ON r.history_id = (
  SELECT MAX(x.history_id + 0) FROM elections_historicalelectionpolicy x
  WHERE x.tenant_id = %s AND x.history_date <= %s)
LEFT JOIN consents_consent c
  ON c.tenant_id = t.id AND c.service_id = a.service_id AND c.connection = a.connection
LEFT JOIN consents_historicalconsent h ON h.history_id = (
  SELECT MAX(x.history_id + 0) FROM consents_historicalconsent x
  WHERE x.tenant_id = c.tenant_id AND x.id = c.id AND x.history_date <= a.known_at)
LEFT JOIN consents_coveredflow f
  ON f.consent_id = c.id AND h.effective_from <= a.held_at AND (h.ends_at IS NULL OR h.ends_at > a.held_at)
  AND (a.flow_id = 0 OR f.flow_id = a.flow_id)
WHERE t.id = %s
"""

STATUS, STORAGE, COLLECTION = "status", "storage", "collection"
# Each part gives: what it is, election, record, history row, since when, region or feature, name, on or off.
PARTS = {
    STATUS: """
SELECT 'status', h.id, '', h.history_id, h.history_date, 0, h.status, TRUE
FROM tenants_historicaltenant h
WHERE h.id = %s
""",
    STORAGE: """
SELECT 'storage', h.id, CAST(h.record_id AS VARCHAR(36)), h.history_id, h.effective_from, h.region_id, h.name, TRUE
FROM elections_historicalstorageelection h
WHERE h.tenant_id = %s AND h.status = 'approved' AND h.effective_from <= %s AND h.history_id = (
  SELECT MAX(x.history_id + 0) FROM elections_historicalstorageelection x
  WHERE x.tenant_id = h.tenant_id AND x.id = h.id AND x.history_date <= %s)
""",
    COLLECTION: """
SELECT 'collection', h.id, CAST(h.record_id AS VARCHAR(36)), h.history_id, h.effective_from,
  f.feature_id, f.name, f.is_on
FROM elections_historicalcollectionelection h
JOIN elections_electedfeature f ON f.election_id = h.id
WHERE h.tenant_id = %s AND h.status = 'approved' AND h.effective_from <= %s AND h.history_id = (
  SELECT MAX(x.history_id + 0) FROM elections_historicalcollectionelection x
  WHERE x.tenant_id = h.tenant_id AND x.id = h.id AND x.history_date <= %s)
""",
}


class Clocks(NamedTuple):
    """held: when it would happen. known: until when the record counts. own: until when it counts for what has no other
    time than its record, the tenant's status and rule: the earlier of both, and without an end from now on."""

    held: datetime
    known: datetime
    own: datetime

    @classmethod
    def set_to(cls, at: datetime, known_at: datetime | None, now: datetime) -> Clocks:
        own = min(at, known_at or now)
        return cls(at, known_at or NO_END, own if own < now else NO_END)

    @property
    def is_past(self) -> bool:
        return self.own != NO_END


class Key(NamedTuple):
    """What is read for: one service and connection, with one flow of it or all."""

    service_id: int
    connection: str
    flow_id: int


class Covered(NamedTuple):
    """A flow as it was agreed to."""

    record: int
    name: str
    personal: bool
    direction: str


@dataclass(slots=True)
class Held:
    """A consent as it was known at the instant; what it covers, where it holds at the instant asked about."""

    id: int
    record_id: str
    history_id: int
    status: str
    effective_from: datetime | None
    ends_at: datetime | None
    edition_id: int | None
    safeguard: str
    covered: dict[int, Covered] = field(default_factory=dict)


@dataclass(slots=True)
class Findings:
    """What the query found, at one moment. recipients: the tenant's rule; policy: its history row."""

    tenant_status: str
    log: str
    mark: Mark
    consents: list[list[Held]]
    recipients: str = ANYWHERE
    policy: int | None = None


def read(tenant: Tenant, keys: Sequence[Key], clocks: Clocks) -> Findings:
    """The consents for each key, as known at the instant; a query for each 500 keys."""
    found = Findings("", "off", (0, None), [[] for _ in keys])
    for start in range(0, max(len(keys), 1), KEYS_AT_ONCE):
        part = keys[start : start + KEYS_AT_ONCE] or [Key(NO_SERVICE, "", ALL_FLOWS)]
        _sort(_consents(tenant, part, start, clocks), found)
    return found


def _consents(tenant: Tenant, keys: Sequence[Key], first: int, clocks: Clocks) -> Iterable[tuple[Any, ...]]:
    held, known, own = map(connection.ops.adapt_datetimefield_value, clocks)
    parameters: list[Any] = []
    for number, (service_id, name, flow_id) in enumerate(keys, first):
        parameters += (number, service_id, name, flow_id, held, known)
    return _rows(_query(len(keys)), [*parameters, tenant.pk, own, tenant.pk])


def _rows(query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


@cache
def _query(keys: int) -> str:
    return QUERY.replace("{asked}", ", ".join(["(%s, %s, %s, %s, %s, %s)"] * keys))


def _sort(rows: Iterable[tuple[Any, ...]], found: Findings) -> None:
    known: dict[tuple[int, int], Held] = {}
    for n, status, log, rule, policy, number, loaded_at, *consent, flow, record, name, personal, way in rows:
        found.tenant_status, found.log = status, log or "off"
        found.recipients, found.policy = rule or ANYWHERE, policy
        found.mark = (int(number or 0), _instant(loaded_at))
        if consent[2] is None:  # no consent at all, or none that was known
            continue
        held = known.get((n, consent[0]))
        if held is None:
            known[n, consent[0]] = held = _held(*consent)
            found.consents[n].append(held)
        if flow is not None:
            held.covered[flow] = Covered(record, name, bool(personal), way)


def _held(
    pk: int, record_id: Any, history_id: int, status: str, start: Any, end: Any, edition: Any, safeguard: str
) -> Held:
    record = str(record_id if isinstance(record_id, UUID) else UUID(record_id))
    return Held(pk, record, history_id, status, _instant(start), _instant(end), edition, safeguard)


def _instant(value: Any) -> datetime | None:
    """SQLite keeps instants as texts without a zone, in UTC."""
    if value is None:
        return None
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant if timezone.is_aware(instant) else instant.replace(tzinfo=UTC)


# --- What the tenant elected, and what it was ---


@dataclass(frozen=True, slots=True)
class Elected:
    """The election that decides about a region or a feature (`subject`) at the instant, as it was known."""

    kind: str
    election: int
    record_id: str
    history_id: int
    since: datetime
    subject: int
    name: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How the tenant stood at the instant, as far as it was asked for. features: by id, what decides each."""

    tenant_status: str = ""
    geography: Elected | None = None
    features: Mapping[int, Elected] = field(default_factory=dict)


def read_standing(tenant: Tenant, parts: Sequence[str], clocks: Clocks) -> Standing:
    """These parts of it, of STATUS, STORAGE and COLLECTION: one query."""
    held, known, _ = map(connection.ops.adapt_datetimefield_value, clocks)
    parameters = {STATUS: (tenant.pk,)}
    query = " UNION ALL ".join(PARTS[part] for part in parts)
    rows = _rows(query, [each for part in parts for each in parameters.get(part, (tenant.pk, held, known))])
    statuses = [row for row in rows if row[0] == STATUS]
    elected = sorted(map(_elected, (row for row in rows if row[0] != STATUS)), key=_place)
    stored = [each for each in elected if each.kind == STORAGE]
    return Standing(
        _status_at(statuses, clocks.own),
        stored[-1] if stored else None,
        {each.subject: each for each in elected if each.kind == COLLECTION},
    )


def _elected(row: tuple[Any, ...]) -> Elected:
    kind, election, record_id, history_id, since, subject, name, is_on = row
    begins = _instant(since) or NO_END
    return Elected(kind, election, str(UUID(record_id)), history_id, begins, subject, name, bool(is_on))


def _place(elected: Elected) -> tuple[datetime, int]:
    """The latest to begin decides; of two that begin together, the one recorded later (`elections.collecting`)."""
    return elected.since, elected.election


def _status_at(rows: Sequence[tuple[Any, ...]], instant: datetime) -> str:
    """The tenant's status at the instant; before it was entered here, its first."""
    ordered = sorted(rows, key=lambda row: row[3])
    past = [row for row in ordered if (_instant(row[4]) or NO_END) <= instant] or ordered[:1]
    return past[-1][6] if past else ""
