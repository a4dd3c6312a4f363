"""What the console does by itself about consents."""

from __future__ import annotations

from datetime import time, timedelta

from consents.decisions.draining import drain
from consents.reminders import send_reminders
from consents.services.imports import IMPORT_JOB, import_asked_for
from consents.services.life import expire_ended
from consents.subcontractor_news import tell_officers
from work.jobs import Running, job


@job("consents.tell_of_subcontractors", every=timedelta(hours=1), title="Tell officers of subcontractors")
def tell_of_subcontractors(run: Running) -> str:
    told = tell_officers()
    return f"Posted {told:,} messages about subcontractors." if told else "Everybody has been told."


@job("consents.expire", every=timedelta(minutes=5), title="Call ended consents expired")
def expire_consents(run: Running) -> str:
    """Decisions do not wait for it: a consent stops holding at its end."""
    expired = expire_ended()
    return f"Called {expired:,} consents expired." if expired else "No consent has ended."


@job("consents.remind", daily_at=time(5, 30), title="Remind of what ends")
def remind(run: Running) -> str:
    posted = send_reminders()
    return f"Posted {posted:,} reminders." if posted else "Nobody has to be reminded."


@job("consents.log_decisions", every=timedelta(seconds=30), title="Write decisions into the trail")
def log_decisions(run: Running) -> str:
    """Of this machine: where several answer, each needs a worker or cron of its own."""
    written = drain()
    return f"Wrote down {written:,} decisions." if written else "No decision waits to be written down."


@job(IMPORT_JOB, title="Import the service's answers")
def import_answers(run: Running) -> str:
    """Asked for by `import_consents --later`."""
    if run.tenant is None:
        return "No tenant was named: nothing to import."
    return import_asked_for(tenant=run.tenant, arguments=run.arguments)
