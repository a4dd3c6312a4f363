"""What the console does by itself about terms."""

from __future__ import annotations

from terms.services.imports import IMPORT_JOB, import_asked_for
from work.jobs import Running, job


@job(IMPORT_JOB, title="Import acceptances")
def import_acceptances(run: Running) -> str:
    """Asked for by `import_acceptances --later`."""
    if run.tenant is None:
        return "No tenant was named: nothing to import."
    return import_asked_for(tenant=run.tenant, arguments=run.arguments)
