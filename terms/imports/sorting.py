"""What is told, compared with the register inside the database: a table of what was told, then one query that sorts it.

Nothing of the file stays in this process, so its length does not matter. Both tables are of this transaction only.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models

from privacy_console.graph.places import Place, Problem
from terms.imports.dates import MINUTE
from terms.imports.told import Item, Told
from terms.models import Acceptance, AcceptanceImport, TermsPolicy
from terms.standing import valid_until

AT_ONCE = 1_000
INSERTED_AT_ONCE = 20_000
AHEAD = timedelta(minutes=5)  # clocks differ

MAKE = """CREATE TEMPORARY TABLE terms_import_told (number bigint, place text, user_principal_name text,
 display_name text, directory_id text, version bigint, accepted_at {time}, earliest {time}, latest {time},
 valid_until {time}, receipt_id {uuid})"""
TAKE = "INSERT INTO terms_import_told VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
DROP = ("DROP TABLE IF EXISTS terms_import_told", "DROP TABLE IF EXISTS terms_import_sorted")


class Outcome(models.TextChoices):
    """What becomes of a row."""

    NEW = "new", "It is recorded."
    ALREADY_RECORDED = "already_recorded", "It is in the register already."
    UNKNOWN_USER = "unknown_user", "No employee has this user name. Import the employees first."
    SEVERAL_USERS = "several_users", "Several employees have this user name."
    OTHER_USER = "other_user", "The user name is that of one employee, and the id that of another."
    UNKNOWN_VERSION = "unknown_version", "The policy has no published version {version}."
    IN_FUTURE = "in_future", "The time lies in the future."
    CONTRADICTION = (
        "contradiction",
        "The same version is there at another time too; first in {first}. Neither counts.",
    )
    DUPLICATE = "duplicate", "It is there twice; first in {first}."
    OUT_OF_ORDER = (
        "out_of_order",
        "An older version is said to be accepted after a newer one. Neither counts.",
    )
    RECORDED_OTHERWISE = (
        "recorded_otherwise",
        "The register has this version accepted at another time, {recorded}.",
    )
    AGAINST_RECORD = (
        "against_record",
        "In the register a newer version was accepted before that, or an older one after it.",
    )


SORT = """
CREATE TEMPORARY TABLE terms_import_sorted AS
WITH people AS (
  SELECT LOWER(user_principal_name) AS name, MIN(id) AS id, COUNT(*) AS namesakes
  FROM tenants_employee WHERE tenant_id = %(tenant)s GROUP BY LOWER(user_principal_name)
), versions AS (
  SELECT id, number FROM terms_termsversion WHERE policy_id = %(policy)s AND status = 'published'
), placed AS (
  SELECT t.*, p.id AS by_name, p.namesakes, d.id AS by_id, v.id AS version_id,
    COALESCE(d.id, CASE WHEN p.namesakes = 1 THEN p.id END) AS employee_id
  FROM terms_import_told t
  LEFT JOIN people p ON p.name = LOWER(t.user_principal_name)
  LEFT JOIN tenants_employee d ON d.tenant_id = %(tenant)s AND d.directory_id = t.directory_id
  LEFT JOIN versions v ON v.number = t.version
), compared AS (
  SELECT placed.*,
    FIRST_VALUE(place) OVER same AS first_place,
    ROW_NUMBER() OVER same AS nth,
    MAX(earliest) OVER whole < MIN(latest) OVER whole AS agrees,
    LAG(accepted_at) OVER onward > latest OR LEAD(latest) OVER onward < accepted_at AS is_out_of_order
  FROM placed
  WINDOW same AS (PARTITION BY employee_id, version ORDER BY number),
    whole AS (PARTITION BY employee_id, version),
    onward AS (PARTITION BY employee_id ORDER BY version, accepted_at)
), sorted AS (
  SELECT c.*, r.decided_at AS recorded_at, CASE
    WHEN c.employee_id IS NULL AND c.namesakes > 1 THEN 'several_users'
    WHEN c.employee_id IS NULL THEN 'unknown_user'
    WHEN c.by_id <> c.by_name THEN 'other_user'
    WHEN c.version_id IS NULL THEN 'unknown_version'
    WHEN c.accepted_at > %(ahead)s THEN 'in_future'
    WHEN NOT c.agrees THEN 'contradiction'
    WHEN c.nth > 1 THEN 'duplicate'
    WHEN c.is_out_of_order THEN 'out_of_order'
    WHEN r.decided_at > c.earliest AND r.decided_at < c.latest THEN 'already_recorded'
    WHEN r.decided_at IS NOT NULL THEN 'recorded_otherwise'
    WHEN EXISTS (
      SELECT 1 FROM terms_acceptance a JOIN terms_termsversion v ON v.id = a.version_id
      WHERE a.tenant_id = %(tenant)s AND a.policy_id = %(policy)s AND a.employee_id = c.employee_id
        AND a.decision = 'accepted'
        AND (v.number > c.version AND a.decided_at < c.earliest OR v.number < c.version AND a.decided_at > c.latest)
    ) THEN 'against_record'
    ELSE 'new' END AS outcome
  FROM compared c
  LEFT JOIN terms_acceptance r ON r.employee_id = c.employee_id AND r.version_id = c.version_id AND r.round = 1
    AND r.decision = 'accepted'
), earlier AS (
  SELECT s.number, a.id, a.decided_at,
    ROW_NUMBER() OVER (PARTITION BY s.number ORDER BY a.decided_at DESC, a.id DESC) AS nth
  FROM sorted s JOIN terms_acceptance a ON a.employee_id = s.employee_id AND a.decided_at <= s.accepted_at
  WHERE s.outcome = 'new' AND a.tenant_id = %(tenant)s AND a.policy_id = %(policy)s
), following AS (
  SELECT s.*, e.id AS earlier_id, e.decided_at AS earlier_at,
    ROW_NUMBER() OVER own AS turn,
    LAG(s.version_id) OVER own AS before_version, LAG(s.accepted_at) OVER own AS before_at
  FROM sorted s LEFT JOIN earlier e ON e.number = s.number AND e.nth = 1
  WINDOW own AS (PARTITION BY s.employee_id, s.outcome ORDER BY s.accepted_at, s.version)
)
SELECT f.*, CASE WHEN earlier_at IS NULL OR earlier_at <= before_at THEN before_version END AS follows
FROM following f"""

# Whoever has several in one file gets them one after the other, so that each names the one before.
INSERT = """
INSERT INTO terms_acceptance (tenant_id, receipt_id, employee_id, policy_id, version_id, directory_id,
  user_principal_name, display_name, language, text_sha256, round, decided_at, decision, valid_until, button, surface,
  trigger, device, session, network, source_id, imported_from, key_id, signature, supersedes_id)
