"""What the console does by itself about terms."""

from __future__ import annotations

from datetime import time, timedelta

from terms.services.imports import IMPORT_JOB, import_asked_for
from terms.services.reminders import REMIND_JOB, remind_asked_for, remind_due
from terms.tallying import count_everywhere
from work.jobs import Running, job


@job(IMPORT_JOB, title="Import acceptances")
def import_acceptances(run: Running) -> str:
    """Asked for by `import_acceptances --later`."""
    if run.tenant is None:
        return "No tenant was named: nothing to import."
    return import_asked_for(tenant=run.tenant, arguments=run.arguments)


@job(REMIND_JOB, title="Remind everybody who owes a decision")
def remind_everybody(run: Running) -> str:
    """Asked for by hand, of more people than a page has the time for."""
    if run.tenant is None:
        return "No tenant was named: nobody to remind."
    return str(remind_asked_for(tenant=run.tenant, arguments=run.arguments))


@job("terms.remind", daily_at=time(7, 0), title="Remind employees of terms")
def remind_employees(run: Running) -> str:
    sent = remind_due()
    return f"Reminded {sent:,} employees." if sent else "Nobody has to be reminded."


@job("terms.count", every=timedelta(minutes=1), title="Count anew where employees stand")
def count_employees(run: Running) -> str:
    """What it does not count is counted whenever it is asked for: this makes it quick."""
    counted = count_everywhere()
    return f"Counted {counted:,} blocks of employees anew." if counted else "Nothing has changed."
