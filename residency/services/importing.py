"""Importing files of observed locations. One transaction: a file is kept whole, or nothing of it.

A file is read twice, row by row: first to see whether all of it can be kept, then to keep it in batches; what is in
memory is a batch, and the few places that occur.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import IO

from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from privacy_console.batches import batches
from privacy_console.errors import Refused, first_of
from residency.models import LocationImport, ObservedLocation
from residency.places import Gazetteer
from residency.reading import Reading, one_line, read
from residency.services.book import Book, Findings
from tenants.access import Principal, require
from tenants.deeds import held
from tenants.models import Tenant
from tenants.roles import Permission

AT_ONCE = 1_000
SHOWN_PROBLEMS = 20


@transaction.atomic
def import_locations(
    *,
    tenant: Tenant,
    file: IO[bytes],
    source: str,
    by: Principal,
    skip_problems: bool = False,
    reason: str = "",
    advance: Callable[[int], None] = lambda steps: None,
) -> tuple[LocationImport, Findings]:
    """Record the rows of a file: CSV with a first line of names (date, location, source), or a JSON list of the same.

    source: the file's name, for rows that name none, and for the record of the import. skip_problems: leave out what
    cannot be kept, instead of refusing the file. advance: told how many rows were worked off. The same rows again
    change nothing. Raises PermissionDenied, and Refused for a file that is neither, or with problems.
    """
    require(by, Permission.OBSERVE_LOCATIONS, tenant)
    tenant, source = held(tenant, no_key=True), one_line(source) or "File"
    today, gazetteer, reading = timezone.localdate(), Gazetteer(), Reading()
    for _ in read(file, gazetteer, today, source, reading):
        advance(1)
    _require_rows(reading, skip_problems)
    book = Book(tenant, by, ObservedLocation.Origin.IMPORTED)
    with deed("location.observed", on=ObservedLocation, action=Action.CREATE, reason=reason):
        for batch in batches(read(file, gazetteer, today, source, Reading()), AT_ONCE):
            book.keep(batch)
            advance(len(batch))
    book.settle()
    made = _import_of(book, reading, source, file)
    with deed("locations.imported", on=LocationImport, action=Action.CREATE, reason=reason):
        made.save(force_insert=True)
    return made, book.found


def preview_locations(
    *, tenant: Tenant, file: IO[bytes], source: str, by: Principal, skip_problems: bool = False
) -> tuple[LocationImport, Findings]:
    """What the import would come to, found out by doing it and taking it back. Raises the same."""
    with transaction.atomic():
        made, found = import_locations(
            tenant=tenant, file=file, source=source, by=by, skip_problems=skip_problems
        )
        transaction.set_rollback(True)
    made.pk = None
    return made, found


def _require_rows(reading: Reading, skip_problems: bool) -> None:
    """Raise Refused for a file with problems, unless they are to be left out and leave something."""
    if reading.wrong and not (skip_problems and reading.rows):
        shown = first_of(reading.problems, SHOWN_PROBLEMS, of=reading.wrong)
        raise Refused("problems", f"The file was not taken: {shown}.")
    if not reading.rows:
        raise Refused("nothing", "The file holds no row that can be kept.")


def _import_of(book: Book, reading: Reading, source: str, file: IO[bytes]) -> LocationImport:
    found = book.found
    file.seek(0)
    return LocationImport(
        tenant=book.tenant,
        name=source,
        sha256=hashlib.file_digest(file, "sha256").hexdigest(),  # type: ignore[arg-type]
        imported_at=book.now,
        imported_by=book.name,
        rows=reading.rows,
        added=found.added,
        known=found.known,
        differing=found.differing,
        opened=found.opened,
        cleared=found.cleared,
        left_out=reading.wrong,
        problems=reading.problems,
    )
