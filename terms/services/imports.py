"""Importing what another product says of acceptances. One transaction: all that matches is recorded, or nothing.

The same file again adds nothing, and is recorded as another import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.context import Action, deed
from privacy_console.errors import Refused
from privacy_console.graph.files import files_of
from privacy_console.graph.places import Place, kept
from tenants.access import Principal, require
from tenants.deeds import held, name_of, person_asking, person_kept
from tenants.models import Tenant
from tenants.roles import Permission
from terms.imports.reading import How, Reading, documents_at
from terms.imports.sorting import Outcome, Sorting
from terms.models import Acceptance, AcceptanceImport, TermsPolicy
from work.jobs import enqueue

if TYPE_CHECKING:
    from work.models import Run

IMPORT_JOB = "terms.import_acceptances"
PROBLEMS_KEPT = 500


@transaction.atomic
def import_acceptances(
    *,
    policy: TermsPolicy,
    by: Principal,
    reading: Reading,
    reason: str = "",
) -> AcceptanceImport:
    """Take over what the reading tells of acceptances of the policy; gives the record of the import.

    What matches no employee or version here, or contradicts itself or the register, is left out and told in
    `problems`. Raises PermissionDenied, ValidationError, OSError, and Refused for a retired policy, and for a file that
    cannot be read as a whole.
    """
    require(by, Permission.CHASE_TERMS, policy.tenant)
    if policy.is_retired:
        raise Refused("retired", f"{policy} is retired: nothing about it changes any more.")
    # Two imports at once would both find the same acceptance new; the portal goes on meanwhile.
    held(policy.tenant, no_key=True)
    now = timezone.now()
    with Sorting(policy, now) as sorting:
        sorting.take(reading.items(), PROBLEMS_KEPT)
        if not sorting.taken:
            raise Refused("nothing_told", f"{reading.name} tells of no acceptance.")
        sorting.sort()
        made = _import_of(policy, by, reading, sorting, now)
        with deed("terms.acceptances_imported", on=AcceptanceImport, action=Action.CREATE, reason=reason):
            made.save(force_insert=True)
        _record(sorting, made)
    return made


def _record(sorting: Sorting, made: AcceptanceImport) -> None:
    try:
        with deed("terms.acceptance_imported", on=Acceptance, action=Action.CREATE):
            sorting.record(made)
    except IntegrityError as error:
        raise Refused(
            "meanwhile", "Somebody accepted at the same moment, and nothing was imported. Import it again."
        ) from error


def _import_of(
    policy: TermsPolicy, by: Principal, reading: Reading, sorting: Sorting, now: datetime
) -> AcceptanceImport:
    counts = sorting.counts()
    recorded, already = counts.get(Outcome.NEW, 0), counts.get(Outcome.ALREADY_RECORDED, 0)
    left_out = sum(counts.values()) - recorded - already + sorting.unreadable_count
    return AcceptanceImport(
        tenant=policy.tenant,
        policy=policy,
        name=reading.name[:254],
        sha256=reading.sha256(),
        files=reading.files,
        settings=reading.how.as_data(),
        imported_at=now,
        imported_by=name_of(by, policy.tenant),
        records=sorting.taken,
        recorded=recorded,
        already_recorded=already,
        left_out=left_out,
        problems=kept(sorting.problems(PROBLEMS_KEPT), of=left_out),
    )


def preview_import(*, policy: TermsPolicy, by: Principal, reading: Reading) -> AcceptanceImport:
    """What the import would come to, found out by doing it and taking it back. Raises the same."""
    with transaction.atomic():
        made = import_acceptances(policy=policy, by=by, reading=reading)
        transaction.set_rollback(True)
    made.pk = None
    return made


@transaction.atomic
def import_acceptances_later(
    *, policy: TermsPolicy, by: Principal, paths: Sequence[Path], how: How, reason: str = ""
) -> Run:
    """Leave an import of the server's own files to the worker, which does it in the name of who asked.

    Raises PermissionDenied, ValidationError, and OSError or Refused for paths that lead nowhere.
    """
    require(by, Permission.CHASE_TERMS, policy.tenant)
    how.check()
    arguments = {
        "policy": policy.pk,
        "paths": [str(file.resolve()) for file in files_of(paths)],
        "how": asdict(how) | {"versions": how.as_data()["versions"]},
        "person": person_kept(by),
        "reason": reason,
    }
    return enqueue(IMPORT_JOB, arguments=arguments, tenant=policy.tenant, by=by)


def import_asked_for(*, tenant: Tenant, arguments: Mapping[str, Any]) -> str:
    """Do what `import_acceptances_later` asked for; gives a line on what it came to. Done again, it adds nothing.

    Raises PermissionDenied where the person may not any more, Refused for unreadable files, OSError.
    """
    by, how = person_asking(arguments["person"]), dict(arguments["how"])
    versions = {int(there): here for there, here in how.pop("versions").items()}
    policy = TermsPolicy.objects.for_tenant(tenant).get(pk=arguments["policy"])
    reading = Reading(
        documents_at([Path(path) for path in arguments["paths"]]), How(**how, versions=versions)
    )
    return sentence_of(import_acceptances(policy=policy, by=by, reading=reading, reason=arguments["reason"]))


def sentence_of(made: AcceptanceImport) -> str:
    """What an import came to, in a line."""
    left_out = f" {made.left_out:,} left out." if made.left_out else ""
    already = f", {made.already_recorded:,} were there already" if made.already_recorded else ""
    records = "1 record" if made.records == 1 else f"{made.records:,} records"
    return f"{records} in {made.name}: {made.recorded:,} recorded{already}.{left_out}"


def line_of(problem: Mapping[str, Any]) -> str:
    """What was left out, as it is kept: where it stands, about whom it is, and why."""
    place = Place(*(problem[name] for name in Place._fields))
    return ": ".join(part for part in (str(place), problem["record"], problem["detail"]) if part)