SELECT %(tenant)s, s.receipt_id, s.employee_id, %(policy)s, s.version_id, e.directory_id,
  CASE s.user_principal_name WHEN '' THEN e.user_principal_name ELSE s.user_principal_name END,
  CASE s.display_name WHEN '' THEN e.display_name ELSE s.display_name END,
  '', '', 1, s.accepted_at, 'accepted', s.valid_until, '', 'company_portal', 'unknown', '', '', '', %(source)s, s.place,
  '', '', CASE WHEN s.follows IS NULL THEN s.earlier_id ELSE (
    SELECT a.id FROM terms_acceptance a
    WHERE a.version_id = s.follows AND a.employee_id = s.employee_id AND a.round = 1 AND a.decision = 'accepted'
  ) END
FROM terms_import_sorted s JOIN tenants_employee e ON e.id = s.employee_id
WHERE s.outcome = 'new' AND s.turn = %(turn)s AND s.number >= %(start)s AND s.number < %(end)s
ORDER BY s.number"""


class Sorting:
    """Of one import into one policy: `take` what is told, `sort` it, then `counts`, `problems` and `record`."""

    def __init__(self, policy: TermsPolicy, now: datetime) -> None:
        self.policy, self.now = policy, now
        self.taken = 0
        self.unreadable: list[tuple[int, Problem]] = []
        self.unreadable_count = 0
        self.keys = {"tenant": policy.tenant_id, "policy": policy.pk}

    def __enter__(self) -> Sorting:
        types = (
            {"time": "timestamptz", "uuid": "uuid"} if _is_postgresql() else {"time": "text", "uuid": "text"}
        )
        _execute(*DROP, MAKE.format(**types))
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        if failed is None:
            _execute(*DROP)

    def take(self, items: Iterable[Item], problems_kept: int) -> None:
        """Keep aside what is told; of what cannot be read, the first few."""
        rows = self._rows(items, problems_kept)
        if _is_postgresql():
            _copy(rows)
        else:
            _insert(rows)
        _execute("ANALYZE terms_import_told")

    def _rows(self, items: Iterable[Item], problems_kept: int) -> Iterator[Sequence[Any]]:
        for number, item in enumerate(items, start=1):
            self.taken = number
            if isinstance(item, Told):
                yield self._row(number, item)
                continue
            self.unreadable_count += 1
            if len(self.unreadable) < problems_kept:
                self.unreadable.append((number, item))

    def _row(self, number: int, told: Told) -> Sequence[Any]:
        precision = max(told.precision, MINUTE)
        return (
            number,
            str(told.place)[:254],
            told.user_principal_name,
            told.display_name,
            told.directory_id,
            told.version,
            _time(told.accepted_at),
            _time(told.accepted_at - precision),
            _time(told.accepted_at + precision),
            _time(valid_until(self.policy, told.accepted_at)),
            _receipt(),
        )

    def sort(self) -> None:
        """Compare. PostgreSQL counts the register anew first: what it knows may be from before a long import, or from a
        preview, and a plan made for an empty table takes hours with a full one.
        """
        if _is_postgresql():
            _execute("ANALYZE terms_acceptance")
        _execute(SORT, ahead=_time(self.now + AHEAD), **self.keys)
        _execute("ANALYZE terms_import_sorted")

    def counts(self) -> dict[str, int]:
        """How many rows come to what; what could not be read is not among them."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT outcome, COUNT(*) FROM terms_import_sorted GROUP BY outcome")
            return dict(cursor.fetchall())

    def problems(self, limit: int) -> list[Problem]:
        """The first rows that are left out, in their order."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT number, place, user_principal_name, directory_id, version, first_place, recorded_at, outcome"
                " FROM terms_import_sorted WHERE outcome NOT IN ('new', 'already_recorded')"
                " ORDER BY number LIMIT %s",
                [limit],
            )
            found = [(row[0], _problem(*row[1:])) for row in cursor.fetchall()]
        in_order = sorted([*self.unreadable, *found], key=lambda each: each[0])
        return [problem for _, problem in in_order[:limit]]

    def record(self, source: AcceptanceImport) -> None:
        """Put what is new into the register."""
        for turn in itertools.count(1):
            last = self._last_of(turn)
            if last is None:
                return
            for start in range(1, last + 1, INSERTED_AT_ONCE):
                ends = {"turn": turn, "start": start, "end": start + INSERTED_AT_ONCE}
                _execute(INSERT, source=source.pk, **ends, **self.keys)

    @staticmethod
    def _last_of(turn: int) -> int | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT MAX(number) FROM terms_import_sorted WHERE outcome = 'new' AND turn = %s", [turn]
            )
            last: int | None = cursor.fetchone()[0]
            return last


def _problem(
    place: str, user_name: str, directory_id: str, version: int, first: str, recorded: Any, outcome: str
) -> Problem:
    detail = Outcome(outcome).label.format(version=version, first=first, recorded=recorded)
    return Problem(Place(place), outcome, detail, "", user_name or directory_id)


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _execute(*statements: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values or None)


def _copy(rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY terms_import_told FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _insert(rows: Iterator[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        while batch := list(itertools.islice(rows, AT_ONCE)):
            cursor.executemany(TAKE, batch)


def _time(at: datetime | None) -> Any:
    """As the engine's own columns have it."""
    return at if at is None or _is_postgresql() else connection.ops.adapt_datetimefield_value(at)


def _receipt() -> Any:
    return Acceptance._meta.get_field("receipt_id").get_db_prep_value(uuid.uuid4(), connection)
