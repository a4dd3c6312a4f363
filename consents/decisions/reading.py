"""The one query behind any number of decisions.

Written by hand, for it is what an answer waits for: the tenant, whether answers are logged, the mark of the newest
catalog edition, and for each service and connection asked about every consent as its history knew it at the instant,
with what the one that holds covers. What is known now is the history without an end. Rows never leave the table of
consents, and service and connection stay as they are once a consent is granted, so its index finds the history's rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
NO_END = datetime(9999, 1, 1, tzinfo=UTC)
KEYS_AT_ONCE = 500

# `MAX(history_id + 0)`: by the index of the consent's own rows, never down the whole history from its end.
QUERY = """
WITH asked (n, service_id, connection, flow_id, held_at, known_at) AS (VALUES {asked})
SELECT a.n, t.status, p.log_decisions,
  (SELECT SUM((SELECT MAX(e.number) FROM catalog_edition e WHERE e.catalog_id = k.id)) FROM catalog_catalog k),
  (SELECT e.loaded_at FROM catalog_edition e ORDER BY e.id DESC LIMIT 1),
  c.id, c.record_id, h.history_id, h.status, h.effective_from, h.ends_at, h.edition_id,
  f.flow_id, f.flow_record, f.name, f.personal, f.direction
FROM tenants_tenant t
CROSS JOIN asked a
LEFT JOIN consents_consentpolicy p ON p.tenant_id = t.id
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
    covered: dict[int, Covered] = field(default_factory=dict)


@dataclass(slots=True)
class Findings:
    """What the query found, at one moment."""

    tenant_status: str
    log: str
    mark: Mark
    consents: list[list[Held]]


def read(tenant: Tenant, keys: Sequence[Key], at: datetime, known_at: datetime | None) -> Findings:
    """The consents for each key, as known at the instant (now, where it is None); a query for each 500 keys."""
    found = Findings("", "off", (0, None), [[] for _ in keys])
    for start in range(0, max(len(keys), 1), KEYS_AT_ONCE):
        part = keys[start : start + KEYS_AT_ONCE] or [Key(NO_SERVICE, "", ALL_FLOWS)]
        _sort(_rows(tenant, part, start, at, known_at or NO_END), found)
    return found


def _rows(
    tenant: Tenant, keys: Sequence[Key], first: int, at: datetime, known_at: datetime
) -> Iterable[tuple[Any, ...]]:
    held_at = connection.ops.adapt_datetimefield_value(at)
    until = connection.ops.adapt_datetimefield_value(known_at)
    parameters: list[Any] = []
    for number, (service_id, name, flow_id) in enumerate(keys, first):
        parameters += (number, service_id, name, flow_id, held_at, until)
    with connection.cursor() as cursor:
        cursor.execute(_query(len(keys)), [*parameters, tenant.pk])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


@cache
def _query(keys: int) -> str:
    return QUERY.replace("{asked}", ", ".join(["(%s, %s, %s, %s, %s, %s)"] * keys))


def _sort(rows: Iterable[tuple[Any, ...]], found: Findings) -> None:
    known: dict[tuple[int, int], Held] = {}
    for n, status, log, number, loaded_at, *consent, flow, record, name, personal, direction in rows:
        found.tenant_status, found.log = status, log or "off"
        found.mark = (int(number or 0), _instant(loaded_at))
        if consent[2] is None:  # no consent at all, or none that was known
            continue
        held = known.get((n, consent[0]))
        if held is None:
            known[n, consent[0]] = held = _held(*consent)
            found.consents[n].append(held)
        if flow is not None:
            held.covered[flow] = Covered(record, name, bool(personal), direction)


def _held(pk: int, record_id: Any, history_id: int, status: str, start: Any, end: Any, edition: Any) -> Held:
    record = str(record_id if isinstance(record_id, UUID) else UUID(record_id))
    return Held(pk, record, history_id, status, _instant(start), _instant(end), edition)


def _instant(value: Any) -> datetime | None:
    """SQLite keeps instants as texts without a zone, in UTC."""
    if value is None:
        return None
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant if timezone.is_aware(instant) else instant.replace(tzinfo=UTC)


def status_at(tenant: Tenant, instant: datetime) -> str:
    """What the tenant's status was at an instant; before it was entered here, its first."""
    rows = list(
        Tenant.history.filter(id=tenant.pk).order_by("history_id").values_list("history_date", "status")
    )
    past = [status for date, status in rows if date <= instant] or [status for _, status in rows[:1]]
    return past[-1] if past else tenant.status
