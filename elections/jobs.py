"""What the console does by itself about elections."""

from __future__ import annotations

from datetime import timedelta

from elections.services.storage import begin_everywhere
from tenants.access import Shell
from work.jobs import Running, job


@job("elections.begin", every=timedelta(hours=1), title="Record where the data of new tenants is stored")
def begin(run: Running) -> str:
    """In the geography of the directory's country; where that says no single one, somebody has to elect."""
    begun = begin_everywhere(by=Shell())
    return f"Recorded the geography of {begun:,} tenants." if begun else "Every tenant has been seen to."
